"""The network of one run in virtual time: which ports there are, and who is at them.

Ports are made up here and nowhere else: the stage sees 10000 for the first server, the next numbers
for the others and for what it listens on itself, and 50001, 50002, ... at the ends that connect,
whatever the kernel's ports are; so runs beside each other neither collide nor differ.
"""

import _socket
import errno
import itertools
import os
import select
import socket
import weakref
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from select import POLLIN, POLLOUT
from typing import Any

from companion.peers.playing import Server
from companion.peers.script import FIRST_PORT, Client, Script
from companion.virtual.inside.beside import FIRST_CLIENT_PORT, Beside, Bridge, Program
from companion.virtual.inside.clock import Clock
from companion.virtual.inside.limits import not_covered
from companion.virtual.inside.loopback import (
    FULL,
    HOST,
    HighSocket,
    arrive,
    hurry,
    roomy,
    settle,
    unread,
)
from companion.virtual.inside.peers import ClientPeer, Peer, ServerPeer

FIRST_OWN_PORT = 40001  # of the connections that the stage makes
LOCAL_NAMES = ("localhost", HOST, "", None)
ANY = "0.0.0.0"
real_poll: Any = getattr(select, "epoll", select.poll)  # the one that is fast with many


@dataclass
class End:
    """What is known of a connected socket of the stage: its ports as it sees them, and whose
    the other end is, as a field of events."""

    here: int
    there: int
    other: Any  # the other end's socket, or a reference to it
    mark: dict[str, int]
    # Whether no more than FULL bytes are under way, so that they come in the same pieces in every
    # run; and how many were sent before the other end was accepted.
    limited: bool = False
    blind: int = 0


def is_own(address: str) -> bool:
    """Whether an address is one of this host's own, or stands for all of them."""
    return address.startswith("127.") or address == ANY


def nobody() -> None:
    """The other end of a connection, before it is accepted."""


