"""A stage traced in real time: the real clock, real sockets, and real slow servers beside it.

The stage runs in a process of its own, with the probe; its servers and clients are played here, on
the reactor. What both have to tell is put together when it is over, and is of the same kinds as in
simulated time, so that every view shows it. Where the servers and clients have nothing more to do
and the stage waits without a time-out or a timer, it waits for ever, as far as one can say.
"""

import contextlib
import os
import signal
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import IO, Any

from twisted.internet import reactor as the_reactor
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.task import LoopingCall, deferLater
from twisted.internet.threads import deferToThread
from twisted.python.failure import Failure

from companion.event import Event
from companion.peers.clients import ScriptedClients
from companion.peers.script import Client, Script
from companion.peers.servers import ScriptedServer, ServerProtocol
from companion.processes.signals import handle, restore
from companion.trace.own import Own
from companion.tutorial.stages import ROOT, Stage
from companion.virtual import forks
from companion.virtual.journal import parsed
from companion.virtual.run import VirtualRun, address_of, job_of, program_of, read_journal

reactor: Any = the_reactor
PROBE = "companion.probe.real:install"
LIMIT = 120.0  # seconds that a run may take; every stage of the map comes to its end in less
QUIET = 1.0  # seconds without an event after which the stage is asked whether it waits for ever
POLL = 0.01  # seconds between two polls of the stage's journal
STOP_TIME = 0.5  # seconds that it may take to end when it is told to
SETTLE = 0.5  # seconds that the servers may take to see that the stage has ended
BEGUN, LISTEN, WAITS = "_begun", "_listen", "_waits"


