"""Which files beside a script hide a module of Python's or a library's from it, or from what it
imports: Python finds them first."""

import os
import subprocess
import sys
from functools import lru_cache
from importlib.machinery import PathFinder
from pathlib import Path

from companion.virtual import beside_script

PATIENCE = 30.0  # seconds that the script's imports may take


def hidden_by(script: Path) -> tuple[str, ...]:
    """The names of the modules that are hidden from a script, and would be imported."""
    script = script.resolve()
    if not (names := namesakes(script.parent, script.parent.stat().st_mtime_ns)):
        return ()
    found = imported_beside(script, script.stat().st_mtime_ns, names)
    return tuple(name for name in names if name in found)


@lru_cache
def namesakes(folder: Path, changed: int) -> tuple[str, ...]:
    """The files of a folder, last changed then, that are called as a module elsewhere."""
    paths = [path for path in sys.path if os.path.realpath(path or ".") != str(folder)]
    names = sorted({entry.name.removesuffix(".py") for entry in folder.iterdir()})
    return tuple(
        name
        for name in names
        if name.isidentifier()
        and any((folder / file).is_file() for file in (f"{name}.py", f"{name}/__init__.py"))
        and (name in sys.builtin_module_names or PathFinder.find_spec(name, paths))
    )


@lru_cache
def imported_beside(script: Path, changed: int, names: tuple[str, ...]) -> frozenset[str]:
    """The modules that a script, last changed then, finds in its folder; all of `names` where that
    can't be found out."""
    command = [sys.executable, beside_script.__file__, str(script)]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=PATIENCE, check=True, cwd=script.parent
        )
    except (subprocess.SubprocessError, OSError):
        return frozenset(names)
    return frozenset(done.stdout.split())
