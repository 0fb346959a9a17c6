"""Scripted clients in real time: played on real sockets of 127.0.0.1, by Twisted."""

from collections.abc import Sequence
from errno import ECONNRESET
from typing import Any

from twisted.internet import reactor as the_reactor
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint, connectProtocol
from twisted.internet.error import ConnectError, ConnectionLost
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure

from companion.event import ConnectionEnd
from companion.peers.playing import ClientPlayer, Emit
from companion.peers.script import Client
from companion.peers.servers import RealPlayer

reactor: Any = the_reactor


class ScriptedClient(Protocol, RealPlayer, ClientPlayer):
    """One client.

    Its events: open (with its own `port` beside the fields of the kind), sent, got, close.
    """

    transport: Any

    def __init__(
        self, client: Client, number: int = 1, emit: Emit = lambda kind, fields: None
    ) -> None:
        super().__init__(client, number)
        self.report = emit

    def emit(self, kind: str, **fields: Any) -> None:
        self.report(kind, {**self.mark, **fields})

    def connectionMade(self) -> None:
        self.emit("open", port=self.transport.getHost().port)
        if self.wants:
            self.transport.bufferSize = self.client.leave_at or self.client.num_bytes
        else:
            self.transport.pauseProducing()
        self.play(self.client.steps)

    def send(self, data: bytes) -> None:
        self.transport.write(data)
        self.emit("sent", bytes=len(data))
        self.go_on()

    def end_sending(self) -> None:
        self.transport.loseWriteConnection()

    def rest(self, resting: bool) -> None:
        self.transport.pauseProducing() if resting else self.transport.resumeProducing()

    def finish(self, how: ConnectionEnd) -> None:
        self.how = how
        self.transport.abortConnection() if how == "reset" else self.transport.loseConnection()

    def dataReceived(self, data: bytes) -> None:
        self.emit("got", bytes=len(data))
        self.take_in(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.end(self.how or ("reset" if isinstance(reason.value, ConnectionLost) else "done"))

    def end(self, how: ConnectionEnd) -> None:
        """The connection has ended, or was never made."""
        self.how = how
        self.stop()
        self.emit("close", how=how)


def why_not(failure: Failure) -> ConnectionEnd:
    """How a connection ended that Twisted has not seen made: by a reset that came at once, or it
    was refused."""
    error = failure.value
    is_reset = isinstance(error, ConnectError) and error.osError == ECONNRESET
    return "reset" if is_reset else "refused"


class ScriptedClients:
    """The clients of a stage, each of which comes at its time."""

    def __init__(self, clients: Sequence[Client], emit: Emit) -> None:
        self.players = [ScriptedClient(one, number, emit) for number, one in enumerate(clients, 1)]
        self.calls: list[Any] = []
        self.made: list[Deferred[Any]] = []

    def begin(self, port: int) -> None:
        """From now their time counts; they connect to this port."""
        for player in self.players:
            self.calls.append(reactor.callLater(player.client.at, self.connect, player, port))

    def connect(self, player: ScriptedClient, port: int) -> None:
        endpoint = TCP4ClientEndpoint(reactor, "127.0.0.1", player.client.port or port)
        made: Deferred[Any] = connectProtocol(endpoint, player)  # type: ignore[no-untyped-call]
        made.addErrback(lambda failure: player.end(why_not(failure)))
        self.made.append(made)

    @property
    def waiting(self) -> bool:
        """Whether one of them has yet to come, or to do something, or is just connecting."""
        coming = any(call.active() for call in self.calls)
        connecting = not all(made.called for made in self.made)
        return coming or connecting or any(player.waiting for player in self.players)

    def send_guests_away(self) -> None:
        """Guests that have not come stay away."""
        for player, call in zip(self.players, self.calls, strict=False):
            if player.client.guest and call.active():
                call.cancel()

    def stop(self) -> None:
        """Whoever has not come stays away; whoever is there goes."""
        for call in self.calls:
            if call.active():
                call.cancel()
        for made in self.made:
            made.cancel()
        for player in self.players:
            if player.transport is not None and not player.how:
                player.transport.abortConnection()
