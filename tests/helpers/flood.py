"""A probe for runs in virtual time: a server that sends without a pause, as far as recv can tell.

A server that sends MARK is one: the mark is never taken, so there is always something to read.
In virtual time nothing is sent while a stage reads; so it is recv that makes the poem up.
"""

import socket
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

MARK = b"~"
PIECE = b"La " * 700
PIECES = 2000  # then the poem ends after all, or a stage that starves the others would not
POEM = PIECE.decode() * PIECES  # 4.2 MB


def begin(emit: Callable[..., object]) -> None:
    """Tells the CPU seconds used by the first piece, by half of them and by all: the delay of an
    event of the kind timer."""
    recv: Any = socket.socket.recv
    taken: Counter[int] = Counter()

    def flooded(sock: socket.socket, size: int) -> Any:
        if recv(sock, 1, socket.MSG_PEEK) != MARK:
            return recv(sock, size)
        taken[sock.fileno()] += 1
        if taken[sock.fileno()] in (1, PIECES // 2, PIECES):
            emit("timer", timer=1, delay=time.process_time(), calls="cpu")
        return PIECE if taken[sock.fileno()] <= PIECES else b""

    socket.socket.recv = flooded  # type: ignore[method-assign,assignment]
