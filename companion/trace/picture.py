"""A trace as one picture: the lanes, the control as it passes, and every Deferred's chain.

The control runs down: the library is a band at the left, each call of the stage's code a box beside
it, with an arrow in and, when it returns, an arrow out.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from companion.render.axis import Axis
from companion.render.svg import ROW, Svg, fit, fit_mono, text_width
from companion.render.text import visible
from companion.trace.ladder_picture import WAYS, draw_ladder
from companion.trace.lanes import Lane, Marks
from companion.trace.legend import drawn
from companion.trace.text import ControlLine, control, ending, group_text, groups, head, task_groups
from companion.trace.trace import Trace
from companion.trace.words import say, unseen_lines

WIDTH = 1000.0
MARGIN = 16.0  # pixels
BAND, BAND_END, CODE = 72.0, 250.0, 300.0  # the library's band, and where the stage's code begins
INDENT, DEEPEST = 16.0, 12  # pixels a call deep, up to so many
STYLES = {"open": "track", "cut": "mark", "-": "sent", "#": "read", "!": "mark"}


@dataclass(frozen=True)
class Columns:
    """Where the lanes' axis begins and ends, in pixels; right of it there is room for a note."""

    left: float
    right: float
    note: float = 0.0

    def axis(self, end: float) -> Axis:
        """The axis of so many seconds."""
        return Axis(self.left, self.right, end)


WIDE = Columns(150.0, 810.0, 170.0)


@dataclass(frozen=True)
class Box:
    """A call of the stage's code that goes on, from its first line at y `top`."""

    line: ControlLine
    top: float


