"""A trace as text: a lane a task, then the control as it passes between library and stage."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from companion.event import Enter, Exit, Print, Start
from companion.render.terminal import PIPE, Piece, Screen
from companion.render.text import columns, pad, visible, wrap
from companion.trace.lanes import MARKS, Lane, Marks
from companion.trace.legend import (
    BLOCKS,
    CUT,
    EVER,
    OPEN,
    READ,
    RUNS,
    WAITS,
    Glyphs,
    glyphs_of,
    legend_lines,
)
from companion.trace.trace import Trace
from companion.trace.turns import (
    ARGUMENTS,
    Row,
    blocks,
)
from companion.trace.words import (
    how_text,
    lane_text,
    lanes_text,
    left_text,
    row_line,
    row_text,
    say,
    task_text,
    tasks_text,
    times_text,
    unseen_lines,
)

Shown = TypeVar("Shown")
NAME_WIDTH = 17  # columns of a lane's name
MOST_LANES = 10  # more are summed in groups
LEFT = 32  # columns of the time and the library
Pieces = Sequence[Piece]


def trace_text(trace: Trace, screen: Screen = PIPE) -> str:
    """The whole picture, as wide as the screen at the most."""
    lang, glyphs = screen.lang, glyphs_of(screen)
    lines: list[Pieces] = [[(head(trace, lang), "bold")]]
    for program in trace.programs:
        if not trace.name:
            lines += [[], [(program.name, "bold")]]
        lines += [[(line, "dim")] for line in unseen_lines(program.events, lang)]
        lines += [[], *lane_lines(program, screen, 0.0 if trace.name else axis_end(trace))]
    title = pad(f"   {say(lang, 'time')}  {say(lang, 'library')}", LEFT) + say(lang, "code")
    lines += [[(title, "bold")], [(glyphs.rule * min(screen.columns or 80, 100), "dim")]]
    lines += [control_line(line, screen) for line in control(trace, lang)]
    lines += [[(f"{t:7.3f}  ", "dim"), (text, "bold")] for t, text in ending(trace, lang)]
    return "\n".join(screen.line(*pieces) for pieces in lines)


def head(trace: Trace, lang: str = "en") -> str:
    """The stage and its time, real or simulated."""
    stage = say(lang, "and").join(program.name for program in trace.programs)
    real = any(isinstance(event, Start) and event.pid for event in trace.events)
    text = say(lang, "real head" if real else "head", stage=stage, seconds=trace.last)
    return text + (say(lang, "then for ever") if trace.ever else "")


def ending(trace: Trace, lang: str = "en") -> list[tuple[float, str]]:
    """How the run ended: when, in seconds, and in words."""
    exits = [event for event in trace.events if isinstance(event, Exit)]
    if trace.name:
        return [(event.t, exit_text(event, lang)) for event in exits]
    return [(e.t, say(lang, "of program", e.stage, exit_text(e, lang))) for e in exits]


def exit_text(event: Exit, lang: str) -> str:
    """How a run ended: by its exit status, or what became of it."""
    how = event.how or "exit"
    return say(lang, "exit", status=event.status) if how == "exit" else how_text(how, lang)


# The lanes: time runs to the right.


def axis_cells(screen: Screen) -> int:
    """The columns of the axis on a screen."""
    return max(20, min(screen.columns or 80, 160) - NAME_WIDTH - 22)


def axis_end(trace: Trace) -> float:
    """Where an axis ends, in seconds: with the run, or a little after waiting for ever began."""
    return trace.last * (10 / 9 if trace.ever else 1)


def axis_place(t: float, end: float, cells: int) -> int:
    """The column of the axis for a moment, in seconds."""
    return min(cells - 1, int(t / (end or 1) * cells))


def lane_lines(
    trace: Trace, screen: Screen, end: float = 0.0, idle: bool = True
) -> Iterator[Pieces]:
    """The lanes under an axis that ends at `end` seconds, or with the run; then what is what, and
    with `idle` why the reactor wakes for nothing."""
    lang, passes = screen.lang, end or axis_end(trace)
    trace = trace if passes else trace.spread
    axis = Strip(passes or axis_end(trace), axis_cells(screen), glyphs_of(screen))
    if not axis.end:
        return
    there = any(lane.name[0].isdigit() for lane in trace.lanes)
    name = say(lang, "servers") if there else ""
    until = axis.scale(trace.last) if passes else say(lang, "no time")
    yield [(pad(name, NAME_WIDTH), ""), (until, "dim")]
    rows: list[tuple[str, Pieces, str]] = []
    for group in groups(trace.lanes):
        name, said = group_text(group, lang)
        rows.append((name, axis.lane(group, axis.end if trace.ever else trace.last), f" {said}"))
    for name, marks, ever in task_groups(trace, lang):
        rows.append((name, axis.code(marks, ever), ""))
    for name, cells, said in rows:
        name = pad(screen.fit(visible(name), NAME_WIDTH - 1), NAME_WIDTH)
        yield [(name, ""), *cells, (said, "dim")]
    drawn = {glyph for _, cells, _ in rows for glyph, _ in cells}
    for line in legend_lines(drawn, screen, NAME_WIDTH):
        yield [(" " * NAME_WIDTH, ""), *line]
    if idle and trace.idle:
        width = max((screen.columns or 80) - NAME_WIDTH, 20)
        for text in wrap(say(lang, "idle", trace.idle), width):
            yield [(" " * NAME_WIDTH, ""), (text, "dim")]
    yield []


def task_groups(trace: Trace, lang: str) -> Iterator[tuple[str, Marks, float | None]]:
    """The lanes of the code: of the main thread, then of the others and of tasks. Each has a name,
    what it does, and since when it waits for ever, in seconds."""
    main, *tasks = trace.marks
    yield say(lang, "main" if tasks else "code"), trace.marks[main], trace.stuck.get(main)
    for group in groups(tasks):
        name = task_text(group[0], lang)
        if len(group) > 1:
            name = say(lang, "to", name, task_text(group[-1], lang))
        marks = {mark: [at for one in group for at in trace.marks[one][mark]] for mark in MARKS}
        yield (
            name,
            marks,
            min((trace.stuck[one] for one in group if one in trace.stuck), default=None),
        )


def groups(shown: Sequence[Shown]) -> Iterator[Sequence[Shown]]:
    """As many groups as there is room for, one after another."""
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


@dataclass(frozen=True)
class Strip:
    """A line of time: `end` seconds in so many cells. A moment is a mark, a stretch a bar."""

    end: float
    cells: int
    glyphs: Glyphs

    def place(self, t: float) -> int:
        return axis_place(t, self.end, self.cells)

    def scale(self, last: float) -> str:
        """The axis' text: its beginning, and at its place `last`, in seconds."""
        text = f"{last:.3f} s" if last else ""
        return pad("0 s", max(4, self.place(last) + 1 - len(text))) + text

    def lane(self, group: Sequence[Lane], end: float) -> Pieces:
        """When some connections were open, until `end` seconds at the most; when bytes came."""
        row: list[Piece] = [(" ", "")] * self.cells
        for lane in group:
            if lane.is_open:
                span = lane.opened or 0.0, end if lane.closed is None else lane.closed
                self.stretch(row, span, self.glyphs.open, OPEN)
        self.moments(row, (t for lane in group for t in lane.reads), READ)
        for lane in group:
            if lane.cut is not None:
                row[self.place(lane.cut)] = (self.glyphs.cut, CUT)
        return row

    def code(self, marks: Marks, ever: float | None = None) -> Pieces:
        """What the code does in a thread; it waits for ever from `ever` on, in seconds."""
        row: list[Piece] = [(" ", "")] * self.cells
        for span in marks["-"]:
            self.stretch(row, span, self.glyphs.waits, WAITS)
        for span in marks["!"]:
            self.stretch(row, span, self.glyphs.blocks, BLOCKS)
        if ever is not None:
            self.stretch(row, (ever, self.end), self.glyphs.ever[0], EVER)
            row[-1] = (self.glyphs.ever[1], EVER)
        self.moments(row, (t for t, _ in marks["#"]), RUNS)
        return row

    def stretch(self, row: list[Piece], span: tuple[float, float], glyph: str, style: str) -> None:
        for cell in range(self.place(span[0]), self.place(span[1]) + 1):
            row[cell] = (glyph, style)

    def moments(self, row: list[Piece], times: Iterable[float], style: str) -> None:
        for cell, count in Counter(map(self.place, {round(t, 6) for t in times})).items():
            row[cell] = (self.glyphs.often if count > 1 else self.glyphs.once, style)


