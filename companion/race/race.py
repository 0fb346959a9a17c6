"""The race: stages as real processes, each with slow servers of its own, begun at one moment."""

import os
import resource
import shlex
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import FrameType
from typing import Any

from twisted.internet import reactor as the_reactor
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.task import LoopingCall
from twisted.python.failure import Failure

from companion.event import Event
from companion.peers.script import slow, transform
from companion.peers.servers import ScriptedServer, Wheel
from companion.processes.orphans import adopt, end_orphans
from companion.processes.run import RunError, command_of, typed
from companion.processes.signals import hear, restore
from companion.race import unread as kernel
from companion.race.process import Command, StageProcess
from companion.render.width import visible
from companion.tutorial.poems import Poem
from companion.tutorial.stages import ROOT, Stage

reactor: Any = the_reactor
LONGEST = 3.0  # seconds that the longest poem takes where no delay is given
CHUNKS = 100  # about so many chunks a poem where no number of bytes is given
MOST_SENDS = 20_000  # a second, of all servers, where no delay is given: more would be late
LOOK = 0.05  # seconds between two looks at what waits unread in the kernel, at least
LOOK_SHARE = 0.03  # of the time, at most, goes into looking
STOP_TIME = 2.0  # seconds that a killed stage may take to be gone
FRAME = 0.1  # seconds between two frames of a view
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGALRM)


class NotAClientError(RunError):
    """A stage or a program that can't race; the message says why."""


