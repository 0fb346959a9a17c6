"""Processes forked from one that has imported Twisted already: a start costs milliseconds.

The server they are forked from (`companion.virtual.inside.fork_server`) is started once for each
process that runs stages and each mode, and ends with it. Every job is seen to its end.
"""

import contextlib
import os
import pickle
import resource
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO, TYPE_CHECKING

from companion.peers.scenario import Scenario

if TYPE_CHECKING:  # an event's classes are much to load for whoever emits records
    from companion.event import RunEnd

# How a run ends that does not end by itself, and the exit status that it is given.
STATUSES: "dict[RunEnd, int]" = {
    "not covered": 94,
    "waits for ever": 95,
    "still runs": 96,
    "blocks": 97,
    "busy": 98,
    "broken": 99,
}
ARE_YOU_BLOCKED, ARE_YOU_BUSY = signal.SIGVTALRM, signal.SIGPROF
FORK_SERVER = "companion.virtual.inside.fork_server"
GONE = "the process that stages are forked from has ended"
POLL = 0.1  # seconds between two polls of a process that has not ended
PATIENCE = 5  # times the limit of a run, where the machine is busy with others
MEMORY = 1 << 30  # bytes that it may have
ASLEEP = 5  # polls in a row at which a process was asleep and had not moved: then it blocks


class ForkError(Exception):
    """No process could be forked."""


@dataclass(frozen=True)
class Job:
    """What a forked process runs: the script's path as typed, or twistd, and with whom. Of two on
    one clock it has a `number`, 0 or 1, and the name of the other, which is `beside` it. `hidden`
    are the modules that files beside the script hide from it. `plugin` is the file with the plugin
    that twistd is to run, where that is not the map's own."""

    program: str
    argv: tuple[str, ...]
    scenario: Scenario
    number: int = 0
    beside: str = ""
    hidden: tuple[str, ...] = ()
    plugin: str = ""


