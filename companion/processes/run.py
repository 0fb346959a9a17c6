"""A stage as a real process, beside the servers that it needs, each of them a real process too."""

import os
import shlex
import signal
import subprocess
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import FrameType

from companion.processes.build import RunError, command_of
from companion.processes.orphans import adopt, children, end_orphans
from companion.processes.servers import spawn, start_server
from companion.processes.signals import handle, restore
from companion.tutorial.stages import ROOT, Stage, StageMap, is_importable
from companion.tutorial.typed import path_typed, typed, typed_build

OF_TERMINAL = (signal.SIGINT, signal.SIGQUIT)  # what keys send
SIGNALS = (*OF_TERMINAL, signal.SIGTERM, signal.SIGHUP, signal.SIGALRM)
STAGE_TIME = 5.0  # seconds that the stage may take to end: it may have poems to finish
GROUP_TIME = 0.2  # seconds in which a signal sent to the whole group ends the stage by itself


def exit_status(returncode: int) -> int:
    """A process's end as a shell has it: a signal n as 128 + n."""
    return 128 - returncode if returncode < 0 else returncode


class StageProcess:
    """The stage's process, and what a signal to this one does to it."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None
        self.ending = False
        self.pending = 0

    def on_signal(self, number: int, frame: FrameType | None) -> None:
        """Pass a signal on to the stage; before there is one, end."""
        if self.process is None:
            if not self.ending:
                self.ending = True
                raise SystemExit(128 + number)
        elif self.ending or (number in OF_TERMINAL and in_foreground()):
            pass  # the terminal has sent it to the stage too
        elif number != signal.SIGALRM:
            # Who signals the whole group, as timeout does, has signalled the stage: a second one
            # would only disturb its end.
            self.pending = number
            signal.setitimer(signal.ITIMER_REAL, GROUP_TIME, STAGE_TIME)
        elif self.pending:
            self.process.send_signal(self.pending)
            self.pending = 0
        else:
            self.process.kill()

    def wait(self, command: Sequence[str], cwd: Path | None) -> int:
        """Run the stage with this process's own input and output; its exit status."""
        try:
            self.process = spawn(command, cwd=cwd)
        except OSError as err:
            raise RunError(f"can't start {command[0]}: {err.strerror}") from None
        try:
            return exit_status(self.process.wait())
        finally:
            self.ending = True
            signal.setitimer(signal.ITIMER_REAL, 0)


def in_foreground() -> bool:
    """Whether the terminal sends Ctrl-C to this process, and so to the stage, by itself."""
    try:
        with open("/dev/tty", "rb") as terminal:
            return os.tcgetpgrp(terminal.fileno()) == os.getpgrp()
    except OSError:
        return False


def run_stage(
    stage: Stage, args: Sequence[str], stages: StageMap, show: Callable[[str], object]
) -> int:
    """Run a stage as a reader would, and give its exit status; nothing is left running.

    Without arguments it gets those of the map, at the root, and the servers that it needs; a
    program that is not on the map runs here. `show`
    is given each command that a reader could type instead. Raises RunError where it can't start.
    """
    process = StageProcess()
    with ExitStack() as stack:
        adopt()
        stack.callback(end_orphans, children())
        stack.callback(restore, handle(SIGNALS, process.on_signal))
        path = ""
        here = bool(args) or not stage.part
        if here:
            path = path_typed(stage.file)
        elif not os.path.samefile(os.curdir, ROOT):
            show(shlex.join(["cd", str(ROOT)]))
        if stage.is_plugin and not is_importable():
            show("export PYTHONPATH=.")
        if stage.build:
            show(typed_build(stage, path))
        command = command_of(stage)
        if here:
            show(typed(stage, args, path))
            return process.wait([*command, *args], None)
        servers = [start_server(need, stages, stack) for need in stage.needs]
        for line in [line for server in servers for line in server.typed()]:
            show(line)
        args = [*stage.args, *(server.port() for server in servers)]
        show(typed(stage, args))
        return process.wait([*command, *args], ROOT)
