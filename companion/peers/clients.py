"""Scripted clients in real time: script.Client played on real sockets of 127.0.0.1, by Twisted."""

from collections.abc import Sequence
from typing import Any

from twisted.internet import reactor as the_reactor
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint, connectProtocol
from twisted.internet.error import ConnectionLost
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure

from companion.peers.script import CLOSE, END, RESET, Client
from companion.peers.servers import Tell

reactor: Any = the_reactor


class ScriptedClient(Protocol):
    """One client; `over` fires with what it got and how that ended, as in clock.Received.

    Its events: open (with its own `port` beside the fields of the kind), sent, got, close.
    """

    transport: Any

    def __init__(
        self, client: Client, number: int = 1, tell: Tell = lambda kind, fields: None
    ) -> None:
        self.client, self.number = client, number
        self.told = tell
        self.received = b""
        self.calls: list[Any] = []
        self.begun = False
        self.how = ""  # where it is the client that ends the connection
        self.over: Deferred[tuple[bytes, str]] = Deferred()

    def tell(self, kind: str, **fields: Any) -> None:
        self.told(kind, {"client": self.number, **fields})

    def connectionMade(self) -> None:
        self.begun = True
        self.tell("open", port=self.transport.getHost().port)
        if self.client.num_bytes:
            self.transport.bufferSize = self.client.leave_at or self.client.num_bytes
        else:
            self.transport.pauseProducing()
        for t, action in self.client.steps:
            self.calls.append(reactor.callLater(t, self.take, action))

    def take(self, action: Any) -> None:
        if action == CLOSE:
            self.leave()
        elif action == RESET:
            self.how = "reset"
            self.transport.abortConnection()
        elif action == END:
            self.transport.loseWriteConnection()
        else:
            self.transport.write(action)
            self.tell("sent", bytes=len(action))

    def leave(self) -> None:
        self.how = "left"
        self.transport.loseConnection()

    def dataReceived(self, data: bytes) -> None:
        self.received += data
        self.tell("got", bytes=len(data))
        if self.client.leave_at and len(self.received) >= self.client.leave_at:
            self.leave()
        elif self.client.every:
            self.transport.pauseProducing()
            self.calls.append(reactor.callLater(self.client.every, self.transport.resumeProducing))

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.end(self.how or ("reset" if isinstance(reason.value, ConnectionLost) else "done"))

    def end(self, how: str) -> None:
        """The connection has ended, or was never made."""
        self.begun = True
        for call in self.calls:
            if call.active():
                call.cancel()
        self.tell("close", how=how)
        self.over.callback((self.received, how))


class ScriptedClients:
    """The clients of a stage, each of which comes at its time."""

    def __init__(self, clients: Sequence[Client], tell: Tell) -> None:
        self.players = [ScriptedClient(one, number, tell) for number, one in enumerate(clients, 1)]
        self.calls: list[Any] = []
        self.made: list[Deferred[Any]] = []

    def begin(self, port: int) -> None:
        """From now their time counts; they connect to this port."""
        for player in self.players:
            self.calls.append(reactor.callLater(player.client.at, self.connect, player, port))

    def connect(self, player: ScriptedClient, port: int) -> None:
        endpoint = TCP4ClientEndpoint(reactor, "127.0.0.1", player.client.port or port)
        made: Deferred[Any] = connectProtocol(endpoint, player)  # type: ignore[no-untyped-call]
        made.addErrback(lambda failure: player.end("refused"))
        self.made.append(made)

    @property
    def waiting(self) -> bool:
        """Whether one of them has yet to come, or to do something, or is just connecting."""
        calls = [*self.calls, *(call for player in self.players for call in player.calls)]
        return any(call.active() for call in calls) or not all(made.called for made in self.made)

    def stop(self) -> None:
        """Whoever has not come stays away; whoever is there goes."""
        for call in self.calls:
            if call.active():
                call.cancel()
        for made in self.made:
            made.cancel()
        for player in self.players:
            if player.transport is not None and not player.over.called:
                player.transport.abortConnection()
