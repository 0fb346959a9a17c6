"""The other ends of a stage's connections: scripted servers and clients, in its own process.

Their sockets are real; whatever they do is a step on the simulated clock, or their answer to what
the stage has done. What they send has arrived before the stage looks again.
"""

import socket
from collections.abc import Callable, Iterator
from select import POLLIN
from typing import TYPE_CHECKING, Any, Protocol
from weakref import ReferenceType

from companion.peers.playing import ClientPlayer, Player, Server, ServerPlayer
from companion.peers.script import Client, Script
from companion.virtual.inside.clock import Clock
from companion.virtual.inside.loopback import (
    NO_LINGER,
    POLLRDHUP,
    ROOM,
    HighSocket,
    arrive,
    settle,
    unread,
)

if TYPE_CHECKING:  # an event's classes are much to load for whoever emits records
    from companion.event import ConnectionEnd


class Net(Protocol):
    """What an end needs of its network, which knows more: `inside.network.Network`."""

    clock: Clock
    waiting: set["Peer"]
    listening: dict[int, ReferenceType[socket.socket]]
    others: Iterator[Script] | None
    talks_to_itself: bool
    early: list["ClientPeer"]

    def fd_of(self, reference: Any) -> int: ...
    def let_in(self, peer: "Peer", port: int) -> bool: ...
    def watch(self, peer: "Peer", events: int) -> None: ...
    def forget(self, peer: "Peer") -> None: ...


class Peer(Player):
    """One end of one connection, on a socket of its own and the simulated clock."""

    def __init__(self, net: Net, sock: HighSocket, mark: dict[str, int]) -> None:
        self.net, self.sock, self.mark = net, sock, mark
        self.unsent = memoryview(b"")
        self.blind = 0  # bytes sent before the stage had accepted
        self.port = 0  # as the stage sees it; 0 for the next that there is
        # The stage's socket at the other end, once it is known.
        self.end: Callable[[], Any] = lambda: None

    def now(self) -> float:
        return self.net.clock.now

    def at(self, t: float, call: Callable[[], object]) -> None:
        self.net.clock.at(t, call)

    def send(self, data: bytes) -> None:
        self.unsent = memoryview(data)
        self.send_on()

    def send_on(self) -> None:
        """Send what there is room for; the rest when the stage has read."""
        self.net.waiting.discard(self)
        while self.unsent:
            fd = self.net.fd_of(self.end)
            before = unread(fd) if fd >= 0 else self.blind
            try:
                size = self.sock.send(self.unsent[: max(ROOM - before, 0)])
            except BlockingIOError:
                size = 0
            except OSError:
                return self.finish("left")
            if not size:
                self.net.waiting.add(self)
                return None
            self.unsent = self.unsent[size:]
            self.net.clock.emit("sent", **self.mark, bytes=size)
            if fd >= 0:
                arrive(fd, before, size)
            else:
                self.blind += size
        return self.go_on()

    def end_sending(self) -> None:
        self.sock.shutdown(socket.SHUT_WR)
        self.settle_end()

    def finish(self, how: "ConnectionEnd") -> None:
        if self.how:
            return
        self.how = how
        self.net.waiting.discard(self)
        self.net.forget(self)
        if how == "reset":
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
        self.sock.close()
        self.settle_end()
        self.net.clock.emit("close", **self.mark, how=how)

    def settle_end(self) -> None:
        fd = self.net.fd_of(self.end)
        if fd >= 0 and unread(fd) < ROOM:
            settle(fd, POLLRDHUP)

    def read(self) -> None:
        """Something has come, or the stage has ended the connection."""
        raise NotImplementedError


class ServerPeer(Peer, ServerPlayer):
    """The server's end of one connection."""

    def __init__(self, net: Net, sock: HighSocket, server: Server) -> None:
        super().__init__(net, sock, {"lane": server.lane})
        self.server = server
        net.clock.emit("open", **self.mark, poem=server.script.poem, size=server.script.size)
        net.watch(self, POLLIN | POLLRDHUP)

    def read(self) -> None:
        try:
            while data := self.sock.recv(65536):
                self.take_in(data)
        except BlockingIOError:
            return
        except OSError:
            return self.finish("left")
        if self.net.fd_of(self.end) < 0:
            return self.finish("left")
        self.net.forget(self)  # it has only closed its sending side, and may read on
        return None

    def finish(self, how: "ConnectionEnd") -> None:
        if not self.how:
            super().finish(how)
            self.server.ended(self)


class ClientPeer(Peer, ClientPlayer):
    """A scripted client of the stage."""

    def __init__(self, net: Net, number: int, client: Client) -> None:
        ClientPlayer.__init__(self, client, number)
        super().__init__(net, HighSocket(), self.mark)
        self.ended = 0.0
        self.at(client.at, self.connect)

    def connect(self) -> None:
        if self.client.guest and self.net.talks_to_itself:
            self.how = "refused"
            return
        if not self.net.let_in(self, self.client.port or next(iter(self.net.listening), 0)):
            if self.net.listening or self.net.others is None:
                self.finish("refused")
            else:  # it is no server yet, or not at all
                self.net.early.append(self)
            return
        self.net.clock.emit("open", **self.mark)
        self.rest(not self.client.num_bytes)
        self.play(self.client.steps)

    def rest(self, resting: bool) -> None:
        self.net.watch(self, 0 if resting else POLLIN | POLLRDHUP)

    def read(self) -> None:
        try:
            data = self.sock.recv(self.wants) if self.wants else b""
        except BlockingIOError:
            return
        except OSError:
            return self.finish("reset")
        if not data:
            return self.finish("done" if self.wants else "reset")
        self.net.clock.emit("got", **self.mark, bytes=len(data))
        return self.take_in(data)

    def finish(self, how: "ConnectionEnd") -> None:
        self.ended = self.now()
        super().finish(how)
