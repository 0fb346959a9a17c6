"""Another program on the same clock, in a process of its own: one of the two has its turn.

They pass the turn to each other over a pair of sockets. With it goes what has happened meanwhile:
the time, the ports that are listened on, and what is on its way from one to the other. Where
neither has anything to do, the clock goes on in the process whose next step or time-out is first.
"""

import marshal
import math
from _socket import socket
from functools import partial
from select import POLLIN
from typing import TYPE_CHECKING, Any, Protocol

from companion.peers.playing import Server
from companion.peers.script import Script
from companion.virtual.inside.loopback import POLLRDHUP, ROOM, HighSocket, roomy
from companion.virtual.inside.peers import Net, Peer

if TYPE_CHECKING:  # an event's classes are much to load for whoever emits records
    from companion.event import ConnectionEnd

FIRST_CLIENT_PORT = 50001


class Ports(Net, Protocol):
    """What is asked of the network here."""

    def listened(self) -> list[int]: ...
    def let_in(self, peer: Peer, port: int) -> bool: ...


class Program(Server):
    """The other program, as the server at one of the ports that it listens on."""

    def __init__(self, lane: int, name: str) -> None:
        super().__init__(lane, Script(poem=name))


class Beside:
    """The other program, as it is seen from this process; `link` leads to it."""

    def __init__(self, link: socket, name: str, net: Ports, begun: bool) -> None:
        self.link, self.name, self.net, self.clock = link, name, net, net.clock
        self.begun = begun  # it has come to its first wait
        self.ended = False
        self.quiet = False  # it had nothing to do when it gave the turn back
        self.waits = False  # this process waits for its turn
        self.ports: set[int] = set()  # that it listens on
        self.connections = 0  # between the two so far
        self.bridges: dict[int, Bridge] = {}
        self.news: list[tuple[int, str, Any]] = []  # of connections, that it is to know of

    # The turn.

    def give_way(self, t: float) -> bool:
        """Let the other have its turn, before this process goes on by itself at `t` seconds; False
        where it is for this one to move the clock."""
        if self.ended:
            return False
        idle = self.clock.idle and not self.news
        if idle and self.quiet and t <= self.clock.theirs:
            return False
        self.pass_turn(t, idle)
        return True

    def pass_turn(self, t: float, idle: bool = False) -> None:
        """Give the other its turn, and wait to have it back."""
        self.send(t, idle)
        self.take_turn()

    def take_turn(self) -> None:
        """Wait for the turn, and take up what has happened meanwhile."""
        self.waits = True
        size = self.receive(4)
        data = self.receive(int.from_bytes(size, "little"))
        self.waits = False
        if not data:
            self.stop("killed")
        now, self.clock.theirs, self.quiet, how, ports, connections, news = marshal.loads(data)
        self.ended = bool(how)
        self.begun, self.ports = True, set(ports)
        self.connections = max(self.connections, connections)
        self.clock.move(now)
        self.clock.idle = True
        self.clock.outside(partial(self.handle, news))
        if how not in ("", "exit", "waits for ever"):
            self.stop(how)

    def stop(self, how: str) -> None:
        """End the run, since the other has not come to its own end."""
        said = {"blocks": "blocks", "still runs": "still runs"}.get(how, f"is {how}")
        line = f"still runs at t={self.clock.now:.3f} s, where {self.name} {said}"
        self.clock.end("still runs", line)

    def handle(self, news: list[tuple[int, str, Any]]) -> None:
        """Take up what has become of the connections."""
        for number, what, value in news:
            if what == "opens":
                self.open(number, value)
            elif bridge := self.bridges.get(number):
                bridge.handle(what, value)

    def leave(self, how: str) -> None:
        """Tell the other that this process ends, and how."""
        for bridge in list(self.bridges.values()) if how == "exit" else []:
            bridge.drain()
        if not self.ended:
            self.send(math.inf, how=how)

    def send(self, t: float, idle: bool = False, how: str = "") -> None:
        ports = [] if how else self.net.listened()
        record = (self.clock.now, t, idle, how, ports, self.connections, self.news)
        data = marshal.dumps(record)
        self.news = []
        try:
            self.link.sendall(len(data).to_bytes(4, "little") + data)
        except OSError:  # it has been killed
            self.ended = True

    def receive(self, size: int) -> bytes:
        """So many bytes; fewer where the other process has ended."""
        data = b""
        while len(data) < size and (piece := self.link.recv(size - len(data))):
            data += piece
        return data

    # Connections between the two.

    def server_at(self, port: int) -> bool:
        """Whether the other program listens on a port; it may get its first turn for that."""
        if port not in self.ports and not self.begun:
            self.pass_turn(self.clock.now)
        return port in self.ports

    def new_port(self) -> int:
        """The port that the end of a new connection has, as both programs see it."""
        self.connections += 1
        return FIRST_CLIENT_PORT + self.connections - 1

    def connect(self, sock: HighSocket, server: Program, here: int, port: int) -> "Bridge":
        """This program has connected, from its port `here`, to a port of the other's."""
        number = here - FIRST_CLIENT_PORT + 1
        self.news.append((number, "opens", port))
        bridge = Bridge(self, sock, number, {"lane": server.lane})
        self.clock.emit("open", **bridge.mark, poem=self.name)
        self.net.watch(bridge, POLLIN | POLLRDHUP)
        return bridge

    def open(self, number: int, port: int) -> None:
        """The other program has connected to a port of this one's."""
        bridge = Bridge(self, HighSocket(), number, {"client": number})
        bridge.port = FIRST_CLIENT_PORT + number - 1
        if not self.net.let_in(bridge, port):
            bridge.report("cuts")
            bridge.finish("reset")
            return
        self.clock.emit("open", **bridge.mark)
        self.net.watch(bridge, POLLIN | POLLRDHUP)


