"""A trace read into what its pictures show: turns of the stage's code, lanes, and Deferreds.

Everything here is made of events alone, those of a traced run or of a kept one.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from companion.event import Event

TIMERS = ("timer", "timer_fired", "timer_cancelled")
TO_DEFERRED = ("deferred", "pair", "fired", "paused", "resumed", "cancelled", "unhandled", "join")
SHOWN = ("enter", "leave", "print", "wait", "reactor", *TIMERS, *TO_DEFERRED)
ARGUMENTS = "parse_args"  # the stages' function for them, which is no part of a chapter


@dataclass
class Row:
    """One thing that happened, `depth` calls deep in a turn of the stage's code."""

    event: Event
    depth: int
    runs: Event | None = None  # in an enter: the callback of a Deferred that it is
    how: str = ""  # in an enter: how the call came to its end

    @property
    def shape(self) -> tuple[Any, ...]:
        """What makes it like another: values, numbers and times left out."""
        names = ("function", "by", "calls", "failed", "callback", "errback", "how", "stream")
        fields = self.event.fields
        return (self.event.kind, self.depth, *(fields.get(name) for name in names))


@dataclass
class Turn:
    """From the moment that the stage's code is called until it gives the control back, or a wait
    between two of these. `who` is start, reactor, thread or wait; `more` are turns like it that
    follow."""

    who: str
    rows: list[Row] = field(default_factory=list)
    more: "list[Turn]" = field(default_factory=list)
    waited: float = 0.0  # seconds that the reactor waited between it and the last of `more`

    @property
    def shape(self) -> tuple[Any, ...]:
        return (self.who, *(row.shape for row in self.rows))

    @property
    def last(self) -> "Turn":
        return self.more[-1] if self.more else self

    @property
    def lanes(self) -> list[str]:
        """The lanes that it, and those like it, worked for."""
        found: dict[str, None] = {}
        for turn in (self, *self.more):
            found |= dict.fromkeys(filter(None, (lane_of(row.event) for row in turn.rows)))
        return list(found)


def lane_of(event: Event) -> str:
    """The name of the lane of an event: a server's number, or c and a client's number."""
    if "lane" in event.fields:
        return str(event["lane"])
    return f"c{event['client']}" if "client" in event.fields else ""


def is_own(wait: Event) -> bool:
    """Whether it is the stage that waits, in a call of its own, and not the reactor."""
    return wait.fields.get("by") == "stage"


class Turns:
    """Reads events into turns: whose the control is, and how deep in the stage's calls."""

    def __init__(self) -> None:
        self.found: list[Turn] = []
        self.thread = 0  # that has the control; the stacks of the others
        self.others: dict[int, list[Row]] = {}
        self.stack: list[Row] = []  # the calls of the stage's code that have not ended
        self.below = 0  # those of them that wait for the reactor's run to return
        self.runs: Event | None = None

    @property
    def depth(self) -> int:
        """How deep a row is that is not a call of its own."""
        below = 0 if self.thread else self.below
        return self.stack[-1].depth + 1 if self.stack[below:] else 0

    def add(self, event: Event, depth: int, who: str = "") -> Row:
        if who or not self.found or self.found[-1].who == "wait":
            self.found.append(Turn(who or "goes on"))
        self.found[-1].rows.append(Row(event, depth))
        return self.found[-1].rows[-1]

    def switch(self, thread: int) -> None:
        """Another thread has the control, and goes on where it was."""
        self.others[self.thread] = self.stack
        self.thread, self.stack = thread, self.others.get(thread, [])
        self.found.append(Turn("goes on"))

    def read(self, event: Event) -> None:
        kind = event.kind
        if (thread := event.fields.get("thread", 0)) != self.thread and kind in SHOWN:
            self.switch(thread)
        if kind == "enter":
            self.enter(event)
        elif kind == "leave" and self.stack:
            self.leave(event)
        elif kind == "runs":
            self.runs = event
        elif kind == "ran":
            self.runs = None
        elif kind == "reactor":
            self.reactor(event)
        elif kind == "wait":
            own = self.stack and is_own(event)
            self.add(event, self.stack[-1].depth + 1 if own else 0, "" if own else "wait")
        elif kind in SHOWN:
            self.add(event, self.depth)

    def enter(self, event: Event) -> None:
        new = event["by"] in ("reactor", "start", "thread")
        row = self.add(event, 0 if new else self.depth, event["by"] if new else "")
        self.stack.append(row)
        if event["by"] != "stage":
            row.runs, self.runs = self.runs, None

    def leave(self, event: Event) -> None:
        call = self.stack.pop()
        call.how = event["how"]
        if event["how"] != "returned" or event["value"] != "None":
            self.add(event, call.depth + 1)
        if call.event["by"] in ("reactor", "thread"):
            self.found.append(Turn("goes on"))

    def reactor(self, event: Event) -> None:
        """The stage's calls wait while the reactor runs, and go on when it returns."""
        if event["does"] == "runs":
            self.add(event, self.depth)
            self.below = len(self.stack)
            return
        self.below = 0
        for number, call in enumerate(self.stack):
            fields = {**call.event.fields, "resumed": True}
            fields["by"] = "returns" if not number else fields["by"]
            again = Event(event.t, event.stage, "enter", fields)
            self.stack[number] = self.add(again, call.depth, "" if number else "goes on")


