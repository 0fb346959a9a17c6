"""A learner's file in Erlang or Haskell: a real process beside real servers and clients.

Nothing is simulated, so a run takes as long as its servers do; it is ended after LIMIT seconds.
"""

import contextlib
import os
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import IO, Any, NamedTuple

from companion.check.run import CheckError, SourceError
from companion.check.subject import Subject, Unmet, short
from companion.peers import threads
from companion.peers.script import CLOSE, Script, schedule
from companion.peers.threads import Visit
from companion.processes.build import RunError, check_tools, compile_stage, fill
from companion.processes.servers import spawn

LIMIT = 8.0  # seconds that a run may take
OUTPUT = 1 << 24  # bytes that it may print
# A script is not compiled beforehand, but its text can be checked, and started by its interpreter.
ESCRIPT = ("escript", "-s", "{path}"), ("escript", "{path}")
# What the servers of a client have: without a figure, or a line that another has.
POEMS = (
    b"Far away a bell is heard,\nand the evening has no word.\n",
    "松下問童子，\n言師採藥去。\n".encode(),
    b"One leaf, and the whole of autumn.\n",
)


def late(poem: bytes, seconds: float, count: int = 1) -> Script:
    """So many pieces of a poem, the last after so many seconds, and then the end."""
    size = -(-len(poem) // count)
    pieces = [poem[at : at + size] for at in range(0, len(poem), size)]
    times = [seconds * number / len(pieces) for number in range(1, len(pieces) + 1)]
    return schedule(*zip(times, pieces, strict=True), (seconds, CLOSE))


@dataclass(frozen=True)
class NativeRun:
    """What a program has printed, and how it ended: its `status` is that of subprocess, or None
    where it did not end. `ports` are those of its servers, `opened` the seconds at which each was
    connected to, None for never."""

    status: int | None
    stdout: bytes
    stderr: str
    ports: tuple[int, ...] = ()
    opened: tuple[float | None, ...] = ()

    def expect(self, holds: object, expected: str, happened: str = "") -> None:
        """Raises Unmet, with how the run ended where nothing closer is said, if it does not
        hold."""
        if not holds:
            raise Unmet(expected, happened or self.outcome())

    def fetched(self, *poems: bytes) -> None:
        """Raises Unmet where it has not ended, or one of these poems was not printed whole."""
        self.expect(self.status is not None, "an end, once the servers have ended")
        for poem in poems:
            text = poem.decode(errors="replace")
            self.expect(poem in self.stdout, f"the poem {short(text, 40)!r} printed whole")

    def outcome(self) -> str:
        """In a line, how it ended."""
        if self.status is None:
            return "it still runs when its time is over"
        ended = f"it ended with status {self.status}"
        error = self.stderr.strip().splitlines()
        return f"{ended}, and said: {short(error[-1])}" if error else ended


def command_of(subject: Subject) -> list[str]:
    """What starts the file; the first time it is compiled, in the subject's folder.

    Raises CheckError where a tool is missing, and SourceError with the compiler's words.
    """
    stage = subject.stage
    try:
        check_tools(stage)
    except RunError as err:
        raise CheckError(str(err)) from None
    if "escript" in stage.tools:
        stage = replace(stage, build=ESCRIPT[0], run=ESCRIPT[1])
    stage = stage.played_by(subject.file)
    out = subject.folder / "built"
    if not out.is_dir():
        out.mkdir()
        try:
            if stage.build:
                compile_stage(stage, out)
        except RunError as err:
            raise SourceError(str(err)) from None
    return fill(stage.run, stage, out)


class Started(NamedTuple):
    """A process, and the files that hold its output and its errors."""

    process: subprocess.Popen[bytes]
    output: IO[bytes]
    errors: IO[bytes]

    def run(self, status: int | None, *where: tuple[Any, ...]) -> NativeRun:
        """What it has printed until now."""
        printed, errors = (os.pread(one.fileno(), OUTPUT, 0) for one in self[1:])
        return NativeRun(status, printed, errors.decode(errors="replace"), *where)


@contextmanager
def started(command: Sequence[str], folder: Path | None = None) -> Iterator[Started]:
    """Start a process, in a folder; it and its children end with the context."""
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        process = spawn(command, output, folder, errors)
        if sys.platform == "linux":
            resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (OUTPUT, OUTPUT))
        try:
            yield Started(process, output, errors)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@lru_cache(maxsize=16)
def client_run(subject: Subject, *servers: Script) -> NativeRun:
    """The file as a client of these servers, whose ports are its arguments. Raises CheckError."""
    command = command_of(subject)
    with threads.serving(*servers) as played:
        ports = [server.port for server in played]
        begun = time.monotonic()
        with started([*command, *map(str, ports)]) as program:
            try:
                status = program.process.wait(LIMIT)
            except subprocess.TimeoutExpired:
                status = None
            opened = [server.opened[0] - begun if server.opened else None for server in played]
            return program.run(status, tuple(ports), tuple(opened))


def server_run(subject: Subject, args: Sequence[str], *visits: Visit) -> NativeRun:
    """The file as a server on a free port, `--port` before its other arguments, until all clients
    have ended; they keep what they got. Raises CheckError."""
    command = command_of(subject)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with started([*command, "--port", str(port), *args]) as program:
        threads.visit(port, visits, LIMIT, lambda: program.process.poll() is None)
        return program.run(program.process.poll())