# How a connection ended that its program has closed first, and one that the other has.
OURS, THEIRS = {"lane": "left", "client": "done"}, {"lane": "done", "client": "left"}


class Bridge(Peer):
    """The other end of a connection of this program's to the other one: what comes here goes
    there, no more at a time than surely finds room."""

    def __init__(self, beside: Beside, sock: HighSocket, number: int, mark: dict[str, int]) -> None:
        super().__init__(beside.net, sock, mark)
        roomy(sock)
        self.beside, self.number = beside, number
        self.side = next(iter(mark))
        self.under_way = 0  # bytes that there was no room for yet, at the other program
        self.first: Any = ""  # how the connection ends, by who has closed it first
        self.over = self.last = self.gone = False  # ours sends no more; theirs; theirs has left
        beside.bridges[number] = self

    def report(self, what: str, value: Any = None) -> None:
        self.beside.news.append((self.number, what, value))

    def handle(self, what: str, value: Any) -> None:
        """What the other program has done."""
        if what == "sends":
            self.send(bytes(self.unsent) + value)
        elif what == "took":
            self.under_way -= value
            if not self.over:
                self.net.watch(self, POLLIN | POLLRDHUP)
        elif what == "cuts":
            self.conclude("reset")
        else:
            self.last, self.gone = True, what == "leaves"
            self.first = self.first or THEIRS[self.side]
            if not self.unsent:
                self.go_on()

    def send_on(self) -> None:
        before = len(self.unsent)
        super().send_on()
        if not self.how and before > len(self.unsent):
            self.report("took", before - len(self.unsent))

    def go_on(self) -> None:
        """All that has come from the other program is sent."""
        if self.gone or (self.last and self.over):
            self.conclude(self.first)
        elif self.last:
            self.end_sending()

    def read(self) -> None:
        while self.under_way < ROOM:
            try:
                data = self.sock.recv(ROOM - max(self.under_way, 0))
            except BlockingIOError:
                return
            except OSError:
                return self.finish("reset" if self.side == "client" else "left")
            if not data:
                return self.see_end()
            if self.side == "client":
                self.net.clock.emit("got", **self.mark, bytes=len(data))
            self.under_way += len(data)
            self.report("sends", data)
        return self.net.forget(self)

    def see_end(self) -> None:
        """This program sends no more, or has left altogether."""
        self.net.forget(self)
        self.over = True
        self.first = self.first or OURS[self.side]
        left = self.last or self.net.fd_of(self.end) < 0
        self.report("leaves" if left else "ends")
        if left:
            self.conclude(self.first)

    def drain(self) -> None:
        """This program has ended, and what it has sent is under way none the less."""
        if not self.over:
            self.under_way = -1 << 60
            self.read()

    def finish(self, how: "ConnectionEnd") -> None:
        """This program has cut the connection."""
        if not self.how:
            self.report("cuts")
            self.conclude(how)

    def conclude(self, how: "ConnectionEnd") -> None:
        """The connection has ended, on this side."""
        self.beside.bridges.pop(self.number, None)
        super().finish(how)