class RealTrace:
    """One run; `signal` is the number of the signal that broke it off. A program of the reader's
    `own` has its own arguments, gets its signals, and runs in this folder.

    Raises VirtualError where the stage is no Python program.
    """

    def __init__(
        self,
        stage: Stage,
        scripts: Sequence[Script],
        clients: Sequence[Client],
        stdin: str = "",
        own: Own | None = None,
    ) -> None:
        program_of(stage, stage.path)
        self.stage, self.stdin, self.own = stage, stdin, own
        self.on_begin: Callable[[], object] = lambda: None  # called once the stage runs
        self.servers = [ScriptedServer(one, lane, self.emit) for lane, one in enumerate(scripts, 1)]
        self.clients = ScriptedClients(clients, self.emit)
        self.told: list[tuple[float, str, dict[str, Any]]] = []  # by time.monotonic
        self.ends: dict[int, dict[str, int]] = {}  # lane or client at a port
        self.own_ports: set[int] = set()  # that it listens on
        self.pid = self.signal = self.read = 0
        self.last = time.monotonic()  # when something happened
        self.listening = self.waits = self.over = False
        self.calls: list[Any] = []

    def emit(self, kind: str, fields: dict[str, Any]) -> None:
        """Take an event of a server or a client."""
        self.last = time.monotonic()
        port = fields.pop("port", 0)
        if "client" in fields and port:
            self.ends[port] = {"client": fields["client"]}
        if kind != "taken":
            self.told.append((self.last, kind, fields))

    async def run(self) -> VirtualRun | None:
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
                    forks.run_forked, "real", job, journal, LIMIT, self.started
                )
                self.over = True
                run = read_journal(self.stage.id, job["argv"], status, cpu, journal)
                if run.how == "exit":
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
        begun = next((event["at"] for event in run.events if event.kind == BEGUN), None)
        return None if begun is None and self.signal else self.put_together(run, begun or 0.0)

    def job(self) -> dict[str, Any]:
        """What the stage's process needs to know; the servers listen."""
        addresses = []
        for server in self.servers:
            port = server.listen()
            self.ends[port] = {"lane": server.lane}
            addresses.append(address_of(port, server.script))
        args = self.own.args if self.own else [*self.stage.args, *addresses]
        folder = Path.cwd() if self.own else ROOT
        return {**job_of(self.stage, args, self.stdin, (), folder), "probe": PROBE}

    def started(self, pid: int) -> None:
        """In another thread: the stage has this process."""
        self.pid = pid

    def poll(self, journal: IO[bytes]) -> None:
        """See what the stage has told; where it began to wait, and all is quiet since, ask
        whether it does so for ever."""
        # pread, since a seek here would move the offset that the process writes at.
        begin = self.read
        for end, (_, kind, fields) in parsed(os.pread(journal.fileno(), 1 << 24, begin)):
            self.read = begin + end
            self.last = time.monotonic()
            self.waits = kind == WAITS
            if kind == BEGUN and not self.signal:
                self.on_begin()
                for t, name in self.own.signals if self.own else ():
                    wait = max(fields["at"] + t - self.last, 0)
                    self.calls.append(reactor.callLater(wait, self.ask, signal.Signals[name]))
            if kind == "_connect" and fields["port"] in self.own_ports:
                self.clients.send_guests_away()
            if kind == LISTEN:
                self.own_ports.add(fields["port"])
            if kind == LISTEN and not self.listening:
                self.listening = True
                self.clients.begin(fields["port"])
        busy = self.clients.waiting or any(server.waiting for server in self.servers)
        if self.waits and not busy and time.monotonic() - self.last > QUIET:
            self.waits = False
            self.ask(forks.ARE_YOU_BLOCKED)

    def ask(self, number: int) -> None:
        """Send the stage's process a signal."""
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
            self.calls.append(reactor.callLater(STOP_TIME, self.ask, signal.SIGKILL))
            return
        if server := forks.servers.get("real"):
            server.process.kill()  # or it would first have to be ready
        self.calls.append(reactor.callLater(POLL, self.end_stage))

    async def settle(self) -> None:
        """Wait until the servers have seen that the stage has ended; where it left early, say so,
        since one that has nothing to send would not."""
        end = time.monotonic() + SETTLE
        while not all(player.half_closed for player in self.players()) and time.monotonic() < end:
            await deferLater(reactor, 0.005)
        for player in self.players():
            if not player.how:
                self.emit("close", {"lane": player.server.lane, "how": "left"})

    def players(self) -> list[ServerProtocol]:
        return [player for server in self.servers for player in server.players]

    async def stop(self) -> None:
        for call in self.calls:
            if call.active():
                call.cancel()
        self.clients.stop()
        await gatherResults([server.stop() for server in self.servers])

    def put_together(self, run: VirtualRun, begun: float) -> VirtualRun:
        """The run, which began at that time (time.monotonic), with the events of all."""
        *events, end = run.events
        events = [event for one in events for event in self.with_lane(one)]
        events += [
            Event(max(0.0, t - begun), self.stage.id, kind, fields) for t, kind, fields in self.told
        ]
        events.sort(key=lambda event: event.t)
        seconds = max([run.seconds, *(event.t for event in events)])
        end = replace(end, t=seconds)
        return replace(run, events=(*events, end), seconds=seconds)

    def with_lane(self, event: Event) -> Iterator[Event]:
        """An event of the stage's process as the format has it: who is at a port, not the port."""
        fields = dict(event.fields)
        end = self.ends.get(fields.pop("port", 0), {})
        if event.kind == "_connect":
            server = self.servers[end["lane"] - 1] if "lane" in end else None
            if server and server.script.connect == "refuse":
                yield replace(event, kind="close", fields={**end, "how": "refused"})
        elif not event.kind.startswith("_") and (end or event.kind != "read"):
            yield replace(event, fields=fields | end)


def run_trace(trace: RealTrace) -> tuple[VirtualRun, int]:
    """Run it on the reactor: what happened, and the number of the signal that broke it off, or 0.
    Raises ForkError, and SystemExit after a signal before the start."""
    ended: list[VirtualRun | Failure | None] = []

    def on_signal(number: int, frame: FrameType | None) -> None:
        if not trace.signal:
            trace.signal = number
            reactor.callFromThread(trace.interrupt)

    def end(result: VirtualRun | Failure | None) -> None:
        ended.append(result)
        reactor.stop()

    before = handle((signal.SIGINT, signal.SIGTERM, signal.SIGHUP), on_signal)
    reactor.callWhenRunning(lambda: Deferred.fromCoroutine(trace.run()).addBoth(end))
    reactor.run(installSignalHandlers=False)
    restore(before)
    (result,) = ended
    if isinstance(result, Failure):
        result.raiseException()
    if result is None:
        raise SystemExit(128 + trace.signal)
    return result, trace.signal
