"""The race: stages as real processes, each with slow servers of its own, begun at one moment."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from twisted.internet import reactor as the_reactor
from twisted.internet.defer import gatherResults

from companion.event import Event, event_of
from companion.peers.script import slow, transform
from companion.peers.servers import ScriptedServer
from companion.race import unread as kernel
from companion.race.course import Course, Racer
from companion.race.process import StageProcess

reactor: Any = the_reactor
POLL = 0.05  # seconds between two polls of what waits unread in the kernel, at least
POLL_SHARE = 0.03  # of the time, at most, goes into polling
STOP_TIME = 2.0  # seconds that a killed stage may take to be gone


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

    def emit(self, kind: str, fields: dict[str, Any], t: float | None = None) -> None:
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
        self.note(event_of(max(0.0, t), self.racer.label, kind, fields))
        if kind == "start" and self.interrupted:
            self.emit("interrupt", {})

    def listen(self, course: Course) -> None:
        """Start this racer's servers, and its process, which waits for `go`."""
        helpers = [ScriptedServer(transform(), 0) for _ in range(self.racer.helpers)]
        for number, lane in enumerate(course.lanes, 1):
            script = slow(lane.poem.data, lane.num_bytes, course.delay)
            script = replace(script, poem=lane.poem.name)
            self.servers.append(ScriptedServer(script, number, self.emit))
            poem = {"lane": number, "poem": script.poem, "size": script.size}
            pace = {"num_bytes": lane.num_bytes, "delay": course.delay}
            self.emit("listen", {**poem, **pace, "reads": kernel.available()})
        self.servers[:0] = helpers
        ports = tuple(str(server.listen()) for server in self.servers)
        command = self.racer.command
        command = replace(command, words=command.words + ports, typed=command.typed + ports)
        self.process = StageProcess(command, self.emit)
        self.process.spawn(reactor)

    def wanted(self) -> dict[int, kernel.Ends]:
        """The connections, by lane, of which something may wait unread."""
        return {lane: self.ends[lane] for lane, count in self.unread.items() if count}

    def emit_reads(self, waiting: dict[kernel.Ends, int]) -> None:
        """Emit as read what was sent and does not wait in the kernel."""
        for lane, ends in self.wanted().items():
            if ends in waiting:
                self.read_up_to(lane, waiting[ends])

    def read_up_to(self, lane: int, waiting: int) -> None:
        count = self.unread[lane] - waiting
        if count > 0 and kernel.available():
            self.unread[lane] = waiting
            self.emit("read", {"lane": lane, "bytes": count})

    def interrupt(self) -> None:
        if self.process is not None and self.process.going:
            self.interrupted = True  # it may have started without having said so yet
            if self.process.running:
                self.emit("interrupt", {})
            self.process.stop()


class Race:
    """All runners, from their start to their end."""

    def __init__(self, course: Course, note: Callable[[Event], None]) -> None:
        self.course = course
        self.begun = 0.0
        self.runners = [Runner(racer, note, self.beginning) for racer in course.racers]
        self.polling: Any = None
        self.killing: Any = None
        self.interrupted = False

    def beginning(self) -> float:
        """When all were released (time.monotonic); before that, now."""
        return self.begun or time.monotonic()

    async def run(self) -> None:
        """From the start of the servers until nothing is left."""
        try:
            for runner in self.runners:
                runner.listen(self.course)
            await gatherResults([runner.process.ready for runner in self.runners])
            self.begun = time.monotonic()
            for runner in self.runners:
                if not self.interrupted:
                    runner.process.go()
            self.poll()
            await gatherResults([runner.process.ended for runner in self.runners])
        finally:
            self.interrupt()
            for timer in (self.polling, self.killing):
                if timer is not None and timer.active():
                    timer.cancel()
            await gatherResults([s.stop() for runner in self.runners for s in runner.servers])

    def poll(self) -> None:
        """Poll what waits unread, now and again after a while: longer, where it costs more."""
        before = time.monotonic()
        wanted = [ends for runner in self.runners for ends in runner.wanted().values()]
        if wanted and kernel.available():
            waiting = kernel.unread(wanted)
            for runner in self.runners:
                runner.emit_reads(waiting)
        cost = time.monotonic() - before
        self.polling = reactor.callLater(max(POLL, cost / POLL_SHARE), self.poll)

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