@cache
def at_fixed_addresses() -> list[str]:
    """What begins a command whose process has its objects at the same addresses in every run, so
    that a set of them has one order; nothing where the system can't do that."""
    command = [shutil.which("setarch") or "", "-R"]
    try:
        subprocess.run([*command, "true"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        return []
    return command


class ForkServer:
    """The server, in one mode: virtual or real time."""

    def __init__(self, mode: str) -> None:
        from companion.tutorial.stages import ROOT  # the server imports this file, and needs none

        self.owner = os.getpid()
        self.socket, other = socket.socketpair()
        environ = {**os.environ, "PYTHONHASHSEED": "0", "TZ": "UTC", "COLUMNS": "80"}
        if paths := environ.get("PYTHONPATH"):  # as seen from here
            environ["PYTHONPATH"] = os.pathsep.join(map(os.path.abspath, paths.split(os.pathsep)))
        environ |= {"NO_COLOR": "1", "PYTHON_COLORS": "0", "PYTHONDONTWRITEBYTECODE": ""}
        with other:
            self.process = subprocess.Popen(
                [*at_fixed_addresses(), sys.executable, "-m", FORK_SERVER, mode],
                stdin=other.fileno(),
                stdout=subprocess.DEVNULL,
                cwd=ROOT,
                env=environ,
                start_new_session=True,
            )

    def start(self, job: IO[bytes], files: Sequence[int]) -> socket.socket:
        """Fork a process for a job, with its journal, and a link if there is one, as descriptors;
        what comes through the socket is its id, then its status."""
        mine, other = socket.socketpair()
        with other:
            journal, *link = files
            fds = [job.fileno(), journal, other.fileno(), *link]
            socket.send_fds(self.socket, [b"j"], fds)
        return mine


lock = threading.RLock()
servers: dict[str, ForkServer] = {}


def begin(mode: str) -> ForkServer:
    """The server of a mode. Who is sure to need it may begin it early: it takes a while to load,
    in a process of its own."""
    with lock:
        server = servers.get(mode)
        if not server or server.owner != os.getpid() or server.process.poll() is not None:
            server = servers[mode] = ForkServer(mode)
        return server


def start(mode: str, job: IO[bytes], files: Sequence[int]) -> socket.socket:
    """Have a fork server, which is started if need be, begin a job. Raises ForkError."""
    with lock:
        return begin(mode).start(job, files)


def gone(mode: str) -> ForkError:
    """What is said where a fork server has ended, once its end is seen: the next job gets another
    one."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        servers[mode].process.wait(timeout=1)
    return ForkError(GONE)


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
    with Child(mode, job, [journal.fileno()]) as child:
        started(child.pid)
        wait([child], limit, mode == "virtual")
    return child.result


def run_both(
    jobs: Sequence[Job], journal: IO[bytes], limit: float
) -> list[tuple[int | None, float]]:
    """The same of two programs on one clock, in virtual time, which write into one journal."""
    ends = socket.socketpair()
    with contextlib.ExitStack() as stack:
        with ends[0], ends[1]:
            children = [
                stack.enter_context(Child("virtual", job, [journal.fileno(), end.fileno()]))
                for job, end in zip(jobs, ends, strict=True)
            ]
        wait(children, limit, True)
    return [child.result for child in children]


class Child:
    """A process that is forked for a job, and killed if it has not ended by the end of the `with`;
    then there is its `result`. Raises ForkError."""

    def __init__(self, mode: str, job: Job, files: Sequence[int]) -> None:
        with tempfile.TemporaryFile() as file:
            pickle.dump(job, file)
            file.seek(0)
            self.control = start(mode, file, files)
        self.mode = mode
        self.answers = self.control.makefile("rb")
        self.pid = int(self.answers.readline() or 0)
        self.ended = False
        self.result: tuple[int | None, float] = (None, 0.0)
        if not self.pid:
            self.close()
            raise gone(mode)

    def close(self) -> None:
        self.answers.close()
        self.control.close()

    def ask(self, number: int) -> None:
        """Send it a signal, unless it has ended by itself, perhaps just now."""
        if not self.ended:
            try:
                os.kill(self.pid, number)
            except ProcessLookupError:
                self.ended = True

    def __enter__(self) -> "Child":
        return self

    def __exit__(self, *args: object) -> None:
        self.ask(signal.SIGKILL)
        line = self.answers.readline()
        self.close()
        if not line:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            raise gone(self.mode)
        status, cpu = line.split()
        self.result = int(status) if self.ended else None, float(cpu)


def wait(children: Sequence[Child], limit: float, virtual: bool) -> None:
    """Wait for processes to end; ask them where they are, if all block or take too long."""
    poll = select.poll()
    by_fd = {child.control.fileno(): child for child in children}
    for fd in by_fd:
        poll.register(fd, select.POLLIN)

    def ended(seconds: float) -> int:
        """How many have ended within so many seconds."""
        found = poll.poll(seconds * 1000)
        for fd, _ in found:
            poll.unregister(fd)
            by_fd.pop(fd).ended = True
        return len(found)

    begun = time.monotonic()
    end = begun + limit
    asleep = 0
    before: list[list[str] | None] = []
    while by_fd:
        pids = [child.pid for child in by_fd.values()]
        left = end - time.monotonic()
        if left <= 0:
            waited = time.monotonic() - begun
            if not virtual or waited > PATIENCE * limit or not starved(pids, limit):
                break
            left = POLL
        if ended(min(POLL, left)):
            continue
        for pid in pids:
            bound_memory(pid)
        used = [sleeping(pid) if virtual else None for pid in pids]
        asleep = asleep + 1 if None not in used and used == before else 0
        before = used
        if asleep >= ASLEEP:
            for child in by_fd.values():
                child.ask(ARE_YOU_BLOCKED)
            if not ended(0.5):
                return
    for _ in range(2):
        for child in by_fd.values():
            child.ask(ARE_YOU_BUSY)
        while by_fd and ended(0.2):
            pass


def bound_memory(pid: int) -> None:
    """See that a process which has MEMORY gets no more, but a MemoryError; not without /proc."""
    with contextlib.suppress(OSError):
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        if pages * resource.getpagesize() > MEMORY:
            resource.prlimit(pid, resource.RLIMIT_AS, (MEMORY, MEMORY))


def starved(pids: Sequence[int], limit: float) -> bool:
    """Whether processes have had less than half of these seconds, since others have the machine;
    False where nobody can say."""
    used = 0.0
    try:
        for pid in pids:
            words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            used += (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")
    except OSError:
        return False
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
