"""A stage as a child process, measured: what it prints, when it ends and what it used.

A small program, companion.race.launch, stands between: it starts the stage when it is released, all
stages of a race at the same moment, and knows its CPU time and its peak memory from the kernel's
own count.
"""

import codecs
import contextlib
import os
import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.error import ProcessExitedAlready
from twisted.internet.interfaces import IReactorProcess
from twisted.internet.protocol import ProcessProtocol
from twisted.python.failure import Failure

from companion import HOUSE

# Imported, since to compile it would take a megabyte more: see companion.race.launch.
LAUNCH = """
import sys
sys.path.insert(0, sys.argv.pop(1))
from companion.race.launch import main
main(sys.argv[1:])
"""
STDOUT, STDERR, GO, TELL = 1, 2, 3, 4
STREAMS = {STDOUT: "stdout", STDERR: "stderr"}
LONGEST = 1 << 16  # characters; a longer line is split
NO_LAUNCHER = "what was to start it has ended"

# The kind of event, its fields, and when (time.monotonic) where the process itself measured it.
Report = Callable[[str, dict[str, Any], float | None], None]


@dataclass(frozen=True)
class Command:
    """What starts a stage: the words of its command, where, and as a reader would type it."""

    words: tuple[str, ...]
    folder: Path
    typed: tuple[str, ...]


class Lines:
    """Chunks of UTF-8 put together to lines; what is not UTF-8 becomes U+FFFD."""

    def __init__(self) -> None:
        self.decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self.rest = ""

    def add(self, data: bytes, final: bool = False) -> list[str]:
        """The lines that are whole now; at the end also the one that never got its end."""
        text = self.rest + self.decoder.decode(data, final)
        *lines, self.rest = text.split("\n")
        if self.rest and (final or len(self.rest) > LONGEST):
            lines.append(self.rest)
            self.rest = ""
        return [line.removesuffix("\r") for line in lines]


class StageProcess(ProcessProtocol):
    """One stage's process. `ready` fires when it can be released, `ended` when it is over.

    It is `going` from its spawn to its end, and `running` once the stage itself has begun.
    """

    def __init__(self, command: Command, report: Report) -> None:
        self.command = command
        self.report = report
        self.ready: Deferred[None] = Deferred()
        self.ended: Deferred[None] = Deferred()
        self.lines = {fd: Lines() for fd in (STDOUT, STDERR, TELL)}
        self.going = False
        self.told_to_go = False
        self.running = False
        self.pid = 0  # of the stage itself
        self.early: list[tuple[int, str]] = []  # lines that came before the word of the start
        self.process: Any = None
        self.exit: tuple[float | None, int, float, int] = (None, -9, 0.0, 0)

    def spawn(self, reactor: IReactorProcess, env: Mapping[str, str] = os.environ) -> None:
        """Start the launcher, which gets ready; `go` starts the stage."""
        tool = os.path.dirname(HOUSE[:-1])
        words = (sys.executable, "-I", "-S", "-c", LAUNCH, tool, *self.command.words)
        nothing = os.open(os.devnull, os.O_RDONLY)
        try:
            self.process = reactor.spawnProcess(
                self,
                words[0],
                [os.fsencode(word) for word in words],
                env={**env, "PYTHONUNBUFFERED": "1"},
                path=str(self.command.folder),
                childFDs={0: nothing, STDOUT: "r", STDERR: "r", GO: "w", TELL: "r"},
            )
        finally:
            os.close(nothing)
        self.going = True

    def go(self) -> None:
        self.told_to_go = True
        if not self.going:
            self.failed(NO_LAUNCHER)
        elif GO in self.process.pipes:
            self.process.writeToChild(GO, b"!")

    def stop(self) -> None:
        """Kill the stage, with all that it started; `ended` fires soon."""
        self.process.closeChildFD(GO)

    def kill(self) -> None:
        """End the launcher itself, should it not have ended by now, and read no more."""
        with contextlib.suppress(ProcessExitedAlready):
            self.process.signalProcess("KILL")
        for fd in (*self.lines, GO):
            self.process.closeChildFD(fd)

    def childDataReceived(self, childFD: int, data: bytes) -> None:
        self.take(childFD, data)

    def take(self, fd: int, data: bytes, final: bool = False) -> None:
        for line in self.lines[fd].add(data, final):
            if fd == TELL:
                self.on_report(*line.split(" "))
            elif self.running:
                self.printed(fd, line)
            else:
                self.early.append((fd, line))

    def printed(self, fd: int, line: str) -> None:
        self.report("print", {"text": line, "stream": STREAMS[fd]}, None)

    def on_report(self, kind: str, *words: str) -> None:
        """A line of the launcher."""
        if kind == "ready":
            self.ready.callback(None)
        elif kind == "start":
            self.running = True
            self.pid = int(words[1])
            fields = {"argv": list(self.command.typed), "pid": self.pid}
            self.report("start", fields, float(words[0]))
            for line in self.early:
                self.printed(*line)
        elif kind == "exit":
            self.exit = (float(words[0]), int(words[1]), float(words[2]), int(words[3]))
        elif kind == "failed":
            self.failed(" ".join(words))

    def failed(self, why: str) -> None:
        """The stage could not be started."""
        self.told_to_go = False
        self.report("start", {"argv": list(self.command.typed)}, None)
        self.report("print", {"text": why, "stream": "stderr"}, None)
        self.report("exit", {"status": 127}, None)

    def processEnded(self, reason: Failure) -> None:
        self.going = False
        try:
            self.report_end()
        finally:
            if not self.ready.called:
                self.ready.callback(None)
            self.ended.callback(None)

    def report_end(self) -> None:
        for fd in self.lines:
            self.take(fd, b"", final=True)
        if self.running:
            t, status, cpu, rss = self.exit
            if t is None:  # a launcher that was killed has not ended its stage
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(self.pid, signal.SIGKILL)
            fields = {"status": status, "cpu": round(cpu, 4)} | ({"rss": rss} if rss else {})
            self.report("exit", fields, t)
        elif self.told_to_go:
            self.failed(NO_LAUNCHER)
