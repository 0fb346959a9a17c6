"""A trace as text: a lane a task, then the control as it passes between library and stage."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from companion.event import Event
from companion.trace import REACTOR_CALLS, Row, Turn, blocks, folded, lane_of, turns
from companion.width import clip, pad, visible

NAME = 17  # columns of a lane's name
MOST_LANES = 10  # more are summed in groups
LEFT = 30  # columns of the time and the library


@dataclass
class Lane:
    """A connection: when bytes were read from it, and its end."""

    name: str
    opened: float | None = None
    closed: float | None = None
    how: str = ""
    reads: list[float] = field(default_factory=list)
    bytes: int = 0


def lanes(events: Iterable[Event]) -> list[Lane]:
    """Every connection of a trace, in the order of their numbers."""
    found: dict[str, Lane] = {}
    for event in events:
        name = lane_of(event)
        if not name or event.kind == "enter":
            continue
        lane = found.setdefault(name, Lane(name))
        if event.kind == "open":
            lane.opened = event.t
            lane.name = f"{name} {event.fields.get('poem') or ''}".strip()
        elif event.kind in ("read", "got"):
            lane.reads.append(event.t)
            lane.bytes += event["bytes"]
        elif event.kind == "close":
            lane.closed, lane.how = event.t, event["how"]
    return [found[name] for name in sorted(found, key=lambda name: (len(name), name))]


def end_of(events: Sequence[Event]) -> float:
    return max((event.t for event in events), default=0.0)


def trace_text(events: Sequence[Event], width: int = 80) -> str:
    """The whole picture, in at most `width` columns."""
    lines = [head(events), "", *lane_lines(events, width)]
    lines += [pad("   time  the library", LEFT) + "the stage's code", "-" * min(width, 100)]
    for line in control(events):
        lines.append(left_column(line.t, line.left) + "  " * line.depth + line.text)
    lines += ending(events)
    return "\n".join(clip(line.rstrip(), width) for line in lines)


def head(events: Sequence[Event]) -> str:
    stage = events[0].stage if events else ""
    return f"{stage}: {end_of(events):.3f} s of simulated time"


def ending(events: Sequence[Event]) -> list[str]:
    """How the run ended, as lines."""
    ends = [event for event in events if event.kind == "exit"]
    hows = [event.fields.get("how", "exit") for event in ends]
    said = [
        f"ends with status {end['status']}" if how == "exit" else how
        for end, how in zip(ends, hows, strict=True)
    ]
    return [left_column(end.t, text) for end, text in zip(ends, said, strict=True)]


# The lanes: time runs to the right.


def axis_cells(width: int) -> int:
    """The columns of the axis in `width` columns."""
    return max(20, min(width, 160) - NAME - 22)


def axis_place(t: float, end: float, cells: int) -> int:
    """The column of the axis for a moment, in seconds."""
    return min(cells - 1, int(t / (end or 1) * cells))


def lane_lines(events: Sequence[Event], width: int, end: float = 0.0) -> list[str]:
    """The lanes under an axis that ends at `end` seconds, or with the run."""
    end, cells = end or end_of(events), axis_cells(width)
    shown = lanes(events)
    if not end and not shown:
        return []
    lines = [pad("", NAME) + pad("0 s", cells - 8) + f"{end:7.3f} s"]
    for group in groups(shown):
        lines.append(lane_line(group, end, cells))
    marks = code_marks(events)
    row = bar((), end, cells, " ", ".")
    for mark, spans in marks.items():
        over = bar(spans, end, cells, mark, " ")
        row = "".join(new if new != " " else old for new, old in zip(over, row, strict=True))
    lines.append(pad("the stage's code", NAME) + row)
    legend = ", ".join(f"{mark} {MARKS[mark]}" for mark, spans in marks.items() if spans)
    return [*lines, pad("", NAME) + legend, ""]


def groups(shown: Sequence[Lane]) -> Iterator[Sequence[Lane]]:
    size = -(-len(shown) // MOST_LANES) or 1
    for start in range(0, len(shown), size):
        yield shown[start : start + size]


def lane_line(group: Sequence[Lane], end: float, cells: int) -> str:
    first, last = group[0], group[-1]
    name = first.name if len(group) == 1 else f"{first.name.split()[0]} to {last.name.split()[0]}"
    spans = [(t, t) for lane in group for t in lane.reads]
    open_until = max((end if lane.closed is None else lane.closed for lane in group), default=end)
    text = bar(spans, end, cells, "=", " ", open_until)
    hows = {lane.how or "open" for lane in group}
    said = f" {sum(lane.bytes for lane in group):,} bytes, {'/'.join(sorted(hows))}"
    return pad(clip(visible(name), NAME - 1), NAME) + text + said


def bar(
    spans: Iterable[tuple[float, float]],
    end: float,
    cells: int,
    mark: str,
    empty: str,
    until: float = 0.0,
) -> str:
    """A line of time with a mark where something is; dots up to `until`."""
    row = [empty] * cells
    if until:
        open_cells = axis_place(until, end, cells) + 1
        row[:open_cells] = ["."] * open_cells
    for start, stop in spans:
        for cell in range(axis_place(start, end, cells), axis_place(stop, end, cells) + 1):
            row[cell] = mark
    return "".join(row)


def code_marks(events: Iterable[Event]) -> dict[str, list[tuple[float, float]]]:
    """When the stage's code waits, runs, or keeps the reactor from going on: times from and to."""
    marks: dict[str, list[tuple[float, float]]] = {mark: [] for mark in MARKS}
    stack: list[bool] = []  # whether each call was made in a turn of the reactor
    for event in events:
        if event.kind == "enter":
            in_turn = event["by"] == "reactor" or bool(stack and stack[-1])
            stack.append(in_turn and event["by"] != "start")
        elif event.kind == "leave" and stack:
            stack.pop()
        elif event.kind == "wait" and stack and event["call"] not in REACTOR_CALLS:
            until = event["until"] if event["until"] is not None else end_of([event])
            marks["!" if stack[-1] else "-"].append((event.t, until))
        if event.kind in ("enter", "print"):
            marks["#"].append((event.t, event.t))
    return marks


