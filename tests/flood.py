"""A probe for runs in virtual time: a server that never stops sending, as far as recv can tell.

A server that sends MARK is one: the mark is never taken, so there is always something to read.
In virtual time nothing is sent while a stage reads; so it is recv that makes the poem up.
"""

import socket
from collections import Counter
from typing import Any

MARK = b"~"
PIECE = b"la la la\n"
PIECES = 2000  # then the poem ends after all, or a stage that starves the others would not


def begin(tell: object) -> None:
    recv: Any = socket.socket.recv
    taken: Counter[int] = Counter()

    def flooded(sock: socket.socket, size: int) -> Any:
        if recv(sock, 1, socket.MSG_PEEK) != MARK:
            return recv(sock, size)
        taken[sock.fileno()] += 1
        return PIECE if taken[sock.fileno()] <= PIECES else b""

    socket.socket.recv = flooded  # type: ignore[method-assign,assignment]
