"""Scripted servers in real time: companion.script played on real sockets of 127.0.0.1, by Twisted.

One timer serves every stream: a heap of what is due, and one delayed call for the earliest. With
a LoopingCall each, a core carries about half as many streams (bench/streams.py).
"""

import heapq
import itertools
import socket
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from twisted.internet import reactor as the_reactor
from twisted.internet.interfaces import IAddress, IDelayedCall, IListeningPort, IPushProducer
from twisted.internet.protocol import Protocol, ServerFactory, connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer

from companion.script import CLOSE, END, RESET, Script, Step

BACKLOG = 4096  # at Twisted's 50, clients that connect at once are lost without a word
reactor: Any = the_reactor

# Told with the kind of an event and its fields; the listener adds the time.
Tell = Callable[[str, dict[str, Any]], None]


class Wheel:
    """The one timer. Times are in seconds of the reactor's clock."""

    def __init__(self) -> None:
        self.due: list[tuple[float, int, Callable[[], None]]] = []
        self.count = itertools.count()
        self.call: IDelayedCall | None = None
        self.turning = False

    def at(self, t: float, step: Callable[[], None]) -> None:
        """Take a step at t, or at once where that has passed."""
        heapq.heappush(self.due, (t, next(self.count), step))
        if not self.turning and (self.call is None or t < self.call.getTime()):
            self.set()

    def set(self) -> None:
        if self.call is not None and self.call.active():
            self.call.cancel()
        self.call = None
        if self.due:
            self.call = reactor.callLater(max(0.0, self.due[0][0] - reactor.seconds()), self.turn)

    def turn(self) -> None:
        now = reactor.seconds()
        self.turning = True
        while self.due and self.due[0][0] <= now:
            heapq.heappop(self.due)[2]()
        self.turning = False
        self.set()


@implementer(IPushProducer)
class Player(Protocol):
    """One connection, played by the script."""

    server: "ScriptedServer"
    begun = False
    paused = False
    ended = ""

    def connectionMade(self) -> None:
        self.steps: Iterator[Step] = iter(())
        self.next: Step | None = None
        self.received = b""
        self.sent = 0
        self.start = 0.0
        self.server.connected(self)

    def begin(self) -> None:
        """Take up the connection: from now its time counts."""
        self.begun = True
        self.transport.registerProducer(self, True)  # type: ignore[union-attr]
        wait = self.server.script.wait if self.server.script.connect == "slow" else 0.0
        self.play(self.server.script.steps(), reactor.seconds() + wait)

    def play(self, steps: Iterable[Step], start: float) -> None:
        self.steps, self.start = iter(steps), start
        self.next = next(self.steps, None)
        self.advance()

    def advance(self) -> None:
        """Take every step that is due, and ask the wheel for the one after."""
        while self.next is not None and not self.paused and not self.ended:
            t, action = self.next
            if self.start + t > reactor.seconds():
                self.server.wheel.at(self.start + t, self.advance)
                return
            self.next = next(self.steps, None)
            self.take(action)

    def take(self, action: Any) -> None:
        if action == CLOSE:
            self.end("done")
        elif action == RESET:
            self.ended = "reset"
            self.transport.abortConnection()  # type: ignore[union-attr]
        elif action == END:
            self.transport.loseWriteConnection()  # type: ignore[union-attr]
        else:
            self.sent += len(action)
            self.transport.write(action)  # type: ignore[union-attr]
            self.server.tell("sent", {"lane": self.server.lane, "bytes": len(action)})

    def end(self, how: str) -> None:
        self.ended = how
        self.transport.unregisterProducer()  # type: ignore[union-attr]
        self.transport.loseConnection()  # type: ignore[union-attr]

    def dataReceived(self, data: bytes) -> None:
        answer = self.server.script.answer
        if answer is not None and self.next is None:
            self.received += data
            steps = answer(self.received)
            if steps is not None:
                self.received = b""
                self.play(steps, reactor.seconds())

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.next = None
        self.server.lost(self, self.ended or "left")
        self.ended = self.ended or "left"

    def pauseProducing(self) -> None:
        self.paused = True

    def resumeProducing(self) -> None:
        self.paused = False
        if self.next is not None and self.start + self.next[0] <= reactor.seconds():
            self.advance()

    def stopProducing(self) -> None:
        self.paused = True


class ScriptedServer(ServerFactory):
    """A listening socket that plays one script to whoever connects.

    Its events: open (with the peer's `port` beside the fields of the kind), sent, close.
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
        self.listening: IListeningPort | None = None
        self.held: socket.socket | None = None
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
            listening = reactor.listenTCP(0, self, backlog=BACKLOG, interface="127.0.0.1")
            self.listening = listening
            self.port = listening.getHost().port
        return self.port

    def stop(self) -> Any:
        """Stop listening and cut what is left; a Deferred that fires when that is done, or None."""
        for player in list(self.players):
            player.ended = player.ended or "reset"
            player.transport.abortConnection()  # type: ignore[union-attr]
        if self.held is not None:
            self.held.close()
        return self.listening.stopListening() if self.listening is not None else None

    def buildProtocol(self, addr: IAddress | None) -> Player:
        player = Player()
        player.server = self
        return player

    def connected(self, player: Player) -> None:
        self.players.add(player)
        peer = player.transport.getPeer().port  # type: ignore[union-attr]
        poem, size = self.script.poem, self.script.size
        self.tell("open", {"lane": self.lane, "poem": poem, "size": size, "port": peer})
        if not self.script.one_at_a_time:
            player.begin()
        else:
            self.queue.append(player)
            self.take_up()

    def take_up(self) -> None:
        """Begin with whoever has waited longest, when nobody else is being served."""
        while self.queue and (self.current is None or self.current not in self.players):
            self.current = self.queue.popleft()
            if self.current in self.players:
                self.current.begin()

    def lost(self, player: Player, how: str) -> None:
        self.players.discard(player)
        self.tell("close", {"lane": self.lane, "how": how})
        self.take_up()