MARKS = {"-": "waits", "#": "runs", "!": "waits, and the reactor stands still"}


# The control: time runs down.


@dataclass(frozen=True)
class Line:
    """One line of the control: at t seconds, what the library does, and the stage's code."""

    t: float
    left: str
    depth: int
    text: str


def control(events: Sequence[Event]) -> Iterator[Line]:
    """The control as it passes; what is repeated is said once, with how often."""
    for turn in folded(turns(events)):
        yield from row_lines(turn.rows, turn)
        if turn.more:
            lanes = ", ".join(turn.lanes[:6]) + (", …" if len(turn.lanes) > 6 else "")
            where = f" (lanes {lanes})" if len(turn.lanes) > 1 else ""
            waited = f", and the reactor waits, {turn.waited:.3f} s in all" if turn.waited else ""
            said = f"… {len(turn.more)} more like it{where}{waited}"
            yield Line(turn.last.rows[0].event.t, "", 0, said)


def row_lines(rows: Sequence[Row], turn: Turn) -> Iterator[Line]:
    for block in blocks(rows):
        row, *inside = block.rows
        yield Line(row.event.t, left_text(row, turn), row.depth, row_text(row))
        yield from row_lines(inside, turn)
        if block.more:
            what = "lines" if row.event.kind == "print" else "like it"
            what = f"groups like these {block.period}" if block.period > 1 else what
            yield Line(block.until, "", row.depth, f"… {block.more} more {what}")


def left_column(t: float, text: str) -> str:
    return pad(f"{t:7.3f}  {text}", LEFT - 1) + " "


def left_text(row: Row, turn: Turn) -> str:
    event = row.event
    if event.kind == "wait" and turn.who == "wait":
        return "reactor waits"
    if event.kind != "enter":
        line = event.fields.get("line")
        return f"line {line}".rjust(LEFT - 11) if line and event.kind != "leave" else ""
    if event["by"] == "stage":
        return ""
    if row.runs:
        return f"D{row.runs['deferred']}, {row.runs['side']} {row.runs['pair']} -->"
    lane = lane_of(event)
    return f"{event['by']}{f', lane {lane}' if lane else ''} -->"


def row_text(row: Row) -> str:
    event = row.event
    takes = f", takes {row.runs['took']}" if row.runs else ""
    if event.kind == "wait" and (row.depth or event["call"] not in REACTOR_CALLS):
        return f"waits {wait_text(event)}"
    return visible(TEXTS[event.kind](event) + takes)


def wait_text(event: Event) -> str:
    if event["until"] is None:
        return f"for ever in {event['call']}"
    return f"{event['until'] - event.t:.3f} s in {event['call']}, until {event['until']:.3f}"


def enter_text(event: Event) -> str:
    return f"{event['function']}{' goes on' if event.fields.get('resumed') else ''}"


def fired_text(event: Event) -> str:
    again = ", for the second time" if event.fields.get("again") else ""
    return f"D{event['deferred']} fires with {event['value']}{again}"


def pair_text(event: Event) -> str:
    names = f"{event['callback'] or 'pass on'} | {event['errback'] or 'pass on'}"
    if "joins" in event.fields:
        return f"D{event['deferred']} will tell D{event['joins']}"
    if "resumes" in event.fields:
        return f"D{event['deferred']} will let D{event['resumes']} go on"
    return f"D{event['deferred']} gets the pair {names}"


def join_text(event: Event) -> str:
    members = ", ".join(f"D{number}" for number in event["of"])
    return f"D{event['deferred']} joins {members} ({event['by']})"


def made_text(event: Event) -> str:
    if "generator" in event.fields:
        return f"D{event['deferred']} stands for {event['generator']}"
    return f"D{event['deferred']} is made"


TEXTS = {
    "enter": enter_text,
    "leave": lambda e: f"{e['how']} {e['value']}",
    "print": lambda e: ("! " if e["stream"] == "stderr" else "> ") + e["text"],
    "wait": wait_text,
    "timer": lambda e: f"timer {e['timer']}: {e['calls']} in {e['delay']:g} s",
    "timer_fired": lambda e: f"timer {e['timer']} fires",
    "timer_cancelled": lambda e: f"timer {e['timer']} is cancelled",
    "deferred": made_text,
    "pair": pair_text,
    "fired": fired_text,
    "paused": lambda e: f"D{e['deferred']} waits on D{e['on']}",
    "resumed": lambda e: f"D{e['deferred']} goes on with {e['value']}, from D{e['on']}",
    "cancelled": lambda e: f"D{e['deferred']} is cancelled",
    "unhandled": lambda e: f"D{e['deferred']} ends UNHANDLED: {e['value']}",
    "join": join_text,
}
