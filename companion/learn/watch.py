"""The reader's files, looked at again and again until they are saved."""

import os
import time
from collections.abc import Iterable
from pathlib import Path

SETTLED = 0.03  # seconds that a file must have kept its state: an editor may write it in pieces
State = tuple[tuple[int, int, int] | None, ...]


class Watch:
    """Files that are saved again and again, also by an editor that renames another to the name."""

    def __init__(self, files: Iterable[Path]) -> None:
        self.files = tuple(files)
        self.known = self.seen = self.state()
        self.since = time.monotonic()

    def state(self) -> State:
        return tuple(map(state_of, self.files))

    def saved(self) -> bool:
        """Whether one has been saved since the last time, and the first is there, complete."""
        state = self.state()
        if state != self.seen:
            self.seen, self.since = state, time.monotonic()
        if self.seen == self.known or time.monotonic() - self.since < SETTLED:
            return False
        if self.seen[0] is None:
            return False
        self.known = self.seen
        return True


def state_of(file: Path) -> tuple[int, int, int] | None:
    """What changes when a file is saved; None where there is none."""
    try:
        found = os.stat(file)
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
