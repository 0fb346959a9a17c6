"""What a program leaves running when it ends; on Linux it can be taken over and ended.

Small enough for companion.race.launch, which must not grow.
"""

import ctypes
import os
import sys
from _signal import SIGKILL  # type: ignore[import-not-found]  # `signal` has enums: a megabyte
from collections.abc import Collection

PR_SET_CHILD_SUBREAPER = 36  # of <linux/prctl.h>


def adopt() -> None:
    """Be the parent of all that this process's children leave, as init would be otherwise."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)


def children() -> list[int]:
    """This process's children; none where the system does not say."""
    try:
        with open(f"/proc/self/task/{os.getpid()}/children") as file:
            return [int(pid) for pid in file.read().split()]
    except OSError:
        return []


def end_orphans(but: Collection[int] = ()) -> None:
    """Kill what was left, and what that leaves in its turn; not the children named."""
    while orphans := [pid for pid in children() if pid not in but]:
        for pid in orphans:
            os.kill(pid, SIGKILL)
        for pid in orphans:
            os.waitpid(pid, 0)
