"""The race: stages as real processes, each with slow servers of its own, begun at one moment."""

import errno
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from twisted.internet import reactor as the_reactor
from twisted.internet.defer import Deferred
from twisted.internet.process import Process, unregisterReapProcessHandler
from twisted.internet.protocol import ProcessProtocol
from twisted.internet.task import LoopingCall
from twisted.python.failure import Failure

from companion.event import Event
from companion.poems import Poem
from companion.run import RunError, command_of
from companion.script import Script, slow, transform
from companion.servers import ScriptedServer, Wheel
from companion.stages import ROOT, Stage

reactor: Any = the_reactor
LONGEST = 3.0  # seconds that the longest poem takes where no delay is given
CHUNKS = 100  # about so many chunks a poem where no number of bytes is given
LOOK = 0.05  # seconds between two looks at what waits unread in the kernel
LOOK_MANY = 0.25  # the same, where there are more than MANY lanes: a look costs CPU
MANY = 30


@dataclass(frozen=True)
class Lane:
    """One server of each stage: a poem and its pace (bytes at a time)."""

    poem: Poem
    num_bytes: int

    @property
    def chunks(self) -> int:
        return -(-self.poem.size // self.num_bytes)


@dataclass(frozen=True)
class Course:
    """What all stages of a race run over; `delay` is in seconds between two chunks."""

    stages: tuple[tuple[str, Stage], ...]  # label and stage
    lanes: tuple[Lane, ...]
    delay: float

    @property
    def longest(self) -> float:
        """Seconds that the longest poem takes: no client can be faster."""
        return max(lane.chunks for lane in self.lanes) * self.delay

    @property
    def sum(self) -> float:
        """Seconds that all poems take, one after another."""
        return sum(lane.chunks for lane in self.lanes) * self.delay


def course_of(
    stages: Sequence[Stage],
    poems: Sequence[Poem],
    servers: int = 0,
    num_bytes: int = 0,
    delay: float = 0.0,
) -> Course:
    """The course for these options; 0 is for an option that was left out.

    Raises RunError where a stage is no client.
    """
    labelled: dict[str, Stage] = {}
    for stage in stages:
        if stage.kind != "client":
            raise RunError(f"{stage.id} is a {stage.kind}; only clients race")
        label, number = stage.id, 2
        while label in labelled:
            label, number = f"{stage.id} ({number})", number + 1
        labelled[label] = stage
    chosen = [poems[n % len(poems)] for n in range(servers or len(poems))]
    lanes = tuple(Lane(p, num_bytes or max(10, p.size // CHUNKS)) for p in chosen)
    chunks = max(1, *(lane.chunks for lane in lanes))
    return Course(tuple(labelled.items()), lanes, delay or round(LONGEST / chunks, 3) or 0.001)


class MeasuredProcess(Process):
    """A process that tells what it cost, from the same wait that tells its status."""

    cpu = 0.0
    rss = 0

    def reapProcess(self) -> None:
        own: Any = self
        try:
            pid, status, usage = os.wait4(own.pid, os.WNOHANG)
        except OSError as err:
            if err.errno != errno.ECHILD:
                raise
            return
        if pid:
            self.cpu = usage.ru_utime + usage.ru_stime
            if not self.rss:
                self.rss = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
            forget: Any = unregisterReapProcessHandler
            forget(pid, self)
            own.processEnded(status)

    def look(self) -> None:
        """Note the peak so far. The kernel's own sum at the end counts its parent's memory too."""
        try:
            status = Path(f"/proc/{self.pid}/status").read_text()
            self.rss = int(status.split("VmHWM:")[1].split()[0]) * 1024
        except (OSError, IndexError):
            pass


@dataclass
class Runner(ProcessProtocol):
    """One stage in the race: its process, its servers, its events."""

    label: str
    stage: Stage
    note: Callable[[Event], None]
    done: Deferred[None] = field(default_factory=Deferred)
    servers: list[ScriptedServer] = field(default_factory=list)
    process: Any = None
    start: float = 0.0

    def __post_init__(self) -> None:
        self.rest = {"stdout": b"", "stderr": b""}
        self.unread: dict[int, int] = {}  # lane -> bytes told as sent and not yet as read
        self.peers: dict[int, tuple[int, int]] = {}  # lane -> server's and client's port

    def tell(self, kind: str, fields: dict[str, Any]) -> None:
        lane = fields.get("lane", 0)
        if kind == "sent":
            self.unread[lane] = self.unread.get(lane, 0) + fields["bytes"]
        elif kind == "open":
            server = next(s for s in self.servers if s.lane == lane)
            self.peers[lane] = server.port, fields.pop("port")
        self.note(Event(time.monotonic() - self.start, self.label, kind, fields))

    def listen(self, lanes: Sequence[Lane], delay: float, wheel: Wheel) -> list[str]:
        """Start this stage's servers; returns its arguments."""
        helpers = [need for need in self.stage.needs if need.stage == "transform-server"]
        ports = []
        for _ in helpers:
            server = ScriptedServer(transform(), wheel, 0)
            self.servers.append(server)
            ports.append(server.listen())
        for number, lane in enumerate(lanes, 1):
            steps = slow(lane.poem.data, lane.num_bytes, delay).steps
            script = Script(steps, one_at_a_time=True, poem=lane.poem.name, size=lane.poem.size)
            server = ScriptedServer(script, wheel, number, self.tell)
            self.servers.append(server)
            ports.append(server.listen())
        return [str(port) for port in ports]

    def go(self, command: Sequence[str]) -> None:
        """Start the process. Raises OSError where it can't be started."""
        env = {**os.environ, "PYTHONUNBUFFERED": "1"}
        self.start = time.monotonic()
        measured: Any = MeasuredProcess
        self.process = measured(reactor, command[0], command, env, str(ROOT), self, None, None)
        self.process.closeStdin()
        lanes = [[s.script.poem, s.script.size] for s in self.servers if s.lane]
        self.tell("start", {"argv": list(command), "pid": self.process.pid, "lanes": lanes})

    def childDataReceived(self, childFD: int, data: bytes) -> None:
        stream = "stdout" if childFD == 1 else "stderr"
        *lines, self.rest[stream] = (self.rest[stream] + data).split(b"\n")
        for line in lines:
            self.print(stream, line)

    def print(self, stream: str, line: bytes) -> None:
        self.tell("print", {"text": line.decode(errors="replace"), "stream": stream})

    def processEnded(self, reason: Failure) -> None:
        for stream, line in self.rest.items():
            if line:
                self.print(stream, line)
        value: Any = reason.value
        status = -value.signal if value.signal else value.exitCode
        if not value.signal:
            self.read_up_to({})
        process = self.process
        cost = {"cpu": process.cpu, "rss": process.rss} if process else {}
        self.tell("exit", {"status": status, **cost})
        self.done.callback(None)

    def look(self, waiting: dict[tuple[int, int], int]) -> None:
        """Look at the process's memory and at what waits for it in the kernel."""
        if self.process is not None and self.process.pid:
            self.process.look()
            self.read_up_to(waiting)

    def read_up_to(self, waiting: dict[tuple[int, int], int]) -> None:
        """Tell as read whatever was sent and does not wait: bytes by ports (server's, client's)."""
        if sys.platform != "linux":
            return
        for lane, unread in self.unread.items():
            now = min(unread, waiting.get(self.peers[lane], 0))
            if now < unread:
                self.unread[lane] = now
                self.tell("read", {"lane": lane, "bytes": unread - now})

    def kill(self) -> None:
        if self.process is not None and self.process.pid:
            self.process.signalProcess("KILL")


def waiting_in_kernel() -> dict[tuple[int, int], int]:
    """Bytes that wait on this machine's TCP sockets: for each (peer's port, own port), the unread.

    What is still on its way counts as waiting too. From /proc/net/tcp; nothing off Linux.
    """
    waiting: dict[tuple[int, int], int] = {}
    try:
        lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    except OSError:
        return waiting
    for line in lines:
        _, local, remote, _, queues, *_ = line.split()
        own, peer = int(local.rpartition(":")[2], 16), int(remote.rpartition(":")[2], 16)
        unsent, unread = (int(queue, 16) for queue in queues.split(":"))
        waiting[peer, own] = waiting.get((peer, own), 0) + unread
        waiting[own, peer] = waiting.get((own, peer), 0) + unsent
    return waiting


class Race:
    """All runners, from their start to their end."""

    def __init__(self, course: Course, note: Callable[[Event], None]) -> None:
        self.course = course
        self.runners = [Runner(label, stage, note) for label, stage in course.stages]
        self.looking = LoopingCall(self.look)

    def start(self) -> Deferred[None]:
        """Begin; the Deferred fires when the last stage has ended.

        Raises RunError where a stage can't be started; nothing is left running then.
        """
        wheel = Wheel()
        commands = []
        for runner in self.runners:
            args = runner.listen(self.course.lanes, self.course.delay, wheel)
            commands.append(command_of(runner.stage, args))
        try:
            for runner, command in zip(self.runners, commands, strict=True):
                runner.go(command)
        except OSError as err:
            self.stop()
            raise RunError(f"can't start {command[0]}: {err.strerror}") from None
        many = len(self.course.lanes) * len(self.runners) > MANY
        self.looking.start(LOOK_MANY if many else LOOK, now=False)
        finished: Deferred[None] = Deferred()
        left = len(self.runners)

        def ended(_: None) -> None:
            nonlocal left
            left -= 1
            if not left:
                self.stop()
                finished.callback(None)

        for runner in self.runners:
            runner.done.addCallback(ended)
        return finished

    def look(self) -> None:
        waiting = waiting_in_kernel()
        for runner in self.runners:
            runner.look(waiting)

    def stop(self) -> None:
        """Leave nothing behind: no process, no server."""
        if self.looking.running:
            self.looking.stop()
        for runner in self.runners:
            runner.kill()
            for server in runner.servers:
                server.stop()


class Show:
    """Draws a frame of the race several times a second; the drawing is the view's."""

    def __init__(self, draw: Callable[[float], None], finish: Callable[[], None]) -> None:
        self.draw = draw
        self.finish = finish
        self.begun = 0.0
        self.loop = LoopingCall(self.turn)

    def start(self) -> None:
        self.begun = time.monotonic()
        self.loop.start(0.1)

    def turn(self) -> None:
        self.draw(time.monotonic() - self.begun)

    def stop(self) -> None:
        if self.loop.running:
            self.turn()
            self.loop.stop()
            self.finish()


def run_race(course: Course, note: Callable[[Event], None], show: Show | None = None) -> int:
    """Run a race to its end on the reactor. Returns the status for the shell.

    0 where every stage ended with 0, 1 where one did not, 130 after Ctrl-C. Raises RunError.
    """
    statuses: list[int] = []

    def heed(event: Event) -> None:
        note(event)
        if event.kind == "exit":
            statuses.append(event["status"])

    race = Race(course, heed)
    problems: list[BaseException] = []
    finished: list[bool] = []

    def end(_: object) -> None:
        finished.append(True)
        if reactor.running:
            reactor.stop()

    def begin() -> None:
        try:
            race.start().addCallback(end)
        except RunError as err:
            problems.append(err)
            race.stop()
            reactor.stop()
            return
        if show is not None:
            show.start()

    reactor.callWhenRunning(begin)
    reactor.addSystemEventTrigger("before", "shutdown", race.stop)
    if show is not None:
        reactor.addSystemEventTrigger("before", "shutdown", show.stop)
    reactor.run()
    if problems:
        raise problems[0]
    if not finished:
        return 130
    return int(any(statuses))