class Network:
    """Every scripted end, and what the stage's sockets are called by the stage."""

    def __init__(
        self,
        clock: Clock,
        scripts: Sequence[Script],
        clients: Sequence[Client],
        others: Sequence[Script] = (),
    ) -> None:
        self.clock = clock
        self.servers = {
            script.port or FIRST_PORT + lane - 1: Server(lane, script)
            for lane, script in enumerate(scripts, 1)
        }
        # Who is at any other port of any host, in turn; where there is nobody, it is refused.
        self.others: Iterator[Script] | None = itertools.cycle(others) if others else None
        self.free_ports = itertools.count(FIRST_PORT + len(scripts))
        self.own_ports = itertools.count(FIRST_OWN_PORT)
        self.client_ports = itertools.count(FIRST_CLIENT_PORT)
        self.dead = HighSocket()
        self.dead.bind((HOST, 0))
        self.listener = HighSocket()
        self.listener.bind((HOST, 0))
        self.listener.listen(4096)
        self.watched: dict[int, Any] = {}  # peers, and the run's outputs
        self.waiting: set[Peer] = set()  # until the stage has read
        self.poll = real_poll()
        # Stage's connects that are not yet taken up, by the kernel's port, with the ports that it
        # sees at both ends; its bound sockets.
        self.expected: dict[int, tuple[Server, weakref.ref[socket.socket], int, int]] = {}
        self.ends: weakref.WeakKeyDictionary[socket.socket, End] = weakref.WeakKeyDictionary()
        self.bound: weakref.WeakKeyDictionary[socket.socket, int] = weakref.WeakKeyDictionary()
        self.listening: dict[int, weakref.ref[socket.socket]] = {}
        self.addresses: dict[int, tuple[str, int]] = {}  # of the kernel, by the stage's port
        self.arrivals: dict[int, Peer | tuple[int, weakref.ref[socket.socket]]] = {}
        self.connecting: set[int] = set()
        self.full: dict[int, End] = {}  # descriptors to which no more can be written now
        self.talks_to_itself = False
        self.early: list[ClientPeer] = []  # who came before anybody listened
        self.beside: Beside | None = None  # another program on the same clock
        self.clients = [ClientPeer(self, *item) for item in enumerate(clients, 1)]

    # The scripted ends.

    def fd_of(self, reference: Any) -> int:
        """The descriptor of a socket that may have been closed or forgotten: then -1."""
        sock = reference()
        return -1 if sock is None else int(sock.fileno())

    def watch(self, peer: Peer, events: int) -> None:
        fd = peer.sock.fileno()
        if fd in self.watched:
            self.poll.modify(fd, events)
        else:
            self.watched[fd] = peer
            self.poll.register(fd, events)

    def forget(self, peer: Peer) -> None:
        if self.watched.pop(peer.sock.fileno(), None):
            self.poll.unregister(peer.sock.fileno())

    def react(self) -> None:
        """Let the scripted ends see what the stage has done since it last waited."""
        if self.expected:
            self.accept()
        while self.watched and (found := self.poll.poll(0)):
            seen = False
            for fd, _ in sorted(found):
                if peer := self.watched.get(fd):
                    peer.read()
                    seen = True
            if not seen:
                break
        if self.waiting:
            for peer in sorted(self.waiting, key=lambda peer: peer.sock.fileno()):
                peer.send_on()

    def accept(self) -> None:
        while self.expected:
            settle(self.listener.fileno(), POLLIN)
            try:
                fd, (_, port) = _socket.socket._accept(self.listener)  # type: ignore[attr-defined]
            except BlockingIOError:
                self.expected.clear()
                return
            sock = HighSocket(fd)
            server, end, here, there = self.expected.pop(port)
            peer: ServerPeer | Bridge
            if self.beside and isinstance(server, Program):
                peer = self.beside.connect(sock, server, here, there)
            else:
                peer = ServerPeer(self, sock, server)
            peer.end = end
            if (stage_socket := end()) and stage_socket in self.ends:
                self.ends[stage_socket].other = weakref.ref(sock)
            if isinstance(peer, ServerPeer):
                server.accept(peer)

    def let_in(self, peer: Peer, port: int) -> bool:
        """Connect a peer to a port that the stage listens on; False where it does not."""
        listener = self.listening.get(port)
        if listener is None or listener() is None:
            return False
        host, real = self.addresses[port]
        peer.sock.connect_ex((HOST if host == ANY else host, real))
        settle(peer.sock.fileno(), POLLOUT)
        settle(self.fd_of(listener), POLLIN)
        self.arrivals[peer.sock.getsockname()[1]] = peer
        return True

    # The stage's sockets.

    def close(self) -> None:
        """The stage's process has ended: what was connected is not so any more."""
        for sock in list(self.ends):
            sock.close()
        self.react()

    def find(self, host: str) -> str:
        """The address of a host. Raises socket.gaierror: no name but localhost is known, unless
        there are others to answer at any."""
        if host in LOCAL_NAMES:
            return HOST
        try:
            address = socket.inet_ntoa(socket.inet_aton(host))
        except OSError:
            address = ""
        if self.others and not is_own(address):
            return HOST
        if not address:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return address

    def bind(self, sock: socket.socket, host: str, port: int) -> None:
        """Bind to a port of the kernel's choice, which the stage sees as the one it asked for."""
        if not port:
            port = next(free for free in self.free_ports if not self.taken(free, sock))
        host = self.find(host or ANY)
        self.refuse_beside_others(host, port)
        if self.taken(port, sock):
            raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE))
        _socket.socket.bind(sock, (host, 0))
        self.bound[sock] = port
        self.addresses[port] = host, _socket.socket.getsockname(sock)[1]

    def refuse_beside_others(self, host: str, port: int) -> None:
        """Refuse to bind to a port that another socket has at another address of this host, which
        a kernel allows."""
        theirs = {self.addresses[port][0]} if port in self.bound.values() else set()
        if port in self.servers:
            theirs.add(HOST)
        if ANY not in (*theirs, host) and theirs - {host}:
            not_covered("one port at two addresses")

    def taken(self, port: int, sock: socket.socket) -> bool:
        """Whether a socket can't be bound to a port, since another one is."""
        if port in self.servers or (self.beside and port in self.beside.ports):
            return True
        others = [other for other, bound in self.bound.items() if bound == port]
        shares = [socket.SO_REUSEPORT] if hasattr(socket, "SO_REUSEPORT") else []
        if not self.is_open(port):
            shares.append(socket.SO_REUSEADDR)
        return any(
            other.fileno() >= 0
            and not any(
                sock.getsockopt(socket.SOL_SOCKET, share)
                and other.getsockopt(socket.SOL_SOCKET, share)
                for share in shares
            )
            for other in others
        )

    def listens(self, sock: socket.socket) -> None:
        if sock in self.bound:
            self.listening[self.bound[sock]] = weakref.ref(sock)
            for client in self.early:
                self.clock.at(self.clock.now, client.connect)
            self.early.clear()

    def is_open(self, port: int) -> bool:
        """Whether the stage listens on a port."""
        listener = self.listening.get(port)
        return listener is not None and self.fd_of(listener) >= 0

    def listened(self) -> list[int]:
        """The ports that the stage listens on."""
        return [port for port in self.listening if self.is_open(port)]

    def target(self, host: str, port: int) -> tuple[Server | None, tuple[str, int]]:
        """Who listens there, and at which address of the kernel; a dead one where nobody does."""
        host = self.find(host)
        if not is_own(host):
            raise OSError(errno.ENETUNREACH, os.strerror(errno.ENETUNREACH))
        host = HOST if host == ANY else host
        nobody_there = None, self.dead.getsockname()
        server = self.servers.get(port)
        if self.beside and not self.is_open(port) and (not server or isinstance(server, Program)):
            if not self.beside.server_at(port):
                return nobody_there
            server = server or Program(len(self.servers) + 1, self.beside.name)
            self.servers[port] = server
        if server is None and port not in self.listening and self.others:
            server = self.servers[port] = Server(len(self.servers) + 1, next(self.others))
        if server and (host == HOST or self.others or self.beside):
            refused = server.script.connect == "refuse"
            return server, (self.dead if refused else self.listener).getsockname()
        if self.is_open(port) and self.addresses[port][0] in (host, ANY):
            return None, (host, self.addresses[port][1])
        return nobody_there

    def connect(
        self, sock: socket.socket, port: int, server: Server | None, real: tuple[str, int]
    ) -> int:
        """Connect for real, to an address of the kernel; an error number, as connect_ex."""
        hurry(sock)
        error = _socket.socket.connect_ex(sock, real)
        if error == errno.EINPROGRESS:
            settle(sock.fileno(), POLLOUT)
        mark = {"lane": server.lane} if server else {}
        self.talks_to_itself = self.talks_to_itself or (server is None and port in self.listening)
        if real == self.dead.getsockname():
            self.clock.emit("close", **mark, how="refused")
        elif error in (0, errno.EINPROGRESS):
            local = _socket.socket.getsockname(sock)[1]
            if sock in self.bound:
                here = self.bound[sock]
            elif self.beside and isinstance(server, Program):
                here = self.beside.new_port()
            else:
                here = next(self.own_ports)
            if own := server is None or isinstance(server, Program):
                roomy(sock)
            self.ends[sock] = End(here, port, nobody, mark, limited=own)
            if server:
                self.expected[local] = server, weakref.ref(sock), here, port
            else:
                self.arrivals[local] = here, weakref.ref(sock)
                settle(self.fd_of(self.listening[port]), POLLIN)
        return error

    def look_for_room(self) -> None:
        """See which of the full ones can be written to again: their other end has read, or left."""
        for fd, end in list(self.full.items()):
            if self.under_way(end) < FULL:
                del self.full[fd]

    def under_way(self, end: End) -> int:
        """How many bytes that were sent wait to be read at the other end."""
        if end.other is nobody:
            return end.blind
        fd = self.fd_of(end.other)
        return unread(fd) if fd >= 0 else 0

    def make_room(self) -> bool:
        """Let those that are full have what room the kernel has; False where there are none."""
        full = [*self.full.values()]
        self.full.clear()
        for end in full:
            end.limited = False
        return bool(full)

    def accepted(self, listener: socket.socket, sock: socket.socket, real: int) -> None:
        """The stage has accepted a connection from a port of the kernel."""
        hurry(sock)
        here = self.bound.get(listener, 0)
        other = self.arrivals.pop(real, None)
        reference = weakref.ref(sock)
        if isinstance(other, Peer):
            other.end = reference
            there = other.port or next(self.client_ports)
            limited = isinstance(other, Bridge)
            self.ends[sock] = End(here, there, weakref.ref(other.sock), other.mark, limited)
        elif other:
            there, connected = other
            self.ends[sock] = End(here, there, connected, {}, limited=True)
            if first := connected():
                self.ends[first].other = reference
                roomy(sock)
                arrive(sock.fileno(), 0, self.ends[first].blind, FULL)
