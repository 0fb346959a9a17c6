"""Two stages on the same simulated clock, with the same poems: the first moment they differ."""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher, unified_diff
from functools import cached_property
from itertools import islice, zip_longest

from companion.peers.script import Script
from companion.trace.faults import with_fault
from companion.trace.show import TraceError, traced_beside
from companion.trace.trace import Trace
from companion.trace.turns import ARGUMENTS, Row
from companion.tutorial.stages import Stage, load_map
from companion.virtual.run import VirtualRun
from companion.virtual.stand_ins import VirtualError, scripts_of

AHEAD, MOST_ACTS = 2, 4000  # acts of both shown before a difference; acts that are aligned


@dataclass(frozen=True)
class Act:
    """One thing that a stage does: at t seconds, in a function of its own, and how it is like
    another stage's."""

    t: float
    inside: str
    row: Row

    @property
    def likeness(self) -> tuple[object, ...]:
        kind, _, *rest = self.row.shape
        text = self.row.event.fields.get("text")
        runs = self.row.runs is not None
        ever = kind == "wait" and self.row.event["until"] is None
        return (round(self.t, 6), kind, self.inside, text, runs, ever, *rest)


def acts(trace: Trace) -> Iterator[Act]:
    """Everything that the stage's own code does, and what it waits for, in its order; but how it
    reads its arguments, which is no behaviour of the chapter's."""
    for turn in trace.turns:
        inside: list[tuple[int, str]] = []
        for row in turn.rows:
            while inside and inside[-1][0] >= row.depth:
                inside.pop()
            if ARGUMENTS not in [name for _, name in inside]:
                yield Act(row.event.t, inside[-1][1] if inside else "", row)
            if row.event.kind == "enter":
                inside.append((row.depth, row.event["function"]))


@dataclass(frozen=True)
class Hunk:
    """A place where two stages differ: the acts of both that lead there, then those of each."""

    ahead: tuple[Act, ...]
    before: tuple[Act, ...]
    after: tuple[Act, ...]

    @property
    def shape(self) -> tuple[object, ...]:
        """What makes it like another: times and lanes left out."""
        return tuple(act.likeness[1:] for act in self.before), tuple(
            act.likeness[1:] for act in self.after
        )


@dataclass(frozen=True)
class Comparison:
    """What two stages did."""

    stages: tuple[Stage, Stage]
    runs: tuple[VirtualRun, VirtualRun]

    @cached_property
    def traces(self) -> tuple[Trace, Trace]:
        return Trace(self.runs[0].events), Trace(self.runs[1].events)

    @cached_property
    def first(self) -> tuple[Act | None, Act | None]:
        """The first act of each that the other does not do, None where it has ended, and both
        None where they do the same."""
        for left, right in zip_longest(*map(acts, self.traces)):
            if left is None or right is None or left.likeness != right.likeness:
                return left, right
        return None, None

    @property
    def t(self) -> float | None:
        """When they first differ, in seconds."""
        times = [act.t for act in self.first if act]
        return min(times, default=None)

    @property
    def output(self) -> list[str]:
        """What they print, and their exit status, as a unified diff; empty where it is the same."""
        names = [stage.id for stage in self.stages]
        printed = [
            [*(line for _, _, line in run.lines), f"(exit status {run.status}: {run.how})"]
            for run in self.runs
        ]
        return list(unified_diff(printed[0], printed[1], names[0], names[1], n=2, lineterm=""))

    @cached_property
    def hunks(self) -> list[tuple[Hunk, int]]:
        """Where they differ, in the order of time; what differs in the same way again is counted
        with the first. Of a long run the first MOST_ACTS acts of each are looked at."""
        both = [list(islice(acts(trace), MOST_ACTS)) for trace in self.traces]
        likeness = [[act.likeness for act in one] for one in both]
        found: dict[object, tuple[Hunk, int]] = {}
        matcher = SequenceMatcher(a=likeness[0], b=likeness[1], autojunk=False)
        same = 0  # where the acts that both do, one after another, began
        for tag, start, end, other, other_end in matcher.get_opcodes():
            if tag == "equal":
                same = start
                continue
            ahead = both[0][max(same, start - AHEAD) : start]
            hunk = Hunk(tuple(ahead), tuple(both[0][start:end]), tuple(both[1][other:other_end]))
            first, count = found.get(hunk.shape, (hunk, 0))
            found[hunk.shape] = first, count + 1
        return list(found.values())


def compare(before: Stage, after: Stage, fault: str = "") -> Comparison:
    """Run both, traced, with the poems of the first. Raises TraceError."""
    stages = load_map()
    try:
        own = [scripts_of(stage, stages) for stage in (before, after)]
        poems = [one for one in own[0] if one.poem] or [one for one in own[1] if one.poem]
        runs = [
            run(stage, scripts, poems, fault)
            for stage, scripts in zip((before, after), own, strict=True)
        ]
    except VirtualError as err:
        raise TraceError(str(err)) from None
    return Comparison((before, after), (runs[0], runs[1]))


def run(stage: Stage, own: list[Script], poems: list[Script], fault: str) -> VirtualRun:
    """One of the two: its own servers that send no poem, then the poems."""
    scripts = [*(one for one in own if not one.poem), *(poems if any(o.poem for o in own) else ())]
    return traced_beside(stage, with_fault(fault, scripts) if fault else scripts)
