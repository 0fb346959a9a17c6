"""The way of each Deferred's result through its pairs, step by step."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from companion.event import (
    Cancelled,
    Deferred,
    Enter,
    Event,
    Fired,
    Join,
    Pair,
    Paused,
    Ran,
    Resumed,
    Unhandled,
)


@dataclass
class Pause:
    """A wait on another Deferred, and how the chain went on."""

    event: Paused
    resumed: Resumed | Enter | None = None


@dataclass
class Chain:
    """One Deferred: where it was made and fired, its pairs, and the way of its result."""

    number: int
    made: Deferred
    pairs: dict[int, Pair] = field(default_factory=dict)
    fired: list[Fired] = field(default_factory=list)
    cancelled: list[Cancelled] = field(default_factory=list)
    steps: list[Ran | Pause] = field(default_factory=list)
    canceller: Enter | None = None  # its call, where the stage has one
    join: Join | None = None
    unhandled: Unhandled | None = None

    @property
    def yields(self) -> list[Pause]:
        """The waits of its generator, which come before it fires."""
        return [step for step in self.steps if isinstance(step, Pause) and step.event.line]

    @property
    def way(self) -> list[Ran | Pause]:
        """The way of its result, once it has fired."""
        return [step for step in self.steps if isinstance(step, Ran) or not step.event.line]

    @property
    def generator(self) -> str:
        return self.made.generator or ""

    @property
    def shape(self) -> tuple[Any, ...]:
        """Chains of one shape were made, extended and fired alike, and took the same way."""
        names = ("line", "function", "generator", "callback", "errback", "by", "side", "how")
        ways = (step if isinstance(step, Ran) else step.event for step in self.steps)
        events = [self.made, *self.pairs.values(), *self.fired, *self.cancelled, *ways]
        shapes = [(event.kind, *(getattr(event, name, None) for name in names)) for event in events]
        return (*shapes, self.join is None, self.unhandled is None)


def chains(events: Iterable[Event]) -> list[Chain]:
    """Every Deferred of a trace, by its number."""
    found: dict[int, Chain] = {}
    cancelled: Chain | None = None  # by the event before
    for event in events:
        if cancelled and isinstance(event, Enter):
            cancelled.canceller = event
        cancelled = None
        if isinstance(event, Deferred):
            found[event.deferred] = Chain(event.deferred, event)
        chain = found.get(getattr(event, "deferred", None) or 0)
        if chain is None:
            continue
        match event:
            case Pair():
                chain.pairs[event.pair] = event
            case Fired():
                chain.fired.append(event)
            case Cancelled():
                chain.cancelled.append(event)
                cancelled = chain
            case Ran():
                chain.steps.append(event)
            case Paused():
                chain.steps.append(Pause(event))
            case Join():
                chain.join = event
            case Unhandled():
                chain.unhandled = event
            case Resumed() | Enter(resumed=True):
                waiting = [s for s in chain.steps if isinstance(s, Pause) and not s.resumed]
                if waiting:
                    waiting[-1].resumed = event
    return [found[number] for number in sorted(found)]
