"""Two stages on the same simulated clock, with the same poems: the first moment they differ."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher, unified_diff
from functools import cached_property
from itertools import zip_longest

from companion.diff.definitions import SourceError, read_source
from companion.event import Enter, Wait
from companion.peers.scenario import Scenario
from companion.peers.script import Script
from companion.trace.faults import with_fault
from companion.trace.show import TraceError, clients_of, traced_in
from companion.trace.trace import Trace
from companion.trace.turns import ARGUMENTS, Row
from companion.tutorial.stages import Stage, load_map
from companion.virtual.run import Run
from companion.virtual.stand_ins import VirtualError, scripts_of

AHEAD, MOST_ACTS = 2, 4000  # acts of both shown before a difference; acts that are aligned


@dataclass(frozen=True)
class Act:
    """One thing that a stage does: at t seconds, in a function of its own, and how it is like
    another stage's, in which some functions may be called otherwise."""

    t: float
    inside: str
    row: Row
    called: Mapping[str, str] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        """The functions that have to do with it, by the place that they have in it."""
        event = self.row.event
        return [self.inside, *(getattr(event, name, None) or "" for name in NAMED)]

    @property
    def deed(self) -> tuple[object, ...]:
        """What is done, whatever the functions are called."""
        event = self.row.event
        others = (getattr(event, name, None) for name in ("by", "failed", "how", "stream", "text"))
        runs = self.row.runs is not None
        ever = isinstance(event, Wait) and event.until is None
        return (round(self.t, 6), event.kind, runs, ever, *others)

    @property
    def likeness(self) -> tuple[object, ...]:
        return (*self.deed, *(self.called.get(name, name) for name in self.names))


NAMED = ("function", "calls", "callback", "errback")


def same_names(before: Sequence[Act], after: Sequence[Act]) -> dict[str, str]:
    """What a function of the second stage is called in the first, where only one of the two has
    that name: at least half of what either has to do with is the same, in the same order."""
    known = [Counter(name for act in acts for name in act.names) for acts in (before, after)]
    mine, theirs = known[0].keys() - known[1], known[1].keys() - known[0]
    both = known[0].keys() & known[1]
    if not (mine and theirs):
        return {}
    shapes = [
        [(act.deed, *(name if name in both else "" for name in act.names)) for act in acts]
        for acts in (before, after)
    ]
    matcher = SequenceMatcher(a=shapes[0], b=shapes[1], autojunk=False)
    pairs = Counter(
        pair
        for start, other, size in matcher.get_matching_blocks()
        for one, two in zip(before[start : start + size], after[other : other + size], strict=True)
        for pair in zip(two.names, one.names, strict=True)
        if pair[0] in theirs and pair[1] in mine
    )
    found: dict[str, str] = {}
    for (name, other), count in pairs.most_common():
        alike = 2 * count >= max(known[1][name], known[0][other])
        if alike and name not in found and other not in found.values():
            found[name] = other
    return found


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
            if isinstance(row.event, Enter):
                inside.append((row.depth, row.event.function))


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
    runs: tuple[Run, Run]
    fault: str = ""

    @cached_property
    def traces(self) -> tuple[Trace, Trace]:
        return Trace(self.runs[0].events), Trace(self.runs[1].events)

    @cached_property
    def acts(self) -> tuple[list[Act], list[Act]]:
        """What each does, the second's functions by their names in the first."""
        before, after = (list(acts(trace)) for trace in self.traces)
        called = same_names(before[:MOST_ACTS], after[:MOST_ACTS])
        return before, [replace(act, called=called) for act in after]

    @property
    def renamed(self) -> Mapping[str, str]:
        """The functions of the second that the first calls otherwise, and how."""
        return self.acts[1][0].called if self.acts[1] else {}

    @property
    def tried(self) -> list[str]:
        """What both had to do with: the poems, by name, and the fault."""
        poems = (getattr(event, "poem", None) for event in self.runs[0].events)
        return [*dict.fromkeys(filter(None, [*poems, self.fault]))]

    @cached_property
    def never(self) -> list[str]:
        """The functions of either that were never called, so that nothing is said of them."""
        names: dict[str, None] = {}
        for stage, trace in zip(self.stages, self.traces, strict=True):
            entered = {event.function for event in trace.events if isinstance(event, Enter)}
            try:
                parts = read_source(stage.file, stage.path).parts
            except SourceError:
                continue
            functions = (part.name for part in parts if part.kind == "function")
            names |= dict.fromkeys(name for name in functions if name not in entered)
        return list(names)

    @cached_property
    def first(self) -> tuple[Act | None, Act | None]:
        """The first act of each that the other does not do, None where it has ended, and both
        None where they do the same."""
        for left, right in zip_longest(*self.acts):
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
        both = [one[:MOST_ACTS] for one in self.acts]
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
            beside(stage, scripts, poems, fault)
            for stage, scripts in zip((before, after), own, strict=True)
        ]
    except VirtualError as err:
        raise TraceError(str(err)) from None
    return Comparison((before, after), (runs[0], runs[1]), fault)


def beside(stage: Stage, own: list[Script], poems: list[Script], fault: str) -> Run:
    """One of the two: its own servers that send no poem, then the poems."""
    scripts = [*(one for one in own if not one.poem), *(poems if any(o.poem for o in own) else ())]
    servers = with_fault(fault, scripts) if fault else scripts
    return traced_in(stage, Scenario(servers, clients=clients_of(stage)))