class Picture:
    """The parts of a picture, one under the other; y is where the next begins."""

    columns = WIDE

    def __init__(self, trace: Trace, end: float = 0.0, lang: str = "en") -> None:
        self.trace, self.end, self.lang = trace, end, lang
        self.y = MARGIN
        self.svg = Svg(WIDTH, 100, head(trace, lang))

    def draw(self) -> str:
        whole = self.trace
        for self.trace in whole.programs:
            self.overview()
        self.trace = whole
        self.control()
        for program in whole.programs:
            if program.chains and not whole.name:
                self.y += ROW
                self.text(MARGIN, program.name, "bold")
            self.y = draw_ladder(self.svg, program, self.y + ROW, self.lang)
        return self.finished()

    def finished(self) -> str:
        """The picture, as high as what is in it."""
        self.svg.height = self.y + MARGIN
        return str(self.svg)

    def say(self, text: str, *args: object, **fields: object) -> str:
        return say(self.lang, text, *args, **fields)

    def text(self, x: float, text: str, style: str = "") -> None:
        """A line of text, and the next one begins below it."""
        self.svg.text(x, self.y + 13, fit(visible(text), self.svg.width - x - MARGIN), style)
        self.y += ROW

    # The lanes: time runs to the right.

    def overview(self) -> None:
        """The lanes of its events, and when the stage's code ran."""
        self.text(MARGIN, head(self.trace, self.lang), "bold")
        for line in unseen_lines(self.trace.events, self.lang):
            self.text(MARGIN, line, "dim")
        passes = self.end or self.trace.end
        trace = self.trace if passes else self.trace.spread
        axis = self.columns.axis(passes or trace.end)
        self.y += 8
        if not axis.end:
            return
        self.rows(trace, axis)
        if passes:
            axis.draw(self.svg, self.y + 4)
            self.y += 32
        else:
            self.text(axis.left, self.say("no time"), "dim")
        self.legend(axis.left - 5, trace)
        self.y += ROW / 2

    def rows(self, trace: Trace, axis: Axis) -> None:
        """The lanes, then the code of each thread and task."""
        for group in groups(trace.lanes):
            self.lane(group, axis)
        for name, marks, _ in task_groups(trace, self.lang):
            self.code(name, marks, axis)

    def lane(self, group: Sequence[Lane], axis: Axis) -> None:
        if there := [lane for lane in group if lane.is_open]:
            start = axis.x(min((lane.opened or 0.0) for lane in there))
            stop = max(axis.end if lane.closed is None else lane.closed for lane in there)
            self.svg.rect(start, self.y + 3, axis.x(stop) - start, 12, "track")
        for place in sorted({round(axis.x(t)) for lane in group for t in lane.reads}):
            self.svg.rect(place, self.y + 3, 1.5, 12, "read")
        for lane in group:
            if lane.cut is not None:
                self.svg.rect(axis.x(lane.cut), self.y + 3, 3, 12, "mark")
        name, said = group_text(group, self.lang)
        if self.columns.note:
            x = self.columns.right + 10
            self.svg.text(x, self.y + 13, fit(said, self.columns.note), "dim")
        self.text(MARGIN, fit(visible(name), axis.left - MARGIN), "")

    def code(self, name: str, marks: Marks, axis: Axis) -> None:
        for mark, spans in marks.items():
            places = ((round(axis.x(a)), round(axis.x(b))) for a, b in spans)
            for start, stop in dict.fromkeys(places):
                self.svg.rect(start, self.y + 3, max(1.5, stop - start), 12, STYLES[mark])
        self.text(MARGIN, fit(visible(name), axis.left - MARGIN))

    def legend(self, x: float, trace: Trace) -> None:
        """What the colours of lanes and marks mean."""
        entries = ((what, self.say(text)) for what, text in drawn([trace]))
        shown = [("box", STYLES[what], said) for what, said in entries if what in STYLES]
        self.y = self.svg.legend(x, self.y, self.svg.width - MARGIN, shown)

    # The control: time runs down.

    def control(self) -> None:
        self.svg.text(BAND + 8, self.y + 13, self.say("library"), "bold")
        self.text(CODE, self.say("code"), "bold")
        top = self.y + 4
        self.y += 8
        boxes: list[Box] = []
        said, turn = "", 0
        for line in control(self.trace, self.lang):
            boxes = self.close(boxes, line.depth if line.turn == turn else 0)
            self.y += 6 if line.turn != turn else 0
            turn = line.turn
            if line.what == "program":
                self.text(BAND + 8, line.left, "bold")
                said = ""
                continue
            if line.what == "enter":
                boxes.append(Box(line, self.y))
            time = f"{line.t:.3f}"
            self.line(line, time if time != said else "")
            said = time
        self.close(boxes, 0)
        for _, text in ending(self.trace, self.lang):
            self.text(BAND + 8, text, "bold")
        self.svg.ground(BAND, top, BAND_END - BAND, self.y + 4 - top, "track")

    def line(self, line: ControlLine, time: str) -> None:
        y, x = self.y + 13, code_x(line.depth)
        self.svg.text(BAND - 8, y, time, "mono dim", "end")
        left = fit(line.left, BAND_END - BAND - 12)
        self.svg.text(BAND + 8, y, left, "" if line.calls else "dim")
        if line.calls:
            self.svg.way([(BAND_END + 2, y - 6), (x - 9, y - 6)], "end", "good")
        elif line.what == "reactor":
            self.svg.way([(x - 4, y - 4), (BAND_END + 2, y - 4)], "end", "good")
        right = box_right(line.depth - 1) - 8
        if line.line:
            self.svg.text(right, y, line.line, "dim", "end")
            right -= text_width(line.line) + 8
        waits = line.what == "wait" and not line.depth
        style = "mono dim" if waits or line.what == "more" else "mono"
        raised = line.what == "leave" and line.how == "raised"
        style = "mono bad" if raised or line.how == "blocks" else style
        self.svg.text(x, y, fit_mono(line.text, right - x), style)
        self.y += ROW

    def close(self, boxes: list[Box], depth: int) -> list[Box]:
        """Draw the calls that are as deep as `depth`, or deeper; gives those that go on."""
        for box in [box for box in boxes if box.line.depth >= depth][::-1]:
            self.y += 5 if box.line.calls else 3
            x = code_x(box.line.depth) - 8
            width = box_right(box.line.depth) - x
            self.svg.ground(x, box.top, width, self.y - 1 - box.top, "call")
            if box.line.calls and box.line.how:
                style, head = WAYS[box.line.how == "raised"]
                self.svg.way([(x - 1, self.y - 5), (BAND_END + 2, self.y - 5)], style, head)
        return [box for box in boxes if box.line.depth < depth]


def code_x(depth: int) -> float:
    """Where the text of a line begins, so many calls deep."""
    return CODE + INDENT * min(depth, DEEPEST)


def box_right(depth: int) -> float:
    """Where the box of a call ends, so many calls deep."""
    return WIDTH - MARGIN - 4 * max(0, min(depth, DEEPEST))


def trace_svg(trace: Trace, lang: str = "en") -> str:
    """The whole picture, light or dark as the reader's screen is."""
    end = 0.0 if trace.name else trace.end
    return Picture(trace, end, lang).draw()
