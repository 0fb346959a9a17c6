"""Ports for programs that are to listen where a test says: nobody else takes one meanwhile."""

import itertools
import os
import socket
import threading
from pathlib import Path

LIMITS = Path("/proc/sys/net/ipv4/ip_local_port_range")
FIRST, BLOCK = 20_000, 200  # the first that is given out, and how many a process has to itself
locked = threading.Lock()


def last() -> int:
    """The kernel gives ports of its own choice from the next on."""
    return int(LIMITS.read_text().split()[0]) - 1 if LIMITS.exists() else 32_767


blocks = max(1, (last() - FIRST) // BLOCK)
candidates = itertools.cycle(FIRST + os.getpid() % blocks * BLOCK + n for n in range(BLOCK))


def free_port() -> int:
    """A port that nobody listens on, another one each time."""
    with locked:
        for port in itertools.islice(candidates, BLOCK):
            with socket.socket() as probe:
                try:
                    probe.bind(("127.0.0.1", port))
                except OSError:
                    continue
                return port
    raise AssertionError(f"all ports of this process are taken, {BLOCK} of them")
