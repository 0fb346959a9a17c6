"""Scripted servers in real time: peers.script played on real sockets of 127.0.0.1, by Twisted.

One timer serves every stream, and a piece that is due goes straight to the kernel: so one process
keeps thousands of slow streams on time (bench/streams.py).
"""

import heapq
import math
import socket
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from twisted.internet import reactor as the_reactor
from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.interfaces import IAddress, IHalfCloseableProtocol, IPullProducer
from twisted.internet.protocol import Protocol, ServerFactory, connectionDone
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from companion.peers.script import CLOSE, END, RESET, Script, Step

BACKLOG = 4096  # at Twisted's 50, clients that connect at once are lost without a word
TICK = 0.001  # seconds: a step is never early and, for the wheel's part, at most so much late
PIECE = 1 << 16  # bytes handed to the kernel at a time
TURNS = 16  # overdue steps that one stream takes while the others wait
reactor: Any = the_reactor
log = Logger()

# Told with the kind of an event and its fields; the listener adds the time.
Tell = Callable[[str, dict[str, Any]], None]


class Wheel:
    """The one timer: what is due waits in slots of a tick. Times are those of time.monotonic."""

    def __init__(self) -> None:
        self.slots: dict[int, list[Callable[[], None]]] = {}
        self.ticks: list[int] = []
        self.call: Any = None
        self.turning = False

    def at(self, t: float, step: Callable[[], None]) -> None:
        """Take a step at t, or soon where that has passed."""
        tick = math.ceil(t / TICK)
        if tick in self.slots:
            self.slots[tick].append(step)
            return
        self.slots[tick] = [step]
        heapq.heappush(self.ticks, tick)
        if not self.turning and self.ticks[0] == tick:
            self.set()

    def set(self) -> None:
        """Have the reactor call at the first slot's time."""
        if self.call is not None and self.call.active():
            self.call.cancel()
        if self.ticks:
            delay = self.ticks[0] * TICK - time.monotonic()
            self.call = reactor.callLater(max(0.0, delay), self.turn)

    def turn(self) -> None:
        """Take every step that is due by now, not those that come due meanwhile."""
        now = time.monotonic()
        self.turning = True
        while self.ticks and self.ticks[0] * TICK <= now:
            for step in self.slots.pop(heapq.heappop(self.ticks)):
                try:
                    step()
                except Exception:
                    log.failure("a step of a script failed")
        self.turning = False
        self.set()

    def stop(self) -> None:
        """Forget every step."""
        self.slots.clear()
        self.ticks.clear()
        self.set()


@implementer(IHalfCloseableProtocol, IPullProducer)
class Player(Protocol):
    """One connection, played by the script."""

    server: "ScriptedServer"
    transport: Any  # a twisted.internet.tcp.Server, whose annotations are incomplete
    ended = ""  # how the script ended the connection
    half_closed = False  # whether the client has closed its sending side
    answered = False
    queued = 0  # bytes that Twisted holds until the kernel has room
    rest = memoryview(b"")

    def connectionMade(self) -> None:
        self.transport.setTcpNoDelay(True)  # or the kernel gathers pieces that come fast
        self.steps: Iterator[Step] = iter(())
        self.next: Step | None = None
        self.received = b""
        self.start = 0.0
        self.server.connected(self)

    def begin(self) -> None:
        """Take up the connection: from now its time counts."""
        wait = self.server.script.wait if self.server.script.connect == "slow" else 0.0
        self.play(self.server.script.steps(), time.monotonic() + wait)

    def play(self, steps: Iterable[Step], start: float) -> None:
        self.steps, self.start = iter(steps), start
        self.next = next(self.steps, None)
        self.advance()

    @property
    def blocked(self) -> bool:
        """Whether the kernel has no room for more."""
        return self.queued > 0 or len(self.rest) > 0

    def advance(self) -> None:
        """Take the steps that are due, and ask the wheel for the one after."""
        for _ in range(TURNS):
            if self.next is None or self.blocked or self.ended:
                return
            t, action = self.next
            if self.start + t > time.monotonic():
                self.server.wheel.at(self.start + t, self.advance)
                return
            self.take(self.start + t, action)
            self.next = next(self.steps, None)
        self.server.wheel.at(time.monotonic(), self.advance)

    def take(self, due: float, action: Any) -> None:
        if action == END:
            self.transport.loseWriteConnection()
        elif action == CLOSE:
            self.end("done")
        elif action == RESET:
            self.end("reset")
        else:
            self.send(memoryview(action))

    def send(self, data: memoryview) -> None:
        """Hand data to the kernel now; what it has no room for follows as it makes some."""
        while data:
            taken = self.transport.writeSomeData(data[:PIECE])
            if not isinstance(taken, int):
                self.transport.abortConnection()
                return
            self.told_sent(taken)
            data = data[taken:]
            if taken == 0:
                self.rest = data
                self.transport.registerProducer(self, False)
                return

    def resumeProducing(self) -> None:
        """What was queued is with the kernel: queue the next piece, or go on with the script."""
        self.told_sent(self.queued)
        piece, self.rest = self.rest[:PIECE], self.rest[PIECE:]
        self.queued = len(piece)
        if piece:
            self.transport.write(bytes(piece))
        else:
            self.transport.unregisterProducer()
            self.advance()

    def stopProducing(self) -> None:
        self.rest = memoryview(b"")

    def told_sent(self, count: int) -> None:
        if count:
            self.server.tell("sent", {"lane": self.server.lane, "bytes": count})

    def end(self, how: str) -> None:
        self.ended = how
        self.server.tell("close", {"lane": self.server.lane, "how": how})
        if how == "reset":
            self.transport.abortConnection()
        elif self.half_closed:
            self.transport.loseConnection()
        else:
            # Our side alone: an end or a reset from the client tells whether it has read all.
            self.transport.loseWriteConnection()
        self.server.over(self)

    def dataReceived(self, data: bytes) -> None:
        answer = self.server.script.answer
        if answer is not None and not self.answered:
            self.received += data
            steps = answer(self.received)
            if steps is not None:
                self.answered = True
                self.play(steps, time.monotonic())

    def readConnectionLost(self) -> None:
        """The client sends no more. It may read on, as `nc -N` does, unless we have ended too."""
        self.half_closed = True
        if self.ended:
            self.transport.loseConnection()

    def writeConnectionLost(self) -> None:
        pass

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.next = None
        self.server.lost(self)


