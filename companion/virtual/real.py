"""A stage traced in real time: the real clock, real sockets, and real slow servers beside it.

The stage runs in a process of its own, with the probe; its servers and clients are played here, on
the reactor. What both emit is put together when it is over, and is of the same kinds as in
simulated time, so that every view shows it. Where the servers and clients have nothing more to do
and the stage waits without a time-out or a timer, it waits for ever, as far as one can say.
"""

import contextlib
import os
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from operator import attrgetter
from pathlib import Path
from types import FrameType
from typing import IO, Any

from twisted.internet import reactor as the_reactor
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.task import LoopingCall, deferLater
from twisted.internet.threads import deferToThread
from twisted.python.failure import Failure

from companion.event import Close, event_of
from companion.peers.clients import ScriptedClients
from companion.peers.scenario import AS_MAPPED, Scenario
from companion.peers.servers import ScriptedServer, ServerProtocol
from companion.processes.signals import handle, restore
from companion.tutorial.stages import Stage, load_map
from companion.virtual import forks
from companion.virtual.journal import parsed
from companion.virtual.run import (
    Emitted,
    Received,
    Run,
    address_of,
    find,
    job_of,
    program_of,
    read_journal,
    run_of,
    servers_of,
)

reactor: Any = the_reactor
LIMIT = 120.0  # seconds that a run may take; every stage of the map comes to its end in less
QUIET = 1.0  # seconds without an event after which the stage is asked whether it waits for ever
POLL = 0.01  # seconds between two polls of the stage's journal
STOP_TIME = 0.5  # seconds that it may take to end when it is asked to
SETTLE = 0.5  # seconds that the servers may take to see that the stage has ended
BEGUN, LISTEN, WAITS = "_begun", "_listen", "_waits"


