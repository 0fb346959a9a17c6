"""The way of each Deferred's result through its pairs, step by step."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from companion.event import Event


@dataclass
class Hop:
    """A result on its way: through a pair, or waiting on another Deferred."""

    event: Event
    resumed: Event | None = None


@dataclass
class Chain:
    """One Deferred: where it was made and fired, its pairs, and the way of its result."""

    number: int
    made: Event
    pairs: dict[int, Event] = field(default_factory=dict)
    fired: list[Event] = field(default_factory=list)
    cancelled: list[Event] = field(default_factory=list)
    steps: list[Hop] = field(default_factory=list)
    canceller: Event | None = None  # its call, where the stage has one
    join: Event | None = None
    unhandled: Event | None = None

    @property
    def yields(self) -> list[Hop]:
        """The waits of its generator, which come before it fires."""
        return [step for step in self.steps if "line" in step.event.fields]

    @property
    def way(self) -> list[Hop]:
        """The way of its result, once it has fired."""
        return [step for step in self.steps if "line" not in step.event.fields]

    @property
    def generator(self) -> str:
        return str(self.made.fields.get("generator", ""))

    @property
    def shape(self) -> tuple[Any, ...]:
        """Chains of one shape were made, extended and fired alike, and took the same way."""
        names = ("line", "function", "generator", "callback", "errback", "by", "side", "how")
        events = [self.made, *self.pairs.values(), *self.fired, *self.cancelled]
        events += [step.event for step in self.steps]
        shapes = [(e.kind, *(e.fields.get(name) for name in names)) for e in events]
        return (*shapes, self.join is None, self.unhandled is None)


def chains(events: Iterable[Event]) -> list[Chain]:
    """Every Deferred of a trace, by its number."""
    found: dict[int, Chain] = {}
    cancelled: Chain | None = None  # by the event before
    for event in events:
        if cancelled and event.kind == "enter":
            cancelled.canceller = event
        cancelled = None
        number = event.fields.get("deferred")
        if event.kind == "deferred":
            found[event["deferred"]] = Chain(event["deferred"], event)
        if number not in found:
            continue
        chain = found[number]
        if event.kind == "pair":
            chain.pairs[event["pair"]] = event
        elif event.kind in ("fired", "cancelled"):
            getattr(chain, event.kind).append(event)
            cancelled = chain if event.kind == "cancelled" else None
        elif event.kind in ("ran", "paused"):
            chain.steps.append(Hop(event))
        elif event.kind in ("join", "unhandled"):
            setattr(chain, event.kind, event)
        elif event.kind in ("resumed", "enter"):
            waiting = [s for s in chain.steps if s.event.kind == "paused" and not s.resumed]
            if waiting and (event.kind == "resumed" or event.fields.get("resumed")):
                waiting[-1].resumed = event
    return [found[number] for number in sorted(found)]
