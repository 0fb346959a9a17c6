"""Traces in simulated and in real time, in a form that is the same in both."""

from functools import cache
from itertools import groupby

from companion.event import Event, Leave
from companion.trace.lanes import lanes
from companion.trace.show import traced
from companion.trace.turns import turns
from companion.tutorial.stages import load_map
from companion.virtual.run import Run


@cache
def events_of(id: str, fault: str = "") -> tuple[Event, ...]:
    """What happens in a stage of the map, traced in simulated time."""
    return traced(load_map().by_id[id], fault).events


def acts(run: Run) -> list[tuple[object, ...]]:
    """Every shape of a turn of the stage's code, in the order in which they first appear; how
    often it waits in one is a matter of how busy the machine is. At the end stands what ran in
    other threads, in no order."""
    main = [event for event in run.events if not event.thread]
    found = (turn.shape for turn in turns(main) if turn.who != "wait")
    shapes = list(dict.fromkeys(tuple(row for row, _ in groupby(shape)) for shape in found))
    left = [event for event in run.events if event.thread and isinstance(event, Leave)]
    return [*shapes, *sorted((event.function, event.how) for event in left)]


def ends(run: Run) -> list[tuple[str, int, str]]:
    """How the lanes end. A transform server and its client both end theirs: the first is told."""
    return [(lane.name, lane.bytes, lane.how) for lane in lanes(run.events) if lane.name != "1"]
