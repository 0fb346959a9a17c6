"""Whether a process is gone, and what to wait for."""

import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path


def alive(pid: int) -> bool:
    """Whether there is such a process; one that has only to be reaped is gone."""
    told = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return told.stdout.strip()[:1] not in ("", "Z")


def descendants(pid: int) -> list[int]:
    """The processes that this one has started, and those that they have."""
    told = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True)
    pairs = [tuple(map(int, line.split())) for line in told.stdout.splitlines()]
    found = [pid]
    for parent in found:
        found += [child for child, ppid in pairs if ppid == parent]
    return found[1:]


def eventually(holds: Callable[[], bool], limit: float = 10) -> bool:
    """Whether this comes true within so many seconds."""
    end = time.monotonic() + limit
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def all_gone(*pids: int) -> bool:
    """Whether none of these processes is left, or will be in a moment."""
    return eventually(lambda: not any(map(alive, pids)), 5)


def catches_sigterm(pid: int) -> bool:
    """Whether a reactor runs in this process: it takes SIGTERM, and SIGINT with it, only then."""
    status = Path(f"/proc/{pid}/status").read_text()
    return bool(int(status.split("SigCgt:")[1].split()[0], 16) >> (signal.SIGTERM - 1) & 1)
