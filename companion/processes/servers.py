"""The servers that a stage needs, each of them a stage and a real process."""

import ctypes
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from companion.processes.build import RunError, command_of
from companion.tutorial.stages import ROOT, Need, Stage, StageMap
from companion.tutorial.typed import typed

# How a server says where it listens, at the end of a line: "on 127.0.0.1:10000", "on 10000".
PORT = re.compile(rb"\bon (?:\S+:)?(\d+)\s*$", re.MULTILINE)
START_TIME = 20.0  # seconds that a server may take until it says its port
STOP_TIME = 2.0  # seconds that a server may take to end before it is killed


def spawn(
    command: Sequence[str],
    log: IO[bytes] | None = None,
    cwd: Path | None = None,
    errors: IO[bytes] | None = None,
) -> subprocess.Popen[bytes]:
    """Start a process that, on Linux, dies with this one, whatever ends it.

    With a log it is a server: in a session of its own, so that Ctrl-C on the terminal reaches the
    stage alone, and unbuffered, so that its port is read at once. Its errors go to the log, too,
    where they have no file of their own.
    """
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None

    def die_with_parent() -> None:
        if libc:
            libc.prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG

    if log is None:
        return subprocess.Popen(command, cwd=cwd, preexec_fn=die_with_parent)
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=errors or log,
        cwd=cwd,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        start_new_session=True,
        preexec_fn=die_with_parent,
    )


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a process and wait for its end: politely first, by force after STOP_TIME."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(STOP_TIME)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@dataclass(frozen=True)
class Server:
    """A stage that runs as a server; what it prints goes to its log, a file without a name."""

    stage: Stage
    args: tuple[str, ...]
    upstream: tuple["Server", ...]
    process: subprocess.Popen[bytes]
    log: IO[bytes]

    def printed(self) -> bytes:
        # pread, since a seek here would move the offset that the process writes at.
        return os.pread(self.log.fileno(), 1 << 16, 0)

    def port(self) -> str:
        """Wait for the port that it prints. Raises RunError where it ends or stays silent."""
        end = time.monotonic() + START_TIME
        while time.monotonic() < end:
            ended = self.process.poll() is not None
            if match := PORT.search(self.printed()):
                return match[1].decode()
            if ended:
                words = self.printed().decode(errors="replace").strip().splitlines()
                raise RunError(f"{self.stage.id} did not start: {(words or ['no word'])[-1]}")
            time.sleep(0.005)
        raise RunError(f"{self.stage.id} did not say its port within {START_TIME:g} seconds")

    def typed(self) -> list[str]:
        """The commands that a reader types to have the same: what it needs, then itself."""
        lines = [line for server in self.upstream for line in server.typed()]
        return [*lines, typed(self.stage, ("--port", self.port(), *self.args))]


def start_server(need: Need, stages: StageMap, stack: ExitStack) -> Server:
    """Start one server after those that it needs; the stack stops them all.

    Does not wait for its port: start all that a stage needs, then ask each.
    """
    stage = stages.by_id[need.stage]
    upstream = tuple(start_server(below, stages, stack) for below in stage.needs)
    args = (*(need.args or stage.args), *(server.port() for server in upstream))
    log = stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115
    process = spawn(command_of(stage, args), log, ROOT)
    stack.callback(stop, process)
    return Server(stage, args, upstream, process, log)
