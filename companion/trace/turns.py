"""A trace read into what its pictures show: turns of the stage's code, lanes, and Deferreds.

Everything here is made of events alone, those of a traced run or of a kept one.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeGuard

from companion.event import (
    Cancelled,
    Deferred,
    Ended,
    Enter,
    Event,
    Fired,
    Join,
    Leave,
    Pair,
    Paused,
    Print,
    Ran,
    Reactor,
    Resumed,
    Runs,
    Timer,
    TimerCancelled,
    TimerFired,
    Unhandled,
    Wait,
)

TIMERS = Timer, TimerFired, TimerCancelled
TO_DEFERRED = Deferred, Pair, Fired, Paused, Resumed, Cancelled, Unhandled, Join
SHOWN = Enter, Leave, Print, Wait, Reactor, *TIMERS, *TO_DEFERRED
BEGINS = {"start", "reactor", "thread", "task"}  # who may begin a turn of the stage's code
ARGUMENTS = "parse_args"  # the stages' function for them, which is no part of a chapter

# A thread or a task of asyncio: its name, or the number of a thread that has none; MAIN is the main
# thread, outside of a task.
Task = str | int
MAIN = 0


@dataclass
class Row:
    """One thing that happened, `depth` calls deep in a turn of the stage's code."""

    event: Event
    depth: int
    runs: Runs | None = None  # in an enter: the callback of a Deferred that it is
    how: str = ""  # in an enter: how the call came to its end

    @property
    def call(self) -> Enter:
        """The call that it begins; the row is an enter's."""
        assert isinstance(self.event, Enter)
        return self.event

    @property
    def shape(self) -> tuple[Any, ...]:
        """What makes it like another: values, numbers and times left out."""
        names = ("function", "by", "calls", "failed", "callback", "errback", "how", "stream")
        event = self.event
        return (event.kind, self.depth, *(getattr(event, name, None) for name in names))


@dataclass
class Turn:
    """From the moment that the stage's code is called until it gives the control back, or a wait
    between two of these. `who` is start, reactor, thread, task or wait; `more` are turns like it
    that follow."""

    who: str
    rows: list[Row] = field(default_factory=list)
    more: "list[Turn]" = field(default_factory=list)
    period: int = 1  # of so many turns, that `more` repeats, it is the last
    waited: float = 0.0  # seconds that the reactor waited between it and the last of `more`

    @property
    def shape(self) -> tuple[Any, ...]:
        return (self.who, *(row.shape for row in self.rows))

    @property
    def program(self) -> str:
        """The stage or program whose code it is."""
        return self.rows[0].event.stage

    @property
    def wait(self) -> Wait | None:
        """The wait that it is, if it is one between the turns."""
        event = self.rows[0].event
        return event if self.who == "wait" and isinstance(event, Wait) else None

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

    @property
    def tasks(self) -> list[Task]:
        """The threads or tasks that had it, and those like it."""
        return list(dict.fromkeys(task_of(turn.rows[0].event) for turn in (self, *self.more)))


def lane_of(event: Event) -> str:
    """The name of the lane of an event: a server's number, or c and a client's number."""
    if not isinstance(event, Ended):
        return ""
    return str(event.lane) if event.lane else f"c{event.client}" if event.client else ""


def task_of(event: Event) -> Task:
    """The thread or task that it happened in."""
    return event.task or event.thread or MAIN


def is_own(event: Event) -> TypeGuard[Wait]:
    """Whether the stage waits, in a call of its own, and not the reactor."""
    return isinstance(event, Wait) and event.by == "stage"


