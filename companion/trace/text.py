"""A trace as text: a lane a task, then the control as it passes between library and stage."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from companion.event import Event
from companion.render.text import clip, columns, pad, visible
from companion.trace.lanes import MARKS, Lane, Marks
from companion.trace.trace import Trace
from companion.trace.turns import (
    ARGUMENTS,
    Row,
    blocks,
)
from companion.trace.words import (
    how_text,
    lane_text,
    left_text,
    row_line,
    row_text,
    say,
    unseen_lines,
)

NAME = 17  # columns of a lane's name
MOST_LANES = 10  # more are summed in groups
LEFT = 30  # columns of the time and the library


def trace_text(trace: Trace, width: int = 80, lang: str = "en") -> str:
    """The whole picture, in at most `width` columns."""
    lines = [head(trace, lang), *unseen_lines(trace.events, lang), ""]
    lines += lane_lines(trace, width, lang=lang)
    title = pad(f"   {say(lang, 'time')}  {say(lang, 'library')}", LEFT)
    lines += [title + say(lang, "code"), "-" * min(width, 100)]
    for line in control(trace, lang):
        left = f"{line.left} -->" if line.calls else line.left
        if line.line:
            left = " " * (LEFT - 11 - columns(line.line)) + line.line
        lines.append(left_column(line.t, left) + "  " * line.depth + line.text)
    lines += [left_column(t, text) for t, text in ending(trace, lang)]
    return "\n".join(clip(line.rstrip(), width) for line in lines)


def head(trace: Trace, lang: str = "en") -> str:
    """The stage and its time, real or simulated."""
    stage = trace.events[0].stage if trace.events else ""
    real = any("pid" in event.fields for event in trace.events if event.kind == "start")
    return say(lang, "real head" if real else "head", stage=stage, seconds=trace.end)


def ending(trace: Trace, lang: str = "en") -> list[tuple[float, str]]:
    """How the run ended: when, in seconds, and in words."""
    return [(event.t, exit_text(event, lang)) for event in trace.events if event.kind == "exit"]


def exit_text(event: Event, lang: str) -> str:
    how = event.fields.get("how", "exit")
    return say(lang, "exit", **event.fields) if how == "exit" else how_text(how, lang)


# The lanes: time runs to the right.


def axis_cells(width: int) -> int:
    """The columns of the axis in `width` columns."""
    return max(20, min(width, 160) - NAME - 22)


def axis_place(t: float, end: float, cells: int) -> int:
    """The column of the axis for a moment, in seconds."""
    return min(cells - 1, int(t / (end or 1) * cells))


def lane_lines(trace: Trace, width: int, end: float = 0.0, lang: str = "en") -> list[str]:
    """The lanes under an axis that ends at `end` seconds, or with the run."""
    passes = end or trace.end
    trace, cells = trace if passes else trace.spread, axis_cells(width)
    end = passes or trace.end
    if not end:
        return []
    axis = pad("0 s", cells - 8) + f"{end:7.3f} s" if passes else say(lang, "no time")
    lines = [pad("", NAME) + axis]
    for group in groups(trace.lanes):
        lines.append(lane_line(group, end, cells, lang))
    lines.append(pad(say(lang, "code"), NAME) + code_bar(trace.marks, end, cells))
    for number, marks in trace.threads.items():
        lines.append(pad(say(lang, "thread", thread=number), NAME) + code_bar(marks, end, cells))
    there = [mark for mark in MARKS if any(one[mark] for one in trace.every_mark)]
    legend = [f"{mark} {say(lang, MARKS[mark])}" for mark in there]
    return [*lines, pad("", NAME) + ", ".join(legend), ""]


def code_bar(marks: Marks, end: float, cells: int) -> str:
    """A line of time with what the code does in a thread."""
    row = bar((), end, cells, " ", ".")
    for mark, spans in marks.items():
        over = bar(spans, end, cells, mark, " ")
        row = "".join(new if new != " " else old for new, old in zip(over, row, strict=True))
    return row


def groups(shown: Sequence[Lane]) -> Iterator[Sequence[Lane]]:
    size = -(-len(shown) // MOST_LANES) or 1
    for start in range(0, len(shown), size):
        yield shown[start : start + size]


def group_text(group: Sequence[Lane], lang: str) -> tuple[str, str]:
    """The name of some lanes, and what came of them."""
    name = lane_text(group[0].name, lang)
    if len(group) > 1:
        name = say(lang, "to", group[0].name.split()[0], group[-1].name.split()[0])
    hows = sorted({say(lang, lane.how or "open") for lane in group})
    return name, say(lang, "bytes", sum(lane.bytes for lane in group), "/".join(hows))


def lane_line(group: Sequence[Lane], end: float, cells: int, lang: str) -> str:
    name, said = group_text(group, lang)
    spans = [(t, t) for lane in group for t in lane.reads]
    was_open = [end if lane.closed is None else lane.closed for lane in group if lane.is_open]
    text = list(bar(spans, end, cells, "=", " ", max(was_open, default=0.0)))
    for lane in group:
        if lane.cut is not None:
            text[axis_place(lane.cut, end, cells)] = "x"
    return pad(clip(visible(name), NAME - 1), NAME) + "".join(text) + " " + said


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


# The control: time runs down.


@dataclass(frozen=True)
class Line:
    """One line of the control: at t seconds, what the library does, and the stage's code.

    `what` is an event's kind, or more for what is like the line before; `line` is where in the
    stage. `calls` is whether the library calls the stage here, and `how` that call came to its
    end, "" where it did not; of a leave it is how the function was left. `turn` counts turns.
    """

    t: float
    left: str
    depth: int
    text: str
    what: str = "more"
    line: str = ""
    calls: bool = False
    how: str = ""
    turn: int = 0


def control(trace: Trace, lang: str = "en") -> Iterator[Line]:
    """The control as it passes; what is repeated is said once, with how often."""
    for number, turn in enumerate(trace.folded):
        for line in row_lines(turn.rows, lang):
            yield replace(line, turn=number)
        if turn.more:
            lanes = ", ".join(turn.lanes[:6]) + (", …" if len(turn.lanes) > 6 else "")
            said = say(lang, "more", len(turn.more))
            said += say(lang, "lanes", lanes) if len(turn.lanes) > 1 else ""
            said += say(lang, "waited", turn.waited) if turn.waited else ""
            yield Line(turn.last.rows[0].event.t, "", 0, said, turn=number)


def row_lines(rows: Sequence[Row], lang: str) -> Iterator[Line]:
    for block in blocks(rows):
        row, *inside = block.rows
        event = row.event
        calls = event.kind == "enter" and event["by"] != "stage"
        yield Line(
            event.t,
            left_text(row, lang),
            row.depth,
            row_text(row, lang),
            event.kind,
            line=row_line(row, lang),
            calls=calls,
            how=row.how or event.fields.get("how", ""),
        )
        if event.fields.get("function") != ARGUMENTS:
            yield from row_lines(inside, lang)
        if block.more:
            text = "more lines" if event.kind == "print" else "more"
            text = "more groups" if block.period > 1 else text
            said = say(lang, text, block.more, block.period)
            yield Line(block.until, "", row.depth, said)


def left_column(t: float, text: str) -> str:
    return pad(f"{t:7.3f}  {text}", LEFT - 1) + " "