@dataclass(frozen=True)
class Lane:
    """One server of each stage: a poem and its pace (bytes at a time)."""

    poem: Poem
    num_bytes: int

    @property
    def chunks(self) -> int:
        return -(-self.poem.size // self.num_bytes)


@dataclass(frozen=True)
class Racer:
    """A program in the race; its servers' ports follow the command, the helpers' first."""

    label: str
    command: Command
    helpers: int = 0  # transform servers


@dataclass(frozen=True)
class Course:
    """What a race runs over; `delay` is in seconds between two chunks."""

    racers: tuple[Racer, ...]
    lanes: tuple[Lane, ...]
    delay: float


def course_of(
    entries: Sequence[Stage | Path],
    poems: Sequence[Poem],
    servers: int = 0,
    num_bytes: int = 0,
    delay: float = 0.0,
) -> Course:
    """The course for these stages or programs; 0 is for an option that was left out.

    Builds what has to be built, and has as many files allowed as it needs. Raises RunError where
    something can't race.
    """
    racers: dict[str, Racer] = {}
    for entry in entries:
        racer = racer_of(entry)
        label, number = racer.label, 2
        while label in racers:
            label, number = f"{racer.label} ({number})", number + 1
        racers[label] = replace(racer, label=label)
    chosen = [poems[n % len(poems)] for n in range(servers or len(poems))]
    lanes = tuple(Lane(p, num_bytes or max(10, p.size // CHUNKS)) for p in chosen)
    if not delay:
        longest = max(1, *(lane.chunks for lane in lanes))
        delay = round(max(LONGEST / longest, len(racers) * len(lanes) / MOST_SENDS, 0.001), 3)
    # A server listens and holds a connection; a stage has pipes.
    allow_descriptors(len(racers) * (2 * len(lanes) + 8) + 64)
    return Course(tuple(racers.values()), lanes, delay)


def racer_of(entry: Stage | Path) -> Racer:
    """A stage of the map or a program of the reader's. Raises NotAClientError, and RunError."""
    if isinstance(entry, Stage):
        if entry.kind != "client":
            raise NotAClientError(f"{entry.id} is a {entry.kind}; only clients race")
        told = tuple(shlex.split(typed(entry, entry.args)))
        command = Command(tuple(command_of(entry, entry.args)), ROOT, told)
        return Racer(entry.id, command, [n.stage for n in entry.needs].count("transform-server"))
    path, name = os.path.realpath(entry), visible(str(entry))
    words: tuple[str, ...] = (path,)
    shown: tuple[str, ...] = (name if len(entry.parts) > 1 else f"./{name}",)
    if entry.suffix == ".py":
        words, shown = (sys.executable, path), ("python", name)
    elif not os.access(path, os.X_OK):
        raise NotAClientError(f"{entry} can't be executed; try: chmod +x {shlex.quote(str(entry))}")
    return Racer(name, Command(words, Path.cwd(), shown))


@dataclass
class Runner:
    """One racer on its course: its process, its servers, and what is sent and not yet read."""

    racer: Racer
    note: Callable[[Event], None]
    begun: Callable[[], float]
    servers: list[ScriptedServer] = field(default_factory=list)
    unread: dict[int, int] = field(default_factory=dict)  # by lane, bytes
    ends: dict[int, kernel.Ends] = field(default_factory=dict)  # by lane
    process: Any = None
    interrupted: bool = False

    def tell(self, kind: str, fields: dict[str, Any], t: float | None = None) -> None:
        """An event, at t (time.monotonic) or now."""
        lane = fields.get("lane", 0)
        if kind == "open":
            server = next(s for s in self.servers if s.lane == lane)
            self.ends[lane] = fields.pop("port"), server.port
            self.unread[lane] = 0
        elif kind == "sent":
            self.unread[lane] += fields["bytes"]
        elif kind == "taken":
            self.read_up_to(lane, 0)
            return
        t = (time.monotonic() if t is None else t) - self.begun()
        self.note(Event(max(0.0, t), self.racer.label, kind, fields))
        if kind == "start" and self.interrupted:
            self.tell("interrupt", {})

    def listen(self, course: Course, wheel: Wheel) -> None:
        """Start this racer's servers, and its process, which waits for `go`."""
        helpers = [ScriptedServer(transform(), wheel, 0) for _ in range(self.racer.helpers)]
        for number, lane in enumerate(course.lanes, 1):
            script = slow(lane.poem.data, lane.num_bytes, course.delay)
            script = replace(script, poem=lane.poem.name)
            self.servers.append(ScriptedServer(script, wheel, number, self.tell))
            poem = {"lane": number, "poem": script.poem, "size": script.size}
            pace = {"num_bytes": lane.num_bytes, "delay": course.delay}
            self.tell("listen", {**poem, **pace, "reads": kernel.available()})
        self.servers[:0] = helpers
        ports = tuple(str(server.listen()) for server in self.servers)
        command = self.racer.command
        command = replace(command, words=command.words + ports, typed=command.typed + ports)
        self.process = StageProcess(command, self.tell)
        self.process.spawn(reactor)

    def wanted(self) -> dict[int, kernel.Ends]:
        """The connections, by lane, of which something may wait unread."""
        return {lane: self.ends[lane] for lane, count in self.unread.items() if count}

    def look(self, waiting: dict[kernel.Ends, int]) -> None:
        """Tell as read what was sent and does not wait in the kernel."""
        for lane, ends in self.wanted().items():
            if ends in waiting:
                self.read_up_to(lane, waiting[ends])

    def read_up_to(self, lane: int, waiting: int) -> None:
        count = self.unread[lane] - waiting
        if count > 0 and kernel.available():
            self.unread[lane] = waiting
            self.tell("read", {"lane": lane, "bytes": count})

    def interrupt(self) -> None:
        if self.process is not None and self.process.going:
            self.interrupted = True  # it may have started without having said so yet
            if self.process.running:
                self.tell("interrupt", {})
            self.process.stop()


def allow_descriptors(count: int) -> None:
    """Have room for so many open files. Raises RunError where the system has none."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= count:
        return
    if hard != resource.RLIM_INFINITY and hard < count:
        raise RunError(f"such a race needs {count} open files, and {hard} are allowed: ulimit -Hn")
    resource.setrlimit(resource.RLIMIT_NOFILE, (count, hard))


class Race:
    """All runners, from their start to their end."""

    def __init__(self, course: Course, note: Callable[[Event], None]) -> None:
        self.course = course
        self.begun = 0.0
        self.runners = [Runner(racer, note, self.beginning) for racer in course.racers]
        self.looking: Any = None
        self.killing: Any = None
        self.interrupted = False

    def beginning(self) -> float:
        """When all were told to go (time.monotonic); before that, now."""
        return self.begun or time.monotonic()

    async def run(self) -> None:
        """From the start of the servers until nothing is left."""
        wheel = Wheel()
        try:
            for runner in self.runners:
                runner.listen(self.course, wheel)
            await gatherResults([runner.process.ready for runner in self.runners])
            self.begun = time.monotonic()
            for runner in self.runners:
                if not self.interrupted:
                    runner.process.go()
            self.look()
            await gatherResults([runner.process.ended for runner in self.runners])
        finally:
            self.interrupt()
            for timer in (self.looking, self.killing):
                if timer is not None and timer.active():
                    timer.cancel()
            await gatherResults([s.stop() for runner in self.runners for s in runner.servers])
            wheel.stop()

    def look(self) -> None:
        """Look at what waits unread, now and again after a while: longer, where it costs more."""
        before = time.monotonic()
        wanted = [ends for runner in self.runners for ends in runner.wanted().values()]
        if wanted and kernel.available():
            waiting = kernel.unread(wanted)
            for runner in self.runners:
                runner.look(waiting)
        cost = time.monotonic() - before
        self.looking = reactor.callLater(max(LOOK, cost / LOOK_SHARE), self.look)

    def interrupt(self) -> None:
        """Kill every stage that still runs; `run` comes to its end."""
        self.interrupted = True
        for runner in self.runners:
            runner.interrupt()
        self.killing = self.killing or reactor.callLater(STOP_TIME, self.kill)

    def kill(self) -> None:
        """End what an interrupt did not."""
        for runner in self.runners:
            if runner.process is not None and runner.process.going:
                runner.process.kill()


@dataclass(frozen=True)
class Show:
    """A view that draws itself: at so many seconds after the start, and for the last time."""

    draw: Callable[[float], None]
    finish: Callable[[], None]


class Conductor:
    """Runs one race on the reactor, and heeds signals and views that fail; `at_worst` is called
    where a signal has to end it without its view, which nobody reads."""

    def __init__(
        self,
        course: Course,
        note: Callable[[Event], None],
        show: Show | None,
        at_worst: Callable[[], object] = lambda: None,
    ) -> None:
        self.race = Race(course, self.heed)
        self.note = note
        self.show = show
        self.at_worst = at_worst
        self.drawing = LoopingCall(self.draw)
        self.failed = False
        self.signal = 0
        self.problem: BaseException | None = None
        # Not those of `hear`: until then the reactor has put its own in their place.
        self.before = {number: signal.getsignal(number) for number in SIGNALS}

    def draw(self) -> None:
        if self.show is not None:
            self.show.draw(max(0.0, time.monotonic() - self.race.beginning()))

    def heed(self, event: Event) -> None:
        self.failed |= event.kind == "exit" and event["status"] != 0
        try:
            if self.problem is None:
                self.note(event)
        except Exception as err:
            self.give_up(err)

    def give_up(self, problem: BaseException) -> None:
        self.problem = self.problem or problem
        self.race.interrupt()

    def gave_way(self, failure: Failure) -> None:
        self.give_up(failure.value or RuntimeError("no reason"))

    def on_signal(self, number: int, frame: FrameType | None) -> None:
        """End the race; should that take too long, since nobody reads what is printed, end."""
        if number == signal.SIGALRM:
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.setitimer(signal.ITIMER_REAL, STOP_TIME)
            self.at_worst()
            signal.signal(self.signal, signal.SIG_DFL)
            os.kill(os.getpid(), self.signal)
        elif not self.signal:
            self.signal = number
            signal.setitimer(signal.ITIMER_REAL, STOP_TIME + 1)
            reactor.callFromThread(self.race.interrupt)

    def begin(self) -> None:
        hear(SIGNALS, self.on_signal)
        running = Deferred.fromCoroutine(self.race.run())
        if self.show is not None:
            drawing = self.drawing.start(FRAME)
            drawing.addErrback(self.gave_way)
        running.addErrback(self.gave_way)
        running.addBoth(self.end)

    def end(self, _: object) -> None:
        if self.drawing.running:
            self.drawing.stop()
        reactor.stop()

    def run(self) -> int:
        adopt()
        reactor.callWhenRunning(self.begin)
        try:
            reactor.run()
        finally:
            end_orphans()  # of a launcher that was killed
            if self.show is not None:
                self.show.finish()
            signal.setitimer(signal.ITIMER_REAL, 0)
            restore(self.before)
        if self.problem is not None:
            raise self.problem
        return 128 + self.signal if self.signal else int(self.failed)


def run_race(
    course: Course,
    note: Callable[[Event], None],
    show: Show | None = None,
    at_worst: Callable[[], object] = lambda: None,
) -> int:
    """Run a race to its end on the reactor. Returns the status for the shell.

    0 where every stage ended with 0, 1 where one did not, 128 and the signal's number after a
    signal. `at_worst` is called first where that signal then has to end this process. Raises
    RunError, and whatever a view raises that can't go on.
    """
    return Conductor(course, note, show, at_worst).run()