def turns(events: Iterable[Event]) -> list[Turn]:
    """The control as it passes: every turn of the stage's code and every wait, in their order."""
    reader = Turns()
    for event in events:
        reader.read(event)
    return [turn for turn in reader.found if turn.rows]


def folded(found: Sequence[Turn]) -> list[Turn]:
    """Turns that look alike in one, where nothing but waits is between them."""
    result: list[Turn] = []
    waits: list[Turn] = []
    shape: tuple[Any, ...] = ()
    for turn in found:
        if turn.who == "wait" and turn.rows[0].event["until"] is not None:
            waits.append(turn)
            continue
        if result and turn.who == "reactor" and turn.shape == shape:
            result[-1].more.append(turn)
            result[-1].waited += sum(map(seconds, waits))
        else:
            result += joined(waits)
            result.append(replace(turn, more=[]))
            shape = turn.shape
        waits = []
    return [*result, *joined(waits)]


@dataclass
class Block:
    """A row and what happened in it: the rows after it that are deeper. `more` like it follow
    at once, in groups of `period` blocks."""

    rows: list[Row]
    more: int = 0
    period: int = 1
    until: float = 0.0  # seconds, the end of the last of `more`

    @property
    def shape(self) -> tuple[Any, ...]:
        return tuple(row.shape for row in self.rows)


def blocks(rows: Sequence[Row]) -> list[Block]:
    """Rows in blocks; where a group of up to PERIOD blocks comes again, only its first is kept,
    whose last block has the number of those that follow."""
    found: list[Block] = []
    for row in rows:
        if found and row.depth > found[-1].rows[0].depth:
            found[-1].rows.append(row)
        else:
            found.append(Block([row]))
    shapes = [block.shape for block in found]
    kept: list[Block] = []
    start = 0
    while start < len(found):
        period, more = repeated(shapes, start)
        kept += found[start : start + period]
        kept[-1].more, kept[-1].period = more, period
        start += period * (more + 1)
        last = found[start - 1].rows[-1].event
        kept[-1].until = last.fields.get("until") or last.t
    return kept


PERIOD = 6
FEW = 4  # rows that are no call are all shown, unless so many more are like them


def repeated(shapes: Sequence[tuple[Any, ...]], start: int) -> tuple[int, int]:
    """The best period of what is repeated from `start` on, and how often it comes again."""
    best = (1, 0)
    for period in range(1, PERIOD + 1):
        group = shapes[start : start + period]
        more = 0
        while shapes[start + period * (more + 1) : start + period * (more + 2)] == group:
            more += 1
        if all(len(shape) == 1 and shape[0][0] != "enter" for shape in group):
            more = more if more * period >= FEW else 0
        if more * period > best[0] * best[1]:
            best = (period, more)
    return best


def joined(waits: Sequence[Turn]) -> Iterator[Turn]:
    """Waits in a row, between which nothing ran, as one, until the end of the last."""
    if waits:
        wait, last = waits[0].rows[0], waits[-1].rows[0].event
        event = replace(wait.event, fields={**wait.event.fields, "until": last["until"]})
        yield Turn("wait", [replace(wait, event=event)], waited=sum(map(seconds, waits)))


def seconds(wait: Turn) -> float:
    event = wait.rows[0].event
    return float(event["until"] - event.t)
