"""The lanes of a trace: a connection each, with what was sent and read of it."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from companion.event import Close, Enter, Event, Got, Leave, Open, Print, Read, Wait
from companion.trace.turns import MAIN, Task, is_own, lane_of, task_of

MARKS = {"-": "waits", "#": "runs", "!": "blocks"}  # the words of each
Marks = dict[str, list[tuple[float, float]]]  # by mark, times from and to


@dataclass
class Lane:
    """A connection: when bytes were read from it, and its end."""

    name: str
    opened: float | None = None
    closed: float | None = None
    how: str = ""
    reads: list[float] = field(default_factory=list)
    bytes: int = 0

    @property
    def is_open(self) -> bool:
        """Whether there ever was a connection."""
        return self.opened is not None or bool(self.reads)

    @property
    def cut(self) -> float | None:
        """When it was refused or reset, in seconds."""
        return self.closed if self.how in ("refused", "reset") else None


def lanes(events: Iterable[Event]) -> list[Lane]:
    """Every connection of a trace, in the order of their numbers."""
    found: dict[str, Lane] = {}
    for event in events:
        name = lane_of(event)
        if not name or isinstance(event, Enter):
            continue
        lane = found.setdefault(name, Lane(name))
        match event:
            case Open():
                lane.opened = event.t
                lane.name = f"{name} {event.poem or ''}".strip()
            case Read() | Got():
                lane.reads.append(event.t)
                lane.bytes += event.bytes
            case Close():
                lane.closed, lane.how = event.t, event.how
    return [found[name] for name in sorted(found, key=lambda name: (len(name), name))]


def code_marks(events: Iterable[Event]) -> dict[Task, Marks]:
    """When the stage's code waits, runs, or keeps the reactor from going on, in each thread and
    task, the main one first: times from and to."""
    found: dict[Task, Marks] = {MAIN: {mark: [] for mark in MARKS}}
    stacks: dict[Task, list[bool]] = {}  # whether each call was made in a turn of the reactor
    awaits: dict[Task, float] = {}  # since when a task has given way
    end = 0.0
    for event in events:
        task, end = task_of(event), max(end, event.t)
        if not isinstance(event, Enter | Leave | Wait | Print):
            continue
        marks = found.setdefault(task, {mark: [] for mark in MARKS})
        stack = stacks.setdefault(task, [])
        if isinstance(event, Enter):
            if not stack and task in awaits:
                marks["-"].append((awaits.pop(task), event.t))
            in_turn = event.by in ("reactor", "task") or bool(stack and stack[-1])
            stack.append(in_turn and event.by != "start")
        elif isinstance(event, Leave) and stack:
            stack.pop()
            if not stack and event.task and event.how == "yielded":
                awaits[task] = event.t
        elif stack and is_own(event):
            until = event.until if event.until is not None else event.t
            marks["!" if stack[-1] else "-"].append((event.t, until))
        if isinstance(event, Enter | Print):
            marks["#"].append((event.t, event.t))
    for task, start in awaits.items():
        found[task]["-"].append((start, end))
    return found