class RealRun:
    """One run; `signal` is the number of the signal that broke it off.

    Raises VirtualError where the stage is no Python program, or a server of its has no script.
    """

    def __init__(
        self, stage: Stage, scenario: Scenario = AS_MAPPED, *, limit: float = LIMIT
    ) -> None:
        program_of(stage, stage.path)
        scripts = servers_of(stage, scenario, load_map())
        self.stage, self.scenario, self.limit = stage, scenario, limit
        self.on_begin: Callable[[], object] = lambda: None  # called once the stage runs
        self.servers = [ScriptedServer(one, lane, self.emit) for lane, one in enumerate(scripts, 1)]
        self.clients = ScriptedClients(scenario.clients, self.emit)
        self.emitted: list[tuple[float, str, dict[str, Any]]] = []  # by time.monotonic
        self.ends: dict[int, dict[str, int]] = {}  # lane or client at a port
        self.own_ports: set[int] = set()  # that it listens on
        self.pid = self.signal = self.read = 0
        self.last = time.monotonic()  # when something happened
        self.listening = self.waits = self.over = False
        self.signals: list[Any] = []  # calls that will send the stage a signal

    def emit(self, kind: str, fields: dict[str, Any]) -> None:
        """Take an event of a server or a client."""
        self.last = time.monotonic()
        port = fields.pop("port", 0)
        if "client" in fields and port:
            self.ends[port] = {"client": fields["client"]}
        if kind != "taken":
            self.emitted.append((self.last, kind, fields))

    async def run(self) -> Run | None:
        """The run, from the start of the servers until nothing is left; None where a signal came
        before the stage had begun. Raises ForkError."""
        if self.signal:
            return None
        polling = LoopingCall(lambda: self.poll(journal))
        with tempfile.TemporaryFile() as journal:
            try:
                job = self.job()
                polling.start(POLL)
                status, cpu = await deferToThread(
                    forks.run_forked, "real", job, journal, self.limit, self.started
                )
                self.over = True
                found = read_journal(journal, status)
                if found.how == "exit":
                    await self.settle()
            except (forks.ForkError, OSError):
                if not self.signal:
                    raise
                return None
            finally:
                self.over = True
                if polling.running:
                    polling.stop()
                await self.stop()
        if self.signal and not any(kind == "start" for _, kind, _, _ in found.records):
            return None
        begun = next((fields["at"] for _, kind, fields, _ in found.records if kind == BEGUN), 0.0)
        found.records = [record for one in found.records for record in self.with_lane(*one)]
        return self.put_together(run_of(self.stage.id, job.argv, status, cpu, found), begun)

    def job(self) -> forks.Job:
        """What the stage's process needs to know; the servers listen."""
        addresses = []
        for server in self.servers:
            port = server.listen()
            self.ends[port] = {"lane": server.lane}
            addresses.append(address_of(port, server.script))
        job = job_of(self.stage, self.scenario, addresses)
        return replace(job, scenario=replace(job.scenario, servers=(), clients=(), others=()))

    def started(self, pid: int) -> None:
        """In another thread: the stage has this process."""
        self.pid = pid

    def poll(self, journal: IO[bytes]) -> None:
        """Read what the stage has emitted; where it began to wait, and all is quiet since, ask
        whether it does so for ever."""
        # pread, since a seek here would move the offset that the process writes at.
        begin = self.read
        for end, (_, kind, fields) in parsed(os.pread(journal.fileno(), 1 << 24, begin)):
            self.read = begin + end
            self.last = time.monotonic()
            self.waits = kind == WAITS
            if kind == "start" and not self.signal:
                self.on_begin()
            if kind == BEGUN and not self.signal:
                for t, name in self.scenario.signals:
                    wait = max(fields["at"] + t - self.last, 0)
                    self.signals.append(reactor.callLater(wait, self.ask, signal.Signals[name]))
            if kind == "_connect" and fields["port"] in self.own_ports:
                self.clients.send_guests_away()
            if kind == LISTEN:
                self.own_ports.add(fields["port"])
            if kind == LISTEN and not self.listening:
                self.listening = True
                self.clients.begin(fields["port"])
        busy = self.clients.waiting or any(server.waiting for server in self.servers)
        busy = busy or any(call.active() for call in self.signals)
        if self.waits and not busy and time.monotonic() - self.last > QUIET:
            self.waits = False
            self.ask(forks.ARE_YOU_BLOCKED)

    def ask(self, number: int) -> None:
        """Send the stage's process a signal, and give it time to act on it."""
        self.last = time.monotonic()
        if self.pid and not self.over:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def interrupt(self) -> None:
        """End the stage; `run` comes to its end with what is known so far."""
        self.emit("interrupt", {})
        self.end_stage()

    def end_stage(self) -> None:
        if self.pid:
            self.ask(forks.ARE_YOU_BUSY if self.read else signal.SIGKILL)
            self.signals.append(reactor.callLater(STOP_TIME, self.ask, signal.SIGKILL))
            return
        if server := forks.servers.get("real"):
            server.process.kill()  # or it would first have to be ready
        self.signals.append(reactor.callLater(POLL, self.end_stage))

    async def settle(self) -> None:
        """Wait until all others have seen that the stage has ended; where it left a server early,
        say so, since one that has nothing to send would not."""
        end = time.monotonic() + SETTLE
        while not self.all_have_seen() and time.monotonic() < end:
            await deferLater(reactor, 0.005)
        for player in self.players():
            if not player.how:
                self.emit("close", {"lane": player.server.lane, "how": "left"})

    def all_have_seen(self) -> bool:
        there = (player for player in self.clients.players if player.transport)
        return all(player.half_closed for player in self.players()) and all(
            player.how for player in there
        )

    def players(self) -> list[ServerProtocol]:
        return [player for server in self.servers for player in server.players]

    async def stop(self) -> None:
        for call in self.signals:
            if call.active():
                call.cancel()
        self.clients.stop()
        await gatherResults([server.stop() for server in self.servers])

    def put_together(self, run: Run, begun: float) -> Run:
        """The run, which began at that time (time.monotonic), with the events of all."""
        *of_stage, end = run.events
        others = [
            event_of(max(0.0, t - begun), self.stage.id, kind, fields)
            for t, kind, fields in self.emitted
        ]
        events = sorted([*of_stage, *others], key=attrgetter("t"))
        seconds = max([run.seconds, *(event.t for event in events)])
        end = end.but(t=seconds)
        left = {one.client: one.t for one in events if isinstance(one, Close) and one.client}
        clients = [
            Received(bytes(one.received), one.how, left.get(number, 0.0))
            for number, one in enumerate(self.clients.players, 1)
        ]
        return replace(run, events=(*events, end), seconds=seconds, clients=tuple(clients))

    def with_lane(self, t: float, kind: str, fields: dict[str, Any], at: int) -> Iterator[Emitted]:
        """A record of the stage's process as the format has it: who is at a port, not the port."""
        end = self.ends.get(fields.pop("port", 0), {})
        if kind == "_connect":
            server = self.servers[end["lane"] - 1] if "lane" in end else None
            if server and server.script.connect == "refuse":
                yield t, "close", {**end, "how": "refused"}, at
        elif not kind.startswith("_") and (end or kind != "read"):
            yield t, kind, fields | end, at


async def play(
    stage: Stage | str | Path, scenario: Scenario = AS_MAPPED, *, limit: float = LIMIT
) -> Run:
    """Run a stage of the map, or any script, in real time, beside the scenario's servers and
    clients, for at most `limit` seconds.

    A server on no port of its own listens on a free one; `others` and `until` are for simulated
    time alone. Raises VirtualError, ForkError and CannotListenError.
    """
    run = await RealRun(find(stage)[0], scenario, limit=limit).run()
    assert run is not None  # since no signal has broken it off
    return run


def run_alone(real: RealRun) -> tuple[Run, int]:
    """Run it on the reactor: what happened, and the number of the signal that broke it off, or 0.
    Raises ForkError, and SystemExit after a signal before the start."""
    ended: list[Run | Failure | None] = []

    def on_signal(number: int, frame: FrameType | None) -> None:
        if not real.signal:
            real.signal = number
            reactor.callFromThread(real.interrupt)

    def end(result: Run | Failure | None) -> None:
        ended.append(result)
        reactor.stop()

    before = handle((signal.SIGINT, signal.SIGTERM, signal.SIGHUP), on_signal)
    reactor.callWhenRunning(lambda: Deferred.fromCoroutine(real.run()).addBoth(end))
    reactor.run(installSignalHandlers=False)
    restore(before)
    (result,) = ended
    if isinstance(result, Failure):
        result.raiseException()
    if result is None:
        raise SystemExit(128 + real.signal)
    return result, real.signal
