"""The other ends of a stage's connections: scripted servers and clients, in its own process.

Their sockets are real; whatever they do is a step on the simulated clock, or their answer to what
the stage has done. What they send has arrived before the stage looks again.
"""

import socket
from collections import deque
from collections.abc import Callable, Iterable
from functools import partial
from select import POLLIN, POLLOUT
from typing import Any, Protocol
from weakref import ReferenceType

from companion.peers.script import CLOSE, END, Action, Client, Script, Step
from companion.virtual.inside.clock import Clock
from companion.virtual.inside.loopback import (
    HOST,
    NO_LINGER,
    POLLRDHUP,
    ROOM,
    HighSocket,
    arrive,
    settle,
    unread,
)


class Net(Protocol):
    """What an end needs of its network, which knows more: `inside.network.Network`."""

    clock: Clock
    waiting: set["Peer"]
    listening: dict[int, ReferenceType[socket.socket]]
    real_ports: dict[int, int]
    arrivals: dict[int, Any]

    def fd_of(self, reference: Any) -> int: ...
    def watch(self, peer: "Peer", events: int) -> None: ...
    def forget(self, peer: "Peer") -> None: ...


class Peer:
    """One end of one connection, which does what its script says."""

    def __init__(self, net: Net, sock: HighSocket, mark: dict[str, int]) -> None:
        self.net, self.sock, self.mark = net, sock, mark
        self.steps: Iterable[Step] = iter(())
        self.start = 0.0
        self.unsent = memoryview(b"")
        self.blind = 0  # bytes sent before the stage had accepted
        self.received = bytearray()
        self.how = ""
        # The stage's socket at the other end, once it is known.
        self.end: Callable[[], Any] = lambda: None

    def play(self, steps: Iterable[Step]) -> None:
        self.steps = iter(steps)
        self.start = self.net.clock.now
        self.schedule()

    def schedule(self) -> None:
        for t, action in self.steps:
            self.net.clock.at(self.start + t, partial(self.take, action))
            return

    def take(self, action: Action) -> None:
        if self.how:
            return
        if isinstance(action, bytes):
            self.unsent = memoryview(action)
            self.send()
        elif action == END:
            self.sock.shutdown(socket.SHUT_WR)
            self.settle_end()
            self.schedule()
        else:
            if action != CLOSE:
                self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
            self.finish("done" if action == CLOSE else "reset")

    def send(self) -> None:
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
            self.net.clock.tell("sent", **self.mark, bytes=size)
            if fd >= 0:
                arrive(fd, before, size)
            else:
                self.blind += size
        return self.schedule()

    def watch(self) -> None:
        self.net.watch(self, POLLIN | POLLRDHUP)

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

    def take_in(self, data: bytes) -> None:
        pass

    def finish(self, how: str) -> None:
        if self.how:
            return
        self.how = how
        self.net.waiting.discard(self)
        self.net.forget(self)
        self.sock.close()
        self.settle_end()
        self.net.clock.tell("close", **self.mark, how=how)

    def settle_end(self) -> None:
        fd = self.net.fd_of(self.end)
        if fd >= 0 and unread(fd) < ROOM:
            settle(fd, POLLRDHUP)


class ServerPeer(Peer):
    """The server's end of one connection."""

    def __init__(self, net: Net, sock: HighSocket, server: "Server") -> None:
        super().__init__(net, sock, {"lane": server.lane})
        self.server = server
        self.answered = server.script.answer is None
        script = server.script
        net.clock.tell("open", **self.mark, poem=script.poem, size=script.size)

    def take_in(self, data: bytes) -> None:
        if self.answered or self.server.script.answer is None:
            return
        self.received += data
        steps = self.server.script.answer(bytes(self.received))
        if steps is not None:
            self.answered = True
            self.play(steps)

    def finish(self, how: str) -> None:
        if not self.how:
            super().finish(how)
            self.server.ended(self)


class Server:
    """A scripted server: it takes connections up, all of them or one at a time."""

    def __init__(self, lane: int, script: Script) -> None:
        self.lane, self.script = lane, script
        self.busy: ServerPeer | None = None
        self.queue: deque[ServerPeer] = deque()

    def accept(self, peer: ServerPeer) -> None:
        if not self.script.one_at_a_time:
            peer.play(self.script.steps())
        elif self.busy:
            self.queue.append(peer)
        else:
            self.busy = peer
            peer.play(self.script.steps())

    def ended(self, peer: ServerPeer) -> None:
        if peer in self.queue:
            self.queue.remove(peer)
        elif peer is self.busy:
            self.busy = None
            if self.queue:
                self.accept(self.queue.popleft())


class ClientPeer(Peer):
    """A scripted client of the stage."""

    def __init__(self, net: Net, number: int, client: Client) -> None:
        super().__init__(net, HighSocket(), {"client": number})
        self.client = client
        self.rests = False
        self.ended = 0.0
        net.clock.at(client.at, self.connect)

    def connect(self) -> None:
        port = self.client.port or next(iter(self.net.listening), 0)
        listener = self.net.listening.get(port)
        if listener is None or listener() is None:
            self.how = "refused"
            self.ended = self.net.clock.now
            self.net.clock.tell("close", **self.mark, how="refused")
            return
        self.sock.connect_ex((HOST, self.net.real_ports[port]))
        settle(self.sock.fileno(), POLLOUT)
        settle(self.net.fd_of(listener), POLLIN)
        self.net.arrivals[self.sock.getsockname()[1]] = self
        self.net.clock.tell("open", **self.mark)
        self.watch()
        self.play(self.client.steps)

    def watch(self) -> None:
        listens = POLLIN | POLLRDHUP if self.client.num_bytes and not self.rests else 0
        self.net.watch(self, listens)

    def read(self) -> None:
        if not self.client.num_bytes:
            return self.finish("reset")
        left = self.client.leave_at - len(self.received) if self.client.leave_at else 1 << 30
        try:
            data = self.sock.recv(min(self.client.num_bytes, left))
        except BlockingIOError:
            return
        except OSError:
            return self.finish("reset")
        if not data:
            return self.finish("done")
        self.received += data
        self.net.clock.tell("got", **self.mark, bytes=len(data))
        if len(data) == left:
            self.finish("left")
        elif self.client.every:
            self.rests = True
            self.watch()
            self.net.clock.at(self.net.clock.now + self.client.every, self.go_on)

    def go_on(self) -> None:
        self.rests = False
        if not self.how:
            self.watch()

    def take(self, action: Action) -> None:
        if action == CLOSE and not self.how:
            self.finish("left")
        else:
            super().take(action)

    def finish(self, how: str) -> None:
        self.ended = self.net.clock.now
        super().finish(how)
