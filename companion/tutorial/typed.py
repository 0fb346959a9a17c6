"""The commands that a reader types, at the root, to run a stage and the servers that it needs."""

import os
import shlex
from collections.abc import Sequence
from pathlib import Path

from companion.peers.script import FIRST_PORT
from companion.tutorial.stages import Need, Stage, StageMap

SCRIPT = ("{python}", "{path}")  # the command of a stage that has none of its own


def path_typed(file: Path) -> str:
    """A file as it is typed in this folder: from here, where it lies below."""
    near = os.path.relpath(file)
    return str(file) if near.startswith("..") else near


def typed(stage: Stage, args: Sequence[str] = (), path: str = "") -> str:
    """The same command as a reader types it, at the root."""
    return shlex.join([*fill_typed(stage.run or SCRIPT, stage, path or stage.path), *args])


def typed_build(stage: Stage, path: str = "") -> str:
    """The command that builds the stage as a reader types it, at the root."""
    words = fill_typed(stage.build, stage, path or stage.path)
    return f"mkdir -p build/{stage.id} && {shlex.join(words)}"


def fill_typed(template: Sequence[str], stage: Stage, path: str) -> list[str]:
    """A command of the map as a reader types it: its commands stand on the shell's own path."""
    words = {"python": "python", "bin": "", "path": path, "out": f"build/{stage.id}"}
    return [word.replace("{bin}/", "").format_map(words) for word in template]


def typed_commands(stage: Stage, stages: StageMap) -> list[str]:
    """Every command to type, in its order: the servers that the stage needs, then the stage."""
    lines = [typed_build(stage)] if stage.build else []
    port = FIRST_PORT

    def start(need: Need) -> str:
        nonlocal port
        server = stages.by_id[need.stage]
        args = [*(need.args or server.args), *map(start, server.needs)]
        mine, port = str(port), port + 1
        lines.append(typed(server, ["--port", mine, *args]))
        return mine

    args = [*stage.args, *map(start, stage.needs)]
    if stage.kind in ("server", "proxy") and not stage.run:
        args = ["--port", str(port), *args]
    return [*lines, typed(stage, args, "" if stage.part else path_typed(stage.file))]
