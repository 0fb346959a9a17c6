"""Scripted servers in real time: scripts played on real sockets of 127.0.0.1, by Twisted."""

import socket
import time
from collections.abc import Callable
from operator import methodcaller
from typing import Any

from twisted.internet import reactor as the_reactor
from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.interfaces import IAddress, IHalfCloseableProtocol, IPullProducer
from twisted.internet.protocol import Protocol, ServerFactory, connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer

from companion.event import ConnectionEnd
from companion.peers.playing import Emit, Player, Server, ServerPlayer
from companion.peers.script import Script

BACKLOG = 4096  # at Twisted's 50, clients that connect at once are lost without a word
PIECE = 1 << 16  # bytes handed to the kernel at a time
reactor: Any = the_reactor

is_active = methodcaller("active")  # of a delayed call


class RealPlayer(Player):
    """A player on the reactor; its times are those of time.monotonic."""

    # The delayed calls of what it will do: its next step, and of a client when it will read on.
    calls: tuple[Any, ...] = ()

    def now(self) -> float:
        return time.monotonic()

    def at(self, t: float, call: Callable[[], object]) -> None:
        new = reactor.callLater(max(0.0, t - self.now()), call)
        self.calls = (*filter(is_active, self.calls), new) if self.calls else (new,)

    @property
    def waiting(self) -> bool:
        """Whether it has something to do, at its time."""
        return any(map(is_active, self.calls))

    def stop(self) -> None:
        """Do nothing more."""
        for call in filter(is_active, self.calls):
            call.cancel()


@implementer(IHalfCloseableProtocol, IPullProducer)
class ServerProtocol(Protocol, RealPlayer, ServerPlayer):
    """One connection to a scripted server."""

    host: "ScriptedServer"
    transport: Any  # a twisted.internet.tcp.Server, whose annotations are incomplete
    half_closed = False  # whether the client has closed its sending side
    queued = 0  # bytes that Twisted holds until the kernel has room
    rest = memoryview(b"")

    def connectionMade(self) -> None:
        self.transport.setTcpNoDelay(True)  # or the kernel gathers pieces that come fast
        self.host.connected(self)

    def begin(self) -> None:
        script = self.server.script
        self.play(script.steps(), script.wait if script.connect == "slow" else 0.0)

    def send(self, data: bytes) -> None:
        """Hand data to the kernel now; what it has no room for follows as it makes some."""
        rest = memoryview(data)
        while rest:
            taken = self.transport.writeSomeData(rest[:PIECE])
            if not isinstance(taken, int):
                self.transport.abortConnection()
                return
            self.emit_sent(taken)
            rest = rest[taken:]
            if taken == 0:
                self.rest = rest
                self.transport.registerProducer(self, False)
                return
        self.go_on()

    def resumeProducing(self) -> None:
        """What was queued is with the kernel: queue the next piece, or go on with the script."""
        self.emit_sent(self.queued)
        piece, self.rest = self.rest[:PIECE], self.rest[PIECE:]
        self.queued = len(piece)
        if piece:
            self.transport.write(bytes(piece))
        else:
            self.transport.unregisterProducer()
            self.go_on()

    def stopProducing(self) -> None:
        self.rest = memoryview(b"")

    def emit_sent(self, count: int) -> None:
        if count:
            self.host.emit("sent", {"lane": self.server.lane, "bytes": count})

    def end_sending(self) -> None:
        self.transport.loseWriteConnection()

    def finish(self, how: ConnectionEnd) -> None:
        self.how = how
        self.host.emit("close", {"lane": self.server.lane, "how": how})
        if how == "reset":
            self.transport.abortConnection()
        elif self.half_closed:
            self.transport.loseConnection()
        else:
            # Our side alone: an end or a reset from the client shows whether it has read all.
            self.transport.loseWriteConnection()
        self.server.ended(self)

    def dataReceived(self, data: bytes) -> None:
        self.take_in(data)

    def readConnectionLost(self) -> None:
        """The client sends no more. It may read on, as `nc -N` does, unless we have ended too."""
        self.half_closed = True
        if self.how:
            self.transport.loseConnection()

    def writeConnectionLost(self) -> None:
        pass

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.stop()
        self.host.lost(self)


class ScriptedServer(ServerFactory):
    """A listening socket that plays one script to whoever connects.

    Its events: open (with the peer's `port` beside the fields of the kind), sent, close; after a
    close that is done, `taken` when the client has read all of it and ended its side, or `lost`
    where it leaves some unread. The kernel accepts at once what is slow to connect; its script
    begins late.
    """

    noisy = False

    def __init__(
        self, script: Script, lane: int = 1, emit: Emit = lambda kind, fields: None
    ) -> None:
        self.server = Server(lane, script)
        self.script, self.lane = script, lane
        self.emit = emit
        self.port = 0
        self.listening: Any = None
        self.held: socket.socket | None = None
        self.stopping = False
        self.players: set[ServerProtocol] = set()

    def listen(self) -> int:
        """Listen on the script's port, or a free one, and return it; a script that refuses only
        keeps the port. Raises CannotListenError."""
        if self.script.connect in ("refuse", "unknown"):
            self.held = socket.socket()
            self.held.bind(("127.0.0.1", 0))
            self.port = self.held.getsockname()[1]
        else:
            port, host = self.script.port, "127.0.0.1"
            self.listening = reactor.listenTCP(port, self, backlog=BACKLOG, interface=host)
            self.port = self.listening.getHost().port
        return self.port

    @property
    def waiting(self) -> bool:
        """Whether there is something left to send, at its time."""
        return any(player.waiting for player in self.players)

    def stop(self) -> Deferred[Any]:
        """Stop listening and cut what is left, without a word; fires when that is done."""
        self.stopping = True
        for player in list(self.players):
            player.how = player.how or "left"
            player.stop()
            player.transport.abortConnection()
        if self.held is not None:
            self.held.close()
        return maybeDeferred(self.listening.stopListening if self.listening else lambda: None)

    def buildProtocol(self, addr: IAddress | None) -> ServerProtocol:
        player = ServerProtocol()
        player.host, player.server = self, self.server
        return player

    def connected(self, player: ServerProtocol) -> None:
        self.players.add(player)
        peer = player.transport.getPeer().port
        poem, size = self.script.poem, self.script.size
        self.emit("open", {"lane": self.lane, "poem": poem, "size": size, "port": peer})
        self.server.accept(player)

    def lost(self, player: ServerProtocol) -> None:
        self.players.discard(player)
        if self.stopping:
            return
        if not player.how:
            player.how = "left"
            self.emit("close", {"lane": self.lane, "how": "left"})
        elif player.how == "done":
            self.emit("taken" if player.half_closed else "lost", {"lane": self.lane})
        self.server.ended(player)