# The control: time runs down.


def control_line(line: "ControlLine", screen: Screen) -> Pieces:
    """The time, the library's side, and the code's."""
    room = LEFT - 10
    if line.what == "program":
        return [(line.left, "bold")]
    if line.calls:
        way = " " + glyphs_of(screen).way
        left = screen.fit(line.left, room - columns(way)) + way
    else:
        left = " " * (room - 1 - columns(line.line)) + line.line if line.line else line.left
    bad = line.how in ("raised", "blocks") or line.what == "unhandled" or line.text.startswith("! ")
    code = CUT if bad and line.what != "enter" else "dim" if line.what == "more" else ""
    return [
        (f"{line.t:7.3f}  ", "dim"),
        (pad(left, room) + " ", "cyan" if line.calls else "dim"),
        ("  " * line.depth + line.text, code),
    ]


@dataclass(frozen=True)
class ControlLine:
    """One line of the control: at t seconds, what the library does, and the stage's code.

    `what` is an event's kind, more for what is like the line before, or program where the code
    is from here on that of the program that `left` names; `line` is where in the stage. `calls`
    is whether the library calls the stage here, and `how` that call came to its end, "" where
    it did not; of a leave it is how the function was left, and blocks where the reactor stands
    still meanwhile. `turn` counts turns.
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


def control(trace: Trace, lang: str = "en") -> Iterator[ControlLine]:
    """The control as it passes; what is repeated is said once, with how often."""
    program = trace.name
    for number, turn in enumerate(trace.folded):
        if program != turn.program:
            program = turn.program
            yield ControlLine(turn.rows[0].event.t, program, 0, "", "program", turn=number)
        for line in row_lines(turn.rows, lang):
            stands_still = turn.who in ("reactor", "task") and line.what == "wait"
            yield replace(line, turn=number, how="blocks" if stands_still else line.how)
        if turn.more:
            text = "more groups" if turn.period > 1 else "more"
            said = times_text(text, len(turn.more) // turn.period, lang, turn.period)
            said += tasks_text(turn.tasks, lang) if len(turn.tasks) > 1 else ""
            said += lanes_text(turn.lanes, lang) if len(turn.lanes) > 1 else ""
            left = say(lang, "waited", turn.waited) if turn.waited else ""
            yield ControlLine(turn.last.rows[0].event.t, left, 0, said, turn=number)


def row_lines(rows: Sequence[Row], lang: str) -> Iterator[ControlLine]:
    """Rows of a turn as lines of the control, those that repeat each other in one."""
    for block in blocks(rows):
        row, *inside = block.rows
        event = row.event
        calls = isinstance(event, Enter) and event.by != "stage"
        yield ControlLine(
            event.t,
            left_text(row, lang),
            row.depth,
            row_text(row, lang),
            event.kind,
            line=row_line(row, lang),
            calls=calls,
            how=row.how or getattr(event, "how", ""),
        )
        if getattr(event, "function", "") != ARGUMENTS:
            yield from row_lines(inside, lang)
        if block.more:
            text = "more lines" if isinstance(event, Print) else "more"
            text = "more groups" if block.period > 1 else text
            said = times_text(text, block.more, lang, block.period)
            yield ControlLine(block.until, "", row.depth, said)
