"""A trace: a run's events, and what they are read into, each made once for every view."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from companion.event import Close, Enter, Event, Exit, Leave, Open, Wait
from companion.trace.chains import Chain, chains
from companion.trace.lanes import Lane, Marks, code_marks, lanes
from companion.trace.turns import (
    MAIN,
    Task,
    Turn,
    folded,
    folded_together,
    is_own,
    lane_of,
    task_of,
    turns,
)

CONNECTS = 30.0  # seconds that Twisted tries to connect


@dataclass(frozen=True)
class Trace:
    """The events of a traced run, or of a kept one; of two programs on one clock, those of both in
    their order, and each has a trace of its own."""

    events: Sequence[Event]

    @cached_property
    def programs(self) -> list["Trace"]:
        """The trace of each program, in the order in which they start."""
        names = dict.fromkeys(event.stage for event in self.events)
        if len(names) < 2:
            return [self]
        return [Trace([one for one in self.events if one.stage == name]) for name in names]

    @cached_property
    def name(self) -> str:
        """The stage, or program, that it is of; nothing where there are two."""
        return self.events[0].stage if self.events and not self.programs[1:] else ""

    @cached_property
    def end(self) -> float:
        """When the last event was, in seconds."""
        return max((event.t for event in self.events), default=0.0)

    @cached_property
    def ever(self) -> bool:
        """Whether it waits for ever, in the end."""
        return any(
            isinstance(event, Exit) and event.how == "waits for ever" for event in self.events
        )

    @cached_property
    def last(self) -> float:
        """When it ended, or began to wait for ever, in seconds."""
        if self.programs[1:]:
            return max(program.last for program in self.programs)
        if not self.ever:
            return self.end
        waits = [event.until or event.t for event in self.events if is_own(event)]
        others = [event.t for event in self.events if not isinstance(event, Wait | Exit)]
        return max([*waits, *others], default=0.0)

    @cached_property
    def idle(self) -> float:
        """When the reactor woke once more before it waited for ever, for nothing but a time-out of
        Twisted's that was cancelled; 0 where it did not."""
        if not self.ever or self.end == self.last:
            return 0.0
        tried = [event.t for event in self.events if isinstance(event, Open | Close)]
        return self.end if any(abs(t + CONNECTS - self.end) < 0.01 for t in tried) else 0.0

    @cached_property
    def lanes(self) -> list[Lane]:
        return lanes(self.events)

    @cached_property
    def marks(self) -> dict[Task, Marks]:
        """When the code of each thread and task runs and waits."""
        return code_marks(self.events)

    @cached_property
    def stuck(self) -> dict[Task, float]:
        """Since when each thread and task waits for ever, in seconds; none where the run ends."""
        if not self.ever:
            return {}
        found: dict[Task, float] = {MAIN: self.last}
        for event in self.events:
            task = task_of(event)
            gives_way = isinstance(event, Leave) and event.how == "yielded"
            waits = is_own(event) and event.until is None
            if task != MAIN and (waits or (gives_way and event.task)):
                found[task] = event.t
            elif isinstance(event, Enter | Leave) and task != MAIN:
                found.pop(task, None)
        return found

    @cached_property
    def turns(self) -> list[Turn]:
        return turns(self.events)

    @cached_property
    def folded(self) -> list[Turn]:
        """Its turns, those that look alike in one."""
        return folded_together(self.turns) if self.programs[1:] else folded(self.turns)

    @cached_property
    def chains(self) -> list[list[Chain]]:
        """Every Deferred, with those that went the same way."""
        found: dict[object, list[Chain]] = {}
        for chain in chains(self.events):
            found.setdefault(chain.shape, []).append(chain)
        return list(found.values())

    @cached_property
    def spread(self) -> "Trace":
        """A run in which no time passes, with the order of its events as their time; any other
        as it is."""
        if not self.events or self.last or not any(map(lane_of, self.events)):
            return self
        return Trace(in_order(self.events))


def in_order(events: Iterable[Event]) -> list[Event]:
    """Events with their order as their time."""
    return [event.but(t=float(n)) for n, event in enumerate(events)]
