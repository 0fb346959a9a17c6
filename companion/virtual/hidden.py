"""Which files beside a script hide a module of Python's or a library's from it, or from what it
imports: Python finds them first."""

import os
import subprocess
import sys
from functools import lru_cache
from importlib.machinery import PathFinder
from pathlib import Path

BESIDE = Path(__file__).with_name("beside_script.py")
PATIENCE = 30.0  # seconds that the script's imports may take


def hidden_by(script: Path) -> tuple[str, ...]:
    """The names of the modules that are hidden from a script, and would be imported."""
    path = os.path.realpath(script)
    folder = os.path.dirname(path)
    if not (names := namesakes(folder, os.stat(folder).st_mtime_ns)):
        return ()
    found = imported_beside(path, os.stat(path).st_mtime_ns, names)
    return tuple(name for name in names if name in found)


@lru_cache
def namesakes(folder: str, changed: int) -> tuple[str, ...]:
    """The files of a folder, last changed then, that are called as a module elsewhere."""
    paths = [path for path in sys.path if os.path.realpath(path or ".") != folder]
    names = sorted({name.removesuffix(".py") for name in os.listdir(folder)})
    return tuple(
        name
        for name in names
        if name.isidentifier()
        and any(Path(folder, file).is_file() for file in (f"{name}.py", f"{name}/__init__.py"))
        and (name in sys.builtin_module_names or PathFinder.find_spec(name, paths))
    )


@lru_cache
def imported_beside(script: str, changed: int, names: tuple[str, ...]) -> frozenset[str]:
    """The modules that a script, last changed then, finds in its folder; all of `names` where that
    can't be found out."""
    command = [sys.executable, str(BESIDE), script]
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=True,
            cwd=os.path.dirname(script),
        )
    except (subprocess.SubprocessError, OSError):
        return frozenset(names)
    return frozenset(done.stdout.split())
