"""The command that starts a stage; a stage that has to be compiled is, the first time."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Sequence
from pathlib import Path

from companion.tutorial.stages import Stage
from companion.tutorial.typed import SCRIPT

# Commands that a machine may lack, and the Debian packages that bring them.
PACKAGES = {
    "curl": "curl",
    "escript": "erlang-base",
    "ghc": "ghc libghc-network-dev",
    "nc": "netcat-openbsd",
}
NO_COMPLAINT = "escript:", "%"  # what Erlang adds: its own name, and the line itself
PLACE = re.compile(r":\d+:")  # a line, where it stands after a file's name


class RunError(Exception):
    """A stage can't be run; the message is one line that says what to do."""


def command_of(stage: Stage, args: Sequence[str] = ()) -> list[str]:
    """The command that starts a stage with these arguments, from any folder.

    Builds the stage first where it has to be built (seconds, the first time). Raises RunError
    where a tool is missing or the build fails.
    """
    check_tools(stage)
    build(stage)
    return fill(stage.run or SCRIPT, stage, build_folder(stage)) + list(args)


def check_tools(stage: Stage) -> None:
    """Raises RunError, which says what to install, where a tool of the stage is missing."""
    if missing := missing_tools(stage):
        packages = " ".join(PACKAGES.get(tool, tool) for tool in missing)
        tools = ", ".join(missing)
        raise RunError(f"{stage.id} needs {tools}; on Debian: apt-get install {packages}")


def missing_tools(stage: Stage) -> list[str]:
    """The commands that a stage needs and this machine lacks."""
    return [tool for tool in stage.tools if not shutil.which(tool)]


def fill(template: Sequence[str], stage: Stage, out: Path) -> list[str]:
    """A command of the map with its placeholders filled."""
    scripts = sysconfig.get_path("scripts")
    words = {"python": sys.executable, "bin": scripts, "path": stage.file, "out": out}
    return [word.format_map(words) for word in template]


def build_folder(stage: Stage) -> Path:
    """Where a stage's built program is: outside the tree, anew for every text of its source."""
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    source = "\0".join(stage.build).encode() + stage.file.read_bytes()
    return Path(cache, "twisted-companion", f"{stage.id}-{hashlib.sha256(source).hexdigest()[:12]}")


def build(stage: Stage) -> None:
    """Build the stage's program where it is not yet. Raises RunError with the compiler's words."""
    folder = build_folder(stage)
    if not stage.build or folder.is_dir():
        return
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
            out = Path(scratch, "out")
            out.mkdir()
            compile_stage(stage, out)
            if not folder.is_dir():
                out.rename(folder)
    except OSError as err:
        raise RunError(f"can't build {stage.id} in {folder.parent}: {err.strerror}") from None


def compile_stage(stage: Stage, out: Path) -> None:
    """Build the stage's program in this folder. Raises RunError with the compiler's words."""
    command = fill(stage.build, stage, out)
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
    except OSError as err:
        raise RunError(f"can't build {stage.id}: {command[0]}: {err.strerror}") from None
    if done.returncode:
        raise RunError(f"can't build {stage.id}: {complaint(done.stderr + done.stdout)}")


def complaint(text: str) -> str:
    """What a compiler complains of, in one line, and what to install where it lacks a module."""
    said = [" ".join(line.split()) for line in text.splitlines()]
    lines = [line for line in said if line and not line.startswith(NO_COMPLAINT)]
    if missing := [line for line in lines if "Could not find module" in line]:
        return f"{missing[0]}; on Debian: apt-get install {PACKAGES['ghc']}"
    placed = [number for number, line in enumerate(lines) if PLACE.search(line)]
    if placed:
        return " ".join(lines[placed[0] : placed[0] + 2])
    return " ".join(lines[:2]) or "the compiler says nothing"
