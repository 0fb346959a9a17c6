"""The other ends of a stage's sockets, in its own process: scripted servers and clients.

Their sockets are real, on 127.0.0.1; what they do is a step on the simulated clock. Ports are made
up here and nowhere else: the stage sees 10000 for the first server, the next numbers for the others
and for what it listens on itself, and 50001, 50002, ... at the ends that connect, whatever the
kernel's ports are; so runs beside each other neither collide nor differ.
"""

import _socket
import errno
import fcntl
import itertools
import os
import resource
import select
import socket
import struct
import termios
import weakref
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from select import EPOLLIN, POLLIN, POLLOUT
from time import sleep
from typing import Any

from companion.script import CLOSE, END, FIRST_PORT, Action, Client, Script, Step
from companion.virtual_time import Clock

HOST = "127.0.0.1"
FIRST_CLIENT_PORT = 50001
LOCAL_NAMES = ("localhost", HOST, "", None)
POLLRDHUP = getattr(select, "POLLRDHUP", 0)
EPOLLRDHUP = getattr(select, "EPOLLRDHUP", 0)
# Bytes that may wait to be read by the stage: they surely find room in its socket. The kernel has
# more room, but how much differs from run to run.
ROOM = 40000
PATIENCE = 1.0  # seconds of real time that the kernel may take to carry bytes across loopback
real_epoll, real_poll = select.epoll, select.poll
NO_LINGER = struct.pack("ii", 1, 0)


class HighSocket(_socket.socket):
    """A real socket out of the stage's way: with a high descriptor, since select counts only to
    1,023, and without the replaced calls, which belong to socket.socket."""

    def __init__(self, fileno: int | None = None) -> None:
        low = _socket.socket(socket.AF_INET, socket.SOCK_STREAM, 0, fileno)
        base = min(4096, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 2)
        high = fcntl.fcntl(low.fileno(), fcntl.F_DUPFD_CLOEXEC, base)
        low.close()
        super().__init__(socket.AF_INET, socket.SOCK_STREAM, 0, high)
        self.setblocking(False)
        hurry(self)


@dataclass
class End:
    """What is known of a connected socket of the stage: its ports as it sees them, and whose
    the other end is, as a field of events."""

    here: int
    there: int
    other: Any  # the other end's socket, or a reference to it
    mark: dict[str, int]


def unread(fd: int) -> int:
    """How many bytes wait to be read."""
    return int.from_bytes(fcntl.ioctl(fd, termios.FIONREAD, b"\0\0\0\0"), "little")


def settle(fd: int, events: int) -> None:
    """Wait in real time, briefly, until the kernel has brought one of these events about."""
    poll = real_poll()
    poll.register(fd, events)
    poll.poll(PATIENCE * 1000)


def hurry(sock: _socket.socket) -> None:
    """Have small pieces sent at once: the kernel would hold them back, in real time."""
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def arrive(fd: int, before: int, size: int) -> None:
    """Wait in real time, briefly, until size more bytes than before wait to be read, if that is
    not more than surely find room."""
    wanted = min(before + size, ROOM)
    for _ in range(1000):
        if unread(fd) >= wanted:
            return
        sleep(PATIENCE / 1000)


class Peer:
    """One end of one connection, which does what its script says."""

    def __init__(self, net: "Network", sock: HighSocket, mark: dict[str, int]) -> None:
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
        self.net.watch(self, EPOLLIN | EPOLLRDHUP)

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

    def __init__(self, net: "Network", sock: HighSocket, server: "Server") -> None:
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

    def __init__(self, net: "Network", number: int, client: Client) -> None:
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
        listens = EPOLLIN | EPOLLRDHUP if self.client.num_bytes and not self.rests else 0
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


