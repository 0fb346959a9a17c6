"""The event: what happens in a run, as flat records that every view is made from.

A kept run is a text file of JSON objects, one a line (UTF-8). Every record has `t` (seconds since
the run began, a float), `stage` (the id of the stage it happened in) and `kind`; the other fields
belong to the kind and are listed in `KINDS`. Readers skip kinds and fields that they do not know.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TextIO

# kind -> its fields: this table is the documentation of the file format.
KINDS: dict[str, dict[str, str]] = {
    "start": {
        "argv": "list of strings, the command as typed",
        "pid": "process id; absent in simulated time",
        "lanes": "in a race: for each server a list of its poem's name and size in bytes",
    },
    "print": {"text": "one line, without its end", "stream": "stdout or stderr"},
    "exit": {
        "status": "exit status, or minus the signal's number",
        "cpu": "CPU time, user and system, in seconds; absent in simulated time",
        "rss": "peak resident memory in bytes; absent in simulated time, and below 9 MB",
        "how": "in simulated time: exit, waits for ever, still runs, blocks, busy or broken",
    },
    "wait": {
        "call": "what the stage waits in, from t on: select, poll, epoll, recv, sleep, ...",
        "until": "seconds since the run began, or null: it waits for ever",
    },
    "interrupt": {},  # the run was broken off while this stage was running
    "listen": {
        "lane": "number of the server in the stage's command line, from 1",
        "poem": "name of the poem it will send",
        "size": "size of the poem in bytes",
        "num_bytes": "bytes that it sends at a time",
        "delay": "seconds between two sends, and after the last",
        "reads": "whether read events will tell what the stage takes from the kernel",
    },
    "open": {
        "lane": "number of the server in the stage's command line, from 1",
        "poem": "name of the poem it sends",
        "size": "size of the poem in bytes",
    },
    "sent": {"lane": "as in open", "bytes": "bytes that left the server"},
    "got": {
        "client": "number of a scripted client of a server stage; open, sent, read and close of "
        "such a client have it in the place of lane",
        "bytes": "bytes that the client took",
    },
    "read": {"lane": "as in open", "bytes": "bytes that the stage took from the kernel"},
    "close": {"lane": "as in open", "how": "done, reset, refused or left (the client left early)"},
    "lost": {"lane": "as in open; after close: the stage left with bytes unread, in real time"},
}


class EventError(ValueError):
    """A kept run holds a line that is not an event."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened; `t` is in seconds since the run began."""

    t: float
    stage: str
    kind: str
    fields: Mapping[str, Any] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Any:
        return self.fields[name]

    def to_json(self) -> str:
        """The event as one line of JSON, without its end."""
        record = {"t": round(self.t, 6), "stage": self.stage, "kind": self.kind, **self.fields}
        return json.dumps(record, ensure_ascii=False)


def event_from_json(line: str) -> Event:
    """Read one line back. Raises EventError where it is no event."""
    try:
        record = json.loads(line)
        t, stage, kind = record.pop("t"), record.pop("stage"), record.pop("kind")
    except (ValueError, KeyError, AttributeError, TypeError):
        raise EventError(f"not an event: {line.strip()[:60]!r}") from None
    if not (isinstance(t, int | float) and isinstance(stage, str) and isinstance(kind, str)):
        raise EventError(f"not an event: {line.strip()[:60]!r}")
    return Event(float(t), stage, kind, record)


def read_events(lines: Iterable[str]) -> Iterator[Event]:
    """Every event of a kept run, in its order. Raises EventError with the number of a bad line."""
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                yield event_from_json(line)
            except EventError as err:
                raise EventError(f"line {number}: {err}") from None


def write_events(events: Iterable[Event], file: TextIO) -> None:
    """Keep a run: one line of JSON an event."""
    for event in events:
        file.write(event.to_json() + "\n")
