"""The reader's file, looked at again and again until it is saved."""

import os
import time
from pathlib import Path

SETTLED = 0.03  # seconds that a file must have kept its state: an editor may write it in pieces
State = tuple[int, int, int] | None


class Watch:
    """A file that is saved again and again, also by an editor that renames another to its name."""

    def __init__(self, file: Path | None) -> None:
        self.file = file
        self.known = self.seen = self.state()
        self.since = time.monotonic()

    def state(self) -> State:
        try:
            found = os.stat(self.file) if self.file else None
        except OSError:
            return None
        return (found.st_ino, found.st_size, found.st_mtime_ns) if found else None

    def saved(self) -> bool:
        """Whether it has been saved since the last time, and is complete."""
        state = self.state()
        if state != self.seen:
            self.seen, self.since = state, time.monotonic()
        if self.seen in (self.known, None) or time.monotonic() - self.since < SETTLED:
            return False
        self.known = self.seen
        return True