class Network:
    """Every scripted end, and what the stage's sockets are called by the stage."""

    def __init__(self, clock: Clock, scripts: Sequence[Script], clients: Sequence[Client]) -> None:
        self.clock = clock
        self.servers = {
            FIRST_PORT + lane - 1: Server(lane, script) for lane, script in enumerate(scripts, 1)
        }
        self.free_ports = itertools.count(FIRST_PORT + len(scripts))
        self.client_ports = itertools.count(FIRST_CLIENT_PORT)
        self.dead = HighSocket()
        self.dead.bind((HOST, 0))
        self.listener = HighSocket()
        self.listener.bind((HOST, 0))
        self.listener.listen(4096)
        self.watched: dict[int, Peer] = {}
        self.waiting: set[Peer] = set()  # until the stage has read
        base = self.listener.fileno()
        epoll = real_epoll()
        self.epoll = real_epoll.fromfd(fcntl.fcntl(epoll.fileno(), fcntl.F_DUPFD_CLOEXEC, base))
        # Stage's connects that are not yet taken up, by the kernel's port; its bound sockets.
        self.expected: dict[int, tuple[Server, weakref.ref[socket.socket]]] = {}
        self.ends: weakref.WeakKeyDictionary[socket.socket, End] = weakref.WeakKeyDictionary()
        self.bound: weakref.WeakKeyDictionary[socket.socket, int] = weakref.WeakKeyDictionary()
        self.listening: dict[int, weakref.ref[socket.socket]] = {}
        self.real_ports: dict[int, int] = {}
        self.arrivals: dict[int, ClientPeer | tuple[int, weakref.ref[socket.socket]]] = {}
        self.connecting: set[int] = set()
        self.clients = [ClientPeer(self, *item) for item in enumerate(clients, 1)]

    # The scripted ends.

    def fd_of(self, reference: Any) -> int:
        """The descriptor of a socket that may have been closed or forgotten: then -1."""
        sock = reference()
        return -1 if sock is None else int(sock.fileno())

    def watch(self, peer: Peer, events: int) -> None:
        fd = peer.sock.fileno()
        if fd in self.watched:
            self.epoll.modify(fd, events)
        else:
            self.watched[fd] = peer
            self.epoll.register(fd, events)

    def forget(self, peer: Peer) -> None:
        if self.watched.pop(peer.sock.fileno(), None):
            self.epoll.unregister(peer.sock.fileno())

    def react(self) -> None:
        """Let the scripted ends see what the stage has done since it last waited."""
        if self.expected:
            self.accept()
        while self.watched and (found := self.epoll.poll(0)):
            seen = False
            for fd, _ in sorted(found):
                if peer := self.watched.get(fd):
                    peer.read()
                    seen = True
            if not seen:
                break
        for peer in sorted(self.waiting, key=lambda peer: peer.sock.fileno()):
            peer.send()

    def accept(self) -> None:
        while self.expected:
            settle(self.listener.fileno(), POLLIN)
            try:
                fd, (_, port) = _socket.socket._accept(self.listener)  # type: ignore[attr-defined]
            except BlockingIOError:
                self.expected.clear()
                return
            sock = HighSocket(fd)
            server, end = self.expected.pop(port)
            peer = ServerPeer(self, sock, server)
            peer.end = end
            if (stage_socket := end()) and stage_socket in self.ends:
                self.ends[stage_socket].other = weakref.ref(sock)
            peer.watch()
            server.accept(peer)

    # The stage's sockets.

    def close(self) -> None:
        """The stage's process has ended: what was connected is not so any more."""
        for sock in list(self.ends):
            sock.close()
        self.react()

    def find(self, host: str) -> str:
        """The address of a host. Raises socket.gaierror: no name but localhost is known."""
        if host in LOCAL_NAMES:
            return HOST
        try:
            socket.inet_pton(socket.AF_INET, host)
        except OSError:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known") from None
        return host

    def bind(self, sock: socket.socket, host: str, port: int) -> None:
        """Bind to a port of the kernel's choice, which the stage sees as the one it asked for."""
        port = port or next(self.free_ports)
        taken = self.listening.get(port)
        if port in self.servers or (taken is not None and self.fd_of(taken) >= 0):
            raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE))
        any_host = "0.0.0.0" if host in ("", "0.0.0.0") else self.find(host)
        _socket.socket.bind(sock, (any_host, 0))
        self.bound[sock] = port
        self.real_ports[port] = _socket.socket.getsockname(sock)[1]

    def listens(self, sock: socket.socket) -> None:
        if sock in self.bound:
            self.listening[self.bound[sock]] = weakref.ref(sock)

    def target(self, host: str, port: int) -> tuple[Server | None, int]:
        """Who listens there, and on which port of the kernel; a dead one where nobody does."""
        host = self.find(host)
        if not host.startswith("127."):
            raise OSError(errno.ENETUNREACH, os.strerror(errno.ENETUNREACH))
        server = self.servers.get(port)
        if server:
            refused = server.script.connect == "refuse"
            return server, (self.dead if refused else self.listener).getsockname()[1]
        listener = self.listening.get(port)
        if listener is not None and self.fd_of(listener) >= 0:
            return None, self.real_ports[port]
        return None, self.dead.getsockname()[1]

    def connect(self, sock: socket.socket, port: int, server: Server | None, real: int) -> int:
        """Connect for real, to a port of the kernel; an error number, as connect_ex."""
        hurry(sock)
        error = _socket.socket.connect_ex(sock, (HOST, real))
        if error == errno.EINPROGRESS:
            settle(sock.fileno(), POLLOUT)
        mark = {"lane": server.lane} if server else {}
        if real == self.dead.getsockname()[1]:
            self.clock.tell("close", **mark, how="refused")
        elif error in (0, errno.EINPROGRESS):
            local = _socket.socket.getsockname(sock)[1]
            here = next(self.client_ports)
            self.ends[sock] = End(here, port, lambda: None, mark)
            if server:
                self.expected[local] = server, weakref.ref(sock)
            else:
                self.arrivals[local] = here, weakref.ref(sock)
                settle(self.fd_of(self.listening[port]), POLLIN)
        return error

    def accepted(self, listener: socket.socket, sock: socket.socket, real: int) -> None:
        """The stage has accepted a connection from a port of the kernel."""
        hurry(sock)
        here = self.bound.get(listener, 0)
        other = self.arrivals.pop(real, None)
        reference = weakref.ref(sock)
        if isinstance(other, ClientPeer):
            other.end = reference
            there = next(self.client_ports)
            self.ends[sock] = End(here, there, weakref.ref(other.sock), other.mark)
        elif other:
            there, connected = other
            self.ends[sock] = End(here, there, connected, {})
            if first := connected():
                self.ends[first].other = reference

    def delivered(self, sock: socket.socket, before: int, size: int) -> None:
        """Wait until what the stage has sent is at the other end."""
        if end := self.ends.get(sock):
            fd = self.fd_of(end.other)
            if fd >= 0:
                arrive(fd, before, size)