class ScriptedServer(ServerFactory):
    """A listening socket that plays one script to whoever connects.

    Its events: open (with the peer's `port` beside the fields of the kind), sent, close; after a
    close that is done, `taken` when the client has read all of it and ended its side, or `lost`
    where it leaves some unread. The kernel accepts at once what is slow to connect; its script
    begins late.
    """

    noisy = False

    def __init__(
        self, script: Script, wheel: Wheel, lane: int = 1, tell: Tell = lambda kind, fields: None
    ) -> None:
        self.script = script
        self.wheel = wheel
        self.lane = lane
        self.tell = tell
        self.port = 0
        self.listening: Any = None
        self.held: socket.socket | None = None
        self.stopping = False
        self.players: set[Player] = set()
        self.queue: deque[Player] = deque()
        self.current: Player | None = None

    def listen(self) -> int:
        """Listen on a free port and return it; a script that refuses only keeps the port."""
        if self.script.connect in ("refuse", "unknown"):
            self.held = socket.socket()
            self.held.bind(("127.0.0.1", 0))
            self.port = self.held.getsockname()[1]
        else:
            self.listening = reactor.listenTCP(0, self, backlog=BACKLOG, interface="127.0.0.1")
            self.port = self.listening.getHost().port
        return self.port

    def stop(self) -> Deferred[Any]:
        """Stop listening and cut what is left, without a word; fires when that is done."""
        self.stopping = True
        self.queue.clear()
        for player in list(self.players):
            player.ended = player.ended or "stopped"
            player.transport.abortConnection()
        if self.held is not None:
            self.held.close()
        return maybeDeferred(self.listening.stopListening if self.listening else lambda: None)

    def buildProtocol(self, addr: IAddress | None) -> Player:
        player = Player()
        player.server = self
        return player

    def connected(self, player: Player) -> None:
        self.players.add(player)
        peer = player.transport.getPeer().port
        poem, size = self.script.poem, self.script.size
        self.tell("open", {"lane": self.lane, "poem": poem, "size": size, "port": peer})
        if not self.script.one_at_a_time:
            player.begin()
        elif self.current is not None:
            self.queue.append(player)
        else:
            self.current = player
            player.begin()

    def over(self, player: Player) -> None:
        """Whoever has waited longest has its turn, when nobody else is being served."""
        if player in self.queue:
            self.queue.remove(player)
        if player is self.current:
            self.current = self.queue.popleft() if self.queue else None
            if self.current is not None:
                self.current.begin()

    def lost(self, player: Player) -> None:
        self.players.discard(player)
        if self.stopping:
            return
        if not player.ended:
            self.tell("close", {"lane": self.lane, "how": "left"})
        elif player.ended == "done":
            self.tell("taken" if player.half_closed else "lost", {"lane": self.lane})
        self.over(player)
