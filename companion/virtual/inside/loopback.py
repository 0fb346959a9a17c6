"""Real sockets on the kernel's loopback, and brief waits, in real time, for what it carries."""

import _socket
import contextlib
import fcntl
import resource
import select
import socket
import struct
import termios
from array import array
from functools import cache
from time import sleep

HOST = "127.0.0.1"
POLLRDHUP = getattr(select, "POLLRDHUP", select.POLLIN)
# Bytes that may wait to be read by the stage: they surely find room in its socket. The kernel has
# more room, but how much differs from run to run.
ROOM = 40000
# Bytes that may wait so where the program itself has sent them, through a socket made `roomy`.
FULL = 131072
PATIENCE = 1.0  # seconds of real time that the kernel may take to carry bytes across loopback
SIOCOUTQNSD = 0x894B  # Linux: how many bytes are not sent yet
NO_LINGER = struct.pack("ii", 1, 0)


real_poll = select.poll


@cache
def lowest() -> int:
    """The lowest descriptor that a socket out of the way may have."""
    return min(1024, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 2)


class HighSocket(_socket.socket):
    """A real socket out of the stage's way: with a high descriptor, since select counts only to
    1,023, and without the replaced calls, which belong to socket.socket."""

    def __init__(self, fileno: int | None = None) -> None:
        low = _socket.socket(socket.AF_INET, socket.SOCK_STREAM, 0, fileno)
        high = fcntl.fcntl(low.fileno(), fcntl.F_DUPFD_CLOEXEC, lowest())
        low.close()
        super().__init__(socket.AF_INET, socket.SOCK_STREAM, 0, high)
        self.setblocking(False)
        hurry(self)


number = array("i", [0])  # where the kernel writes its answer


def unread(fd: int) -> int:
    """How many bytes wait to be read."""
    fcntl.ioctl(fd, termios.FIONREAD, number)
    return number[0]


def held_back(sock: _socket.socket) -> bool:
    """Whether the kernel holds back what was sent, for which the other end has no room."""
    with contextlib.suppress(OSError, ValueError):  # closed already, or a system without it
        fcntl.ioctl(sock.fileno(), SIOCOUTQNSD, number)
        return number[0] > 0
    return False


def settle(fd: int, events: int) -> None:
    """Wait in real time, briefly, until the kernel has brought one of these events about."""
    poll = real_poll()
    poll.register(fd, events)
    poll.poll(PATIENCE * 1000)


def hurry(sock: _socket.socket) -> None:
    """Have small pieces sent at once: the kernel would hold them back, in real time."""
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    # Many small pieces that wait unread are acknowledged late. With bbr the sender would wait for
    # that after every 18 of them, 0.04 s; reno, which every Linux has, soon sends more at once.
    if hasattr(socket, "TCP_CONGESTION"):
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, b"reno")


def roomy(sock: _socket.socket) -> None:
    """Have a socket take FULL bytes before any are read."""
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2 * FULL)


def arrive(fd: int, before: int, size: int, room: int = ROOM) -> None:
    """Wait in real time, briefly, until size more bytes than before wait to be read, if that is
    not more than surely find room."""
    wanted = min(before + size, room)
    for _ in range(1000):
        if unread(fd) >= wanted:
            return
        sleep(PATIENCE / 1000)
