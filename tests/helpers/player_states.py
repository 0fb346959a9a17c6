"""The state that a player shows, by the Python that draws traces: turns, lanes and chains."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from companion.event import (
    Close,
    Enter,
    Event,
    Exit,
    Fired,
    Got,
    Leave,
    Open,
    Print,
    Ran,
    Reactor,
    Read,
    Resumed,
    Runs,
    Sent,
    Timer,
    TimerCancelled,
    TimerFired,
    Wait,
)
from companion.trace.chains import Chain, Pause, chains
from companion.trace.lanes import Lane, lanes
from companion.trace.turns import Turns, lane_of, task_of


def states_of(events: Sequence[Event]) -> Iterator[dict[str, Any]]:
    """The state before the first of these events, and after each."""
    calls = Calls()
    of_lane, of_deferred = defaultdict(list), defaultdict(list)  # events, by name and by number
    found: dict[str, dict[str, Any]] = {}
    chained: dict[int, dict[str, Any]] = {}
    now: dict[str, Any] = {"t": 0, "stack": [], "waits": None, "loops": False, "printed": 0}
    now |= {"exit": None, "timers": [], "lanes": [], "deferreds": []}
    yield now
    for n, event in enumerate(events, 1):
        so_far = events[:n]
        calls.read(event)
        now = {**now, "t": event.t, "stack": calls.stack, "waits": waits(so_far)}
        now["printed"] += isinstance(event, Print)
        if isinstance(event, Exit):
            now["exit"] = {"status": event.status, "how": event.how}
        if isinstance(event, Reactor):
            now["loops"] = event.does == "runs"
        if "timer" in event.fields:
            now["timers"] = timers(so_far)
        if name := lane_of(event):
            of_lane[name].append(event)
            for one in lanes(of_lane[name]):
                found[name] = lane(one, of_lane[name])
        if number := event.fields.get("deferred"):
            of_deferred[number].append(event)
            for chain in chains(of_deferred[number]):
                chained[number] = deferred(chain, of_deferred[number])
        now["lanes"] = [found[name] for name in sorted(found, key=lambda name: (len(name), name))]
        now["deferreds"] = [chained[number] for number in sorted(chained)]
        yield now


class Calls:
    """The calls that go on, each with the line that it is in."""

    def __init__(self) -> None:
        self.reader = Turns()
        self.lines: dict[int, int] = {}

    def read(self, event: Event) -> None:
        inner = self.reader.stacks.get(task_of(event), [])
        line = event.fields.get("at" if isinstance(event, Enter) else "line")
        if inner and line and not isinstance(event, Leave):
            self.lines[inner[-1].call.call] = line
        if isinstance(event, Enter):
            self.lines[event.call] = event.line
        self.reader.read(event)

    @property
    def stack(self) -> list[list[Any]]:
        """Thread or task, number, function and line of each, in the order of their numbers."""
        rows = [(task, row.call) for task, rows in self.reader.stacks.items() for row in rows]
        return sorted(
            ([task, call.call, call.function, self.lines[call.call]] for task, call in rows),
            key=lambda one: one[1],
        )


def waits(events: Sequence[Event]) -> dict[str, Any] | None:
    """The last wait of the main thread, unless it is over."""
    for n in range(len(events) - 1, -1, -1):
        event = events[n]
        if isinstance(event, Wait) and not event.thread:
            after, until = events[n + 1 :], event.until
            if any(isinstance(one, Enter | TimerFired | Exit) for one in after):
                return None
            if until is not None and any(one.t >= until for one in after):
                return None
            return {"call": event.call, "until": until, "by": (event.by or "")}
    return None


def timers(events: Sequence[Event]) -> list[list[Any]]:
    """Those that are set: number, function and seconds."""
    over = {e.timer for e in events if isinstance(e, TimerFired | TimerCancelled)}
    found = [event for event in events if isinstance(event, Timer) and event.timer not in over]
    return [[event.timer, event.calls, event.t + event.delay] for event in found]


def lane(lane: Lane, own: Sequence[Event]) -> dict[str, Any]:
    """A connection, by what is drawn of it and by its own events."""
    number, _, poem = lane.name.partition(" ")
    ends = [event for event in own if isinstance(event, Open | Close)]
    hows = [event.how for event in ends if isinstance(event, Close)]

    def count(kind: type[Sent | Read | Got]) -> int:
        return sum(event.bytes for event in own if isinstance(event, kind))

    return {
        "name": number,
        "poem": poem,
        "open": bool(ends) and isinstance(ends[-1], Open),
        "how": hows[-1] if hows else "",
        "arrived": count(Sent),
        "read": count(Read),
        "got": count(Got),
    }


def deferred(chain: Chain, own: Sequence[Event]) -> dict[str, Any]:
    """A Deferred, by what is drawn of it and by its own events."""
    runs = [event for event in own if isinstance(event, Runs | Ran)]
    waiting = [step for step in chain.steps if isinstance(step, Pause) and not step.resumed]
    first = chain.fired[:1]
    hands = [
        e for e in own if isinstance(e, Ran | Resumed) or (isinstance(e, Fired) and e in first)
    ]
    value = {"fired": "value", "ran": "gave", "resumed": "value"}
    went = {event.pair: (event.side, event.fields.get("how", "runs")) for event in runs}
    return {
        "deferred": chain.number,
        "generator": chain.generator,
        "pairs": [
            [
                *(pair.pair, pair.callback, pair.errback),
                *(pair.joins or 0, pair.resumes or 0),
                *went.get(pair.pair, ("", "")),
            ]
            for pair in chain.pairs.values()
        ],
        "hand": [
            [hands[-1].fields[value[hands[-1].kind]], hands[-1].fields.get("failed", False)]
            for _ in hands[-1:]
        ],
        "runs": runs[-1].pair if runs and isinstance(runs[-1], Runs) else 0,
        "waits": waiting[-1].event.on if waiting else 0,
        "fired": len(chain.fired),
        "cancelled": bool(chain.cancelled),
        "unhandled": chain.unhandled is not None,
        "of": chain.join.of if chain.join else [],
    }