class Turns:
    """Reads events into turns: whose the control is, and how deep in the stage's calls."""

    def __init__(self) -> None:
        self.found: list[Turn] = []
        self.task: Task = MAIN  # that has the control
        self.stacks: dict[Task, list[Row]] = {}  # the calls of each that have not ended
        self.last: dict[Task, Turn] = {}  # the last turn of each
        self.broken = False  # another program has had the control since
        self.below = 0  # those calls of the main thread that wait for the reactor's run to return
        self.runs: Runs | None = None

    @property
    def stack(self) -> list[Row]:
        """The calls that have not ended, of the thread or task that has the control."""
        return self.stacks.setdefault(self.task, [])

    @property
    def depth(self) -> int:
        """How deep a row is that is not a call of its own."""
        below = self.below if self.task == MAIN else 0
        return self.stack[-1].depth + 1 if self.stack[below:] else 0

    def add(self, event: Event, depth: int, who: str = "") -> Row:
        if who or self.broken or not self.found or self.found[-1].who == "wait":
            self.found.append(Turn(who or "goes on"))
        self.last[self.task], self.broken = self.found[-1], False
        self.found[-1].rows.append(Row(event, depth))
        return self.found[-1].rows[-1]

    def read(self, event: Event) -> None:
        if isinstance(event, Wait):
            self.wait(event)
            return
        if isinstance(event, SHOWN) and task_of(event) != self.task:
            self.switch(event)
        match event:
            case Enter():
                self.enter(event)
            case Leave():
                self.leave(event)
            case Runs():
                self.runs = event
            case Ran():
                self.runs = None
            case Reactor():
                self.reactor(event)
            case _ if isinstance(event, SHOWN):
                self.add(event, self.depth)

    def switch(self, event: Event) -> None:
        """Another thread or task has the control from this event on; if it was in the middle of
        calls, they go on."""
        self.task = task_of(event)
        if not isinstance(event, Enter) or event.by not in BEGINS:
            self.found.append(Turn("goes on"))  # where none of its calls does, the library's own
            self.go_on(event, "thread", self.below if self.task == MAIN else 0)

    def wait(self, event: Wait) -> None:
        """A wait of the reactor; or of the stage in a call of its own, which ends its thread's
        turn, though others have had theirs before the wait is over."""
        stack = self.stacks.get(task_of(event), [])
        if stack and is_own(event):
            self.last[task_of(event)].rows.append(Row(event, stack[-1].depth + 1))
        else:
            self.found.append(Turn("wait", [Row(event, 0)]))

    def enter(self, event: Enter) -> None:
        new = event.by in BEGINS
        row = self.add(event, 0 if new else self.depth, event.by if new else "")
        self.stack.append(row)
        if event.by != "stage":
            row.runs, self.runs = self.runs, None

    def leave(self, event: Leave) -> None:
        if not self.stack:
            return
        call = self.stack.pop()
        call.how = event.how
        if event.how != "returned" or event.value != "None":
            self.add(event, call.depth + 1)
        if call.call.by in BEGINS - {"start"}:
            self.found.append(Turn("goes on"))

    def reactor(self, event: Reactor) -> None:
        """The stage's calls wait while the reactor runs, and go on when it returns."""
        if event.does == "runs":
            self.add(event, self.depth)
            self.below = len(self.stack)
            return
        self.below = 0
        self.go_on(event, "returns")

    def go_on(self, event: Event, by: Literal["thread", "returns"], first: int = 0) -> None:
        """The calls that have not ended, from the first of these on, go on in a turn of theirs."""
        for number, call in enumerate(self.stack[first:], first):
            begun = call.call
            again = begun.but(t=event.t, by=by if number == first else begun.by, resumed=True)
            who = "" if number > first else "thread" if by == "thread" else "goes on"
            self.stack[number] = self.add(again, call.depth, who)


def turns(events: Iterable[Event]) -> list[Turn]:
    """The control as it passes: every turn of the stage's code and every wait, in their order, and
    those of two programs as they come."""
    readers: dict[str, Turns] = defaultdict(Turns)
    found: list[Turn] = []
    last = ""  # who has had the control last
    for event in events:
        reader = readers[event.stage]
        if isinstance(event, SHOWN) and not isinstance(event, Wait):
            reader.broken = reader.broken or event.stage != last
            last = event.stage
        known = len(reader.found)
        reader.read(event)
        found += reader.found[known:]
    return [turn for turn in found if turn.rows]


def folded(found: Sequence[Turn]) -> list[Turn]:
    """Turns that look alike in one, where nothing but waits is between them."""
    result: list[Turn] = []
    waits: list[Turn] = []
    shape: tuple[Any, ...] = ()
    for turn in found:
        if turn.wait and turn.wait.until is not None:
            waits.append(turn)
            continue
        if result and turn.who in BEGINS and turn.shape == shape:
            result[-1].more.append(turn)
            result[-1].waited += sum(map(seconds, waits))
        else:
            result += joined(waits)
            result.append(replace(turn, more=[]))
            shape = turn.shape
        waits = []
    return [*result, *joined(waits)]


def folded_together(found: Sequence[Turn]) -> list[Turn]:
    """The turns of two programs, without the waits between them; where a group of up to PERIOD
    comes again, only its first is kept."""
    shown = [turn for turn in found if not turn.wait or turn.wait.until is None]
    shapes = [(turn.program, *turn.shape) for turn in shown]
    kept: list[Turn] = []
    start = 0
    while start < len(shown):
        period, more = repeated(shapes, start)
        end = start + period * (more + 1)
        kept += [replace(turn, more=[]) for turn in shown[start : start + period]]
        kept[-1].more, kept[-1].period = shown[start + period : end], period
        start = end
    return kept


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
        kept[-1].until = (isinstance(last, Wait) and last.until) or last.t
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
        first, last = waits[0].wait, waits[-1].wait
        assert first is not None
        assert last is not None
        whole = Row(first.but(until=last.until), 0)
        yield Turn("wait", [whole], waited=sum(map(seconds, waits)))


def seconds(turn: Turn) -> float:
    """How long a wait between two turns takes, which comes to its end."""
    wait = turn.wait
    return wait.until - wait.t if wait and wait.until is not None else 0.0
