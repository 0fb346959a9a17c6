"""Scripted servers and clients in real time, each in a thread: for whoever runs no reactor.

The servers play the steps of their script, in seconds since a connection came; answers are not
played. Their connections end when the context does.
"""

import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from companion.peers.script import RESET, Script

CONNECT_TIME = 5.0  # seconds in which whoever listens must have begun to
PAUSE = 0.02  # seconds between two attempts to connect
CUT = struct.pack("ii", 1, 0)  # SO_LINGER: to close is to reset


@dataclass
class ThreadedServer:
    """A listening socket; `opened` are the times (time.monotonic) at which connections came."""

    port: int
    opened: list[float] = field(default_factory=list)


def play(sock: socket.socket, script: Script) -> None:
    """Play a script to the end of its connection, in a thread and in real time."""
    start = time.monotonic()
    with sock:
        for t, action in script.steps():
            time.sleep(max(0.0, start + t - time.monotonic()))
            if action == RESET:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, CUT)
            if not isinstance(action, bytes):
                return
            try:
                sock.sendall(action)
            except OSError:
                return  # the client has left
        sock.recv(1)


def accept(listening: socket.socket, script: Script, opened: list[float]) -> None:
    """Play the script to whoever connects, until the socket is shut down."""
    while True:
        try:
            sock, _ = listening.accept()
        except OSError:
            return
        opened.append(time.monotonic())
        threading.Thread(target=play, args=(sock, script), daemon=True).start()


@contextmanager
def serving(*scripts: Script) -> Iterator[list[ThreadedServer]]:
    """Servers for these scripts, to as many connections as come; the first has the highest port,
    and so on, so that their order is not that of their ports."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in scripts]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        sockets.sort(key=lambda one: -one.getsockname()[1])
        servers = []
        for listening, script in zip(sockets, scripts, strict=True):
            servers.append(server := ThreadedServer(listening.getsockname()[1]))
            if script.connect == "accept":
                listening.listen(128)
                accepting = threading.Thread(
                    target=accept, args=(listening, script, server.opened), daemon=True
                )
                accepting.start()
                stack.callback(listening.shutdown, socket.SHUT_RDWR)
        yield servers


@dataclass
class Visit:
    """One client, which comes `at` so many seconds after the first one has connected, reads to the
    end, or leaves after so many bytes where that is not 0.

    What it got: `pieces` are (time.monotonic, data), and `how` it ended is done, reset, left,
    refused, or "" as long as it is there.
    """

    at: float = 0.0
    leave_at: int = 0
    pieces: list[tuple[float, bytes]] = field(default_factory=list)
    how: str = ""

    @property
    def data(self) -> bytes:
        return b"".join(piece for _, piece in self.pieces)

    def go(self, port: int, runs: Callable[[], bool], first: threading.Event) -> None:
        """Connect to a program that may just have been started, and read."""
        if self.at:
            first.wait(CONNECT_TIME)
            time.sleep(self.at)
        sock = connected(port, runs)
        first.set()
        if sock is None:
            self.how = "refused"
            return
        with sock:
            try:
                while piece := sock.recv(65536):
                    self.pieces.append((time.monotonic(), piece))
                    if 0 < self.leave_at <= len(self.data):
                        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, CUT)
                        self.how = "left"
                        return
                self.how = "done"
            except OSError:
                self.how = "reset"


def connected(port: int, runs: Callable[[], bool]) -> socket.socket | None:
    """A connection to this port of a program; None where it does not listen for CONNECT_TIME, or
    no longer runs."""
    end = time.monotonic() + CONNECT_TIME
    while time.monotonic() < end and runs():
        try:
            return socket.create_connection(("127.0.0.1", port))
        except OSError:
            time.sleep(PAUSE)
    return None


def visit(port: int, visits: Sequence[Visit], limit: float, runs: Callable[[], bool]) -> None:
    """All clients go to a program as long as it `runs`, until they have ended or `limit` seconds
    are over."""
    end = time.monotonic() + limit
    where = port, runs, threading.Event()
    each = [threading.Thread(target=one.go, args=where, daemon=True) for one in visits]
    for thread in each:
        thread.start()
    for thread in each:
        thread.join(max(0.0, end - time.monotonic()))
