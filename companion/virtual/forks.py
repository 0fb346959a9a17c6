"""Processes forked from one that has imported Twisted already: a start costs milliseconds.

The server they are forked from (`companion.virtual.inside.fork_server`) is started once for each
process that runs stages and each mode, and ends with it. Every job is seen to its end.
"""

import contextlib
import os
import pickle
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from companion.peers.scenario import Scenario
from companion.tutorial.stages import ROOT

# How a run ends that does not end by itself, and the exit status that it is given.
STATUSES = {
    "not covered": 94,
    "waits for ever": 95,
    "still runs": 96,
    "blocks": 97,
    "busy": 98,
    "broken": 99,
}
ARE_YOU_BLOCKED, ARE_YOU_BUSY = signal.SIGVTALRM, signal.SIGPROF
GONE = "the process that stages are forked from has ended"
POLL = 0.1  # seconds between two polls of a process that has not ended
PATIENCE = 5  # times the limit of a run, where the machine is busy with others
ASLEEP = 5  # looks in a row at which a process was asleep and had not moved: then it blocks


class ForkError(Exception):
    """No process could be forked."""


@dataclass(frozen=True)
class Job:
    """What a forked process runs: the script's path as typed, or twistd, and with whom."""

    program: str
    argv: tuple[str, ...]
    scenario: Scenario


class ForkServer:
    """The server, in one mode: virtual or real time."""

    def __init__(self, mode: str) -> None:
        self.owner = os.getpid()
        self.socket, other = socket.socketpair()
        environ = {**os.environ, "PYTHONHASHSEED": "0", "TZ": "UTC", "COLUMNS": "80"}
        if paths := environ.get("PYTHONPATH"):  # as seen from here
            environ["PYTHONPATH"] = os.pathsep.join(map(os.path.abspath, paths.split(os.pathsep)))
        environ |= {"NO_COLOR": "1", "PYTHON_COLORS": "0", "PYTHONDONTWRITEBYTECODE": ""}
        with other:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "companion.virtual.inside.fork_server", mode],
                stdin=other.fileno(),
                stdout=subprocess.DEVNULL,
                cwd=ROOT,
                env=environ,
                start_new_session=True,
            )

    def start(self, job: IO[bytes], journal: IO[bytes]) -> socket.socket:
        """Fork a process for a job; what comes through the socket is its id, then its status."""
        mine, other = socket.socketpair()
        with other:
            files = [job.fileno(), journal.fileno(), other.fileno()]
            socket.send_fds(self.socket, [b"j"], files)
        return mine


lock = threading.Lock()
servers: dict[str, ForkServer] = {}


def start(mode: str, job: IO[bytes], journal: IO[bytes]) -> socket.socket:
    with lock:
        server = servers.get(mode)
        if not server or server.owner != os.getpid() or server.process.poll() is not None:
            server = servers[mode] = ForkServer(mode)
        return server.start(job, journal)


def run_forked(
    mode: str,
    job: Job,
    journal: IO[bytes],
    limit: float,
    started: Callable[[int], object] = lambda pid: None,
) -> tuple[int | None, float]:
    """Run a job, see to it that it ends; its exit status, and the CPU seconds that it used.

    In virtual time, a process that sleeps in a call that is not simulated is asked to say where;
    so is one that still runs after `limit` seconds, or later where others have the machine. Where
    it gives no answer it is killed, and the status is None. `started` is given the process's id.
    Raises ForkError.
    """
    with tempfile.TemporaryFile() as file:
        pickle.dump(job, file)
        file.seek(0)
        control = start(mode, file, journal)
    with control, control.makefile("rb") as told:
        pid = int(told.readline() or 0)
        if not pid:
            raise ForkError(GONE)
        ended = False
        try:
            started(pid)
            ended = wait(control, pid, limit, mode == "virtual")
        finally:
            if not ended:
                os.kill(pid, signal.SIGKILL)
        if not (line := told.readline()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            raise ForkError(GONE)
        status, cpu = line.split()
        return int(status) if ended else None, float(cpu)


def wait(control: socket.socket, pid: int, limit: float, virtual: bool) -> bool:
    """Wait for a process to end; ask it where it is, if it blocks or takes too long."""
    poll = select.poll()
    poll.register(control, select.POLLIN)
    begun = time.monotonic()
    end = begun + limit
    asleep = 0
    before: list[str] | None = None
    while True:
        left = end - time.monotonic()
        if left <= 0:
            waited = time.monotonic() - begun
            if not virtual or waited > PATIENCE * limit or not starved(pid, limit):
                break
            left = POLL
        if poll.poll(min(POLL, left) * 1000):
            return True
        used = sleeping(pid) if virtual else None
        asleep = asleep + 1 if used is not None and used == before else 0
        before = used
        if asleep >= ASLEEP:
            os.kill(pid, ARE_YOU_BLOCKED)
            return bool(poll.poll(500))
    for _ in range(2):
        os.kill(pid, ARE_YOU_BUSY)
        if poll.poll(200):
            return True
    return False


def starved(pid: int, limit: float) -> bool:
    """Whether a process has had less than half of these seconds, since others have the machine;
    False where nobody can say."""
    try:
        words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return False
    used = (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")
    return used < limit / 2


def sleeping(pid: int) -> list[str] | None:
    """What each thread of a process has used of the CPU, if all of them sleep; else None, as on
    systems without /proc."""
    used = []
    try:
        for thread in Path(f"/proc/{pid}/task").iterdir():
            if (thread / "stat").read_text().rpartition(")")[2].split()[0] != "S":
                return None
            used.append((thread / "schedstat").read_text())
    except OSError:
        return None
    return used
