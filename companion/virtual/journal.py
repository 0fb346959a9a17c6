"""The journal of a run: what the stage's process writes, and what the tool reads of it."""

import gc
import marshal
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

ADDRESS = re.compile(r"\bat 0x[0-9a-f]{6,}")


@contextmanager
def no_collection() -> Iterator[None]:
    """Collect no garbage meanwhile: among many new records that takes as long as reading them."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


Record = tuple[float, str, dict[str, Any]]


def packed(record: Record) -> bytes:
    """A record as it is written: its size in four bytes, then itself as marshal has it.

    To write and read as JSON what a long run emits takes longer than the run itself.
    """
    data = marshal.dumps(record)
    return len(data).to_bytes(4, "little") + data


def records(journal: IO[bytes]) -> Iterator[Record]:
    """All that is written in a journal, from the beginning."""
    journal.seek(0)
    return (record for _, record in parsed(journal.read()))


def parsed(data: bytes) -> Iterator[tuple[int, Record]]:
    """Every whole record of a journal's bytes, and where it ends."""
    view, end = memoryview(data), 0
    while (start := end + 4) <= len(view):
        end = start + int.from_bytes(view[start - 4 : start], "little")
        if end > len(view):
            return
        yield end, marshal.loads(view[start:end])


def numbered(text: str, seen: dict[str, str]) -> str:
    """A line with `at 0x7f...` as `at 0x1`, the number of the object in the order of mention."""
    if "at 0x" not in text:
        return text
    return ADDRESS.sub(lambda match: seen.setdefault(match[0], f"at 0x{len(seen) + 1:x}"), text)
