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
        "pid": "process id; absent in simulated time, and only there",
        "lanes": "in a race: for each server a list of its poem's name and size in bytes",
    },
    "print": {"text": "one line, without its end", "stream": "stdout or stderr"},
    "exit": {
        "status": "exit status, or minus the signal's number",
        "cpu": "CPU time, user and system, in seconds; in a race",
        "rss": "peak resident memory in bytes; in a race, and from 11 MB on",
        "how": "not in a race: exit, waits for ever, still runs, blocks, busy or broken",
    },
    "wait": {
        "call": "what the stage waits in, from t on: select, poll, epoll, recv, sleep, ...",
        "until": "seconds since the run began, or null: it waits for ever, or when the run was "
        "ended; in real time a wait of less than 0.01 seconds is left out",
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
    # The kinds from here on are told by companion.probe.calls: what the stage's own code does.
    "enter": {
        "call": "number of this stay in a function of the stage, from 1; fileno and logPrefix, "
        "which the library asks a reader for again and again, are left out",
        "function": "its name, as Class.method where it is one; <module> is the script itself",
        "line": "line of the stage where the function begins",
        "by": "who called it: stage; library, in a call of the stage's; reactor, of its own; start",
        "lane": "or client: the connection that the function works for, where that is known",
        "deferred": "the Deferred that stands for this generator or coroutine",
        "resumed": "true where a generator or coroutine goes on",
        "thread": "true where it runs in another thread than the main one",
    },
    "leave": {
        "call": "as in enter",
        "function": "as in enter",
        "how": "returned, yielded or raised",
        "value": "what it returned, yielded or raised, in short",
        "line": "line of the stage where it left",
    },
    "reactor": {
        "does": "runs or returns: the stage has called its run, and now gets the control back",
        "line": "line of the stage that called it, in function",
        "function": "as in enter",
    },
    "timer": {
        "timer": "number of a delayed call that the stage asked for, or that calls it",
        "delay": "in seconds",
        "calls": "name of the function that will be called",
        "line": "line of the stage that asked for it, in function; absent where the library did",
        "function": "as in enter",
    },
    "timer_fired": {"timer": "its function is about to be called"},
    "timer_cancelled": {"timer": "as in timer", "line": "as in timer", "function": "as in enter"},
    "deferred": {
        "deferred": "number of a Deferred that the stage made or was given, from 1",
        "line": "line of the stage where it was made, in function; absent if by the library",
        "function": "as in enter",
        "generator": "the function whose generator or coroutine it stands for",
    },
    "pair": {
        "deferred": "as in deferred",
        "pair": "number of the pair in the chain, from 1",
        "callback": "name of the callback, or null: it passes on what it is given",
        "errback": "name of the errback, or null",
        "resumes": "number of the Deferred whose generator goes on here",
        "joins": "number of the DeferredList that learns of the result here",
        "by": "who added it: stage, or library",
        "line": "line of the stage, in function",
        "function": "as in enter",
    },
    "fired": {
        "deferred": "as in deferred",
        "value": "its result, in short",
        "failed": "true where it is a failure",
        "again": "true where it had been fired before",
        "line": "line of the stage, in function; absent if by the library",
        "function": "as in enter",
    },
    "runs": {
        "deferred": "as in deferred; a handler that does not only pass on is about to be called",
        "pair": "as in pair",
        "side": "callback or errback",
        "function": "name of the handler",
        "took": "what it is given, in short",
    },
    "ran": {
        "deferred": "as in deferred",
        "pair": "as in pair",
        "side": "callback or errback",
        "function": "name of the handler, or null: it passed on what it was given",
        "took": "what it was given, in short",
        "how": "returned, raised or passed",
        "gave": "what it returned or raised, in short",
        "failed": "true where that is a failure",
    },
    "paused": {
        "deferred": "it waits",
        "on": "number of the Deferred that it waits on",
        "line": "line of the stage where its generator waits",
    },
    "resumed": {
        "deferred": "it goes on",
        "on": "as in paused",
        "value": "the result that it got from there, in short",
        "failed": "true where that is a failure",
    },
    "cancelled": {
        "deferred": "somebody called its cancel",
        "called": "true where it had been fired already",
        "line": "line of the stage, in function; absent if by the library",
        "function": "as in enter",
    },
    "unhandled": {"deferred": "it was forgotten with a failure", "value": "the failure, in short"},
    "join": {
        "deferred": "number of the Deferred that waits for all, or one, of several",
        "of": "their numbers",
        "by": "DeferredList or gatherResults",
    },
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

    @property
    def record(self) -> dict[str, Any]:
        """The event as the flat record that is kept."""
        return {"t": round(self.t, 6), "stage": self.stage, "kind": self.kind, **self.fields}

    def to_json(self) -> str:
        """The event as one line of JSON, without its end."""
        return json.dumps(self.record, ensure_ascii=False)


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
