"""Deferreds as a picture: their chains beside each other, and the ways between them.

Callbacks stand left, errbacks right; what did not run is pale. A result is green, a failure red;
from handler to handler and, dashed, from one Deferred to another. A cancellation is yellow.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from companion.event import Enter, Fired, Ran, Resumed
from companion.render.svg import ROW, Svg, fit, fit_mono, mono_width, text_width
from companion.render.text import visible
from companion.trace.chains import Chain, Pause
from companion.trace.ladder import (
    cancel_text,
    canceller_text,
    column,
    join_text,
    made_text,
    same_text,
    shown,
)
from companion.trace.trace import Trace
from companion.trace.words import names_text, place_text, say

LEFT, RIGHT = 16.0, 984.0  # pixels
BOX_HEIGHT, WAY = 24.0, 26.0
GUTTER, LANE = 40.0, 7.0  # between two columns of chains; between two ways in it
BETWEEN, NOTE = 18.0, 80.0  # between callback and errback; for the line beside them
WAYS = {False: ("end", "good"), True: ("fail", "bad")}  # of a result and of a failure


@dataclass
class Anchors:
    """Where ways between Deferreds begin and end: points, by what is there."""

    points: dict[tuple[object, ...], tuple[float, float]] = field(default_factory=dict)
    ways: list[tuple[tuple[object, ...], tuple[object, ...], str, str]] = field(
        default_factory=list
    )


class Panel:
    """One chain, in its own column of the picture; y is where its next part begins."""

    def __init__(self, svg: Svg, anchors: Anchors, x: float, width: float, lang: str) -> None:
        self.svg, self.anchors, self.lang = svg, anchors, lang
        self.x, self.width = x, width
        self.right = x > LEFT
        self.box = min(210.0, (width - BETWEEN - NOTE) / 2)
        self.y = 0.0
        self.said = 0.0  # pixels of the last text beside the way

    def middle(self, side: int) -> float:
        return self.x + side * (self.box + BETWEEN) + self.box / 2

    def text(self, x: float, text: str, style: str = "", *anchor: object) -> None:
        text = fit(visible(text), self.x + self.width - x)
        self.svg.text(x, self.y + 13, text, style)
        if anchor:
            self.anchor(anchor, x - 4, x + text_width(text), self.y + 9)
        self.y += ROW

    def anchor(self, key: tuple[object, ...], left: float, right: float, y: float) -> None:
        """A place that a way between Deferreds comes to: from the side of the gutter."""
        self.anchors.points[key] = (left if self.right else right + 4), y

    def draw(self, alike: Sequence[Chain]) -> None:
        chain, number, lang = alike[0], alike[0].number, self.lang
        self.text(self.x, made_text(chain, lang), "bold")
        if same := same_text(alike, lang):
            self.text(self.x, same, "dim")
        if chain.join:
            self.text(self.x, join_text(chain, lang), "", number, "join")
        for event in chain.cancelled:
            self.text(self.x, cancel_text(event, lang), "", number, "cancel")
        if chain.canceller:
            self.text(self.x, canceller_text(chain, lang))
        self.y += 4
        self.steps(chain)

    def steps(self, chain: Chain) -> None:
        """The way of the result, from the firing down."""
        side, done = 0, 0
        for pause in chain.yields:
            self.pause(chain, pause, 0)
        for event in chain.fired[:1]:
            side = column(event)
            self.beside(side, self.y + 13, self.fired_text(event, self.room(side)), "dim")
            self.y += ROW - 4
            self.way(side, side, shown(event), first=True)
        for step in chain.way:
            if isinstance(step, Ran):
                done, ran = step.pair, int(step.side == "errback")
                if (pair := chain.pairs.get(done)) and pair.resumes:
                    self.value((chain.number, "gives", pair.resumes), side)
                self.pair(chain, done, ran)
                side = column(step)
                self.way(ran, side, shown(step))
            else:
                side = self.pause(chain, step, side)
        self.value((chain.number, "end"), side)
        for number in chain.pairs:
            if number > done:
                self.pair(chain, number, None)
                self.y += 6
        if chain.unhandled:
            self.text(self.middle(1) - 40, say(self.lang, "UNHANDLED"), "bold")
        if not chain.fired:
            self.text(self.middle(0) - 40, say(self.lang, "never"), "bold")

    def fired_text(self, event: Fired, room: float) -> str:
        """Where and when it was fired; without the function where there is no room for it."""
        text = say(self.lang, "fired at", place_text(event, self.lang), event.t)
        if text_width(text) > room and event.line:
            text = say(self.lang, "fired at", say(self.lang, "at", event.line), event.t)
        return fit(text, room)

    def value(self, key: tuple[object, ...], side: int) -> None:
        """The result where it now is may go to another Deferred."""
        x = self.middle(side)
        self.anchor(key, x - 3, x + self.said, self.y - 6)

    def room(self, side: int) -> float:
        """Pixels for a text beside the way, where `beside` has it."""
        return self.middle(1) - 8 - self.x if side else self.right_of(0)

    def right_of(self, side: int) -> float:
        """Pixels from the way to the end of the panel."""
        return self.x + self.width - self.middle(side) - 8

    def beside(self, side: int, y: float, text: str, style: str) -> None:
        """A text beside the beginning of the way: where there is more room."""
        x = self.middle(side) + (-8 if side else 8)
        self.svg.text(x, y, text, style, "end" if side else "start")

    def way(self, before: int, after: int, text: str, first: bool = False) -> None:
        """The way from one box, or from the firing, to the next."""
        style, head = WAYS[bool(after)]
        points = [(self.middle(before), self.y), (self.middle(before), self.y + 6)]
        points += [(self.middle(after), self.y + 6), (self.middle(after), self.y + WAY)]
        self.svg.way(points, style, head)
        narrow = mono_width(text) > self.right_of(1) < self.room(1)
        if after and (first or narrow):
            self.beside(after, self.y + 20, fit_mono(text, self.room(after)), "mono")
            self.said = 4.0
        else:
            text = fit_mono(text, self.right_of(after))
            self.svg.text(self.middle(after) + 8, self.y + 20, text, "mono")
            self.said = 8 + mono_width(text)
        self.y += WAY

    def pause(self, chain: Chain, step: Pause, side: int) -> int:
        """A wait for another Deferred; gives the column in which the chain goes on."""
        on, lang = step.event.on, self.lang
        text = say(lang, "wait for ever", on)
        if step.resumed:
            text = say(lang, "wait until", on, step.resumed.t)
        x = self.middle(side) + 8
        self.text(x, text, "bold")
        self.anchor((chain.number, "wait", on), x - 14, x + text_width(text), self.y - ROW + 9)
        self.svg.way(
            [(self.middle(side), self.y - ROW), (self.middle(side), self.y)], "line dashed"
        )
        after = column(step.resumed) if step.resumed else side
        if step.resumed:
            style, head = WAYS[bool(column(step.resumed))]
            generator = isinstance(step.resumed, Enter)
            begin = (on, "gives", chain.number) if generator else (on, "end")
            to = (chain.number, "wait", on)
            self.anchors.ways.append((begin, to, f"{style} dashed", head))
            if isinstance(step.resumed, Resumed):
                self.way(side, after, shown(step.resumed))
        if chain.cancelled:
            self.anchors.ways.append(
                ((chain.number, "cancel"), (on, "cancel"), "stop dashed", "warn")
            )
        return after

    def pair(self, chain: Chain, number: int, ran: int | None) -> None:
        pair = chain.pairs.get(number)
        for side, text in enumerate(names_text(pair, self.lang)):
            x, right = self.middle(side) - self.box / 2, self.middle(side) + self.box / 2
            top, bottom = self.y, self.y + BOX_HEIGHT
            style = "line" if side != ran else WAYS[bool(side)][0]
            corners = [(x, top), (right, top), (right, bottom), (x, bottom), (x, top)]
            self.svg.way(corners, style)
            shade = "mono" if side == ran else "mono dim"
            shown_text = fit(visible(text), self.box - 8)
            self.svg.text(self.middle(side), top + 16, shown_text, shade, "middle")
        if pair and pair.line:
            x, note = self.middle(1) + self.box / 2 + 8, say(self.lang, "line", pair.line)
            self.svg.text(x, self.y + 16, note, "dim")
            if pair.joins:
                begin, end = (chain.number, "tells", pair.joins), (pair.joins, "join")
                self.anchor(begin, self.x - 2, x + text_width(note), self.y + BOX_HEIGHT / 2)
                style, head = WAYS[ran == 1]
                self.anchors.ways.append((begin, end, f"{style} dashed", head))
        self.y += BOX_HEIGHT


def draw_ladder(svg: Svg, trace: Trace, y: float, lang: str) -> float:
    """Draw every Deferred of a trace from y on, and give where they end."""
    found = trace.chains
    if not found:
        return y - ROW
    svg.text(LEFT, y + 13, say(lang, "deferreds"), "bold")
    y = legend(svg, found, y, lang) + ROW / 2
    anchors = Anchors()
    count = 1 if len(found) == 1 else 2
    width = (RIGHT - LEFT - GUTTER * (count - 1)) / count
    for first in range(0, len(found), count):
        ends = []
        for place, alike in enumerate(found[first : first + count]):
            panel = Panel(svg, anchors, LEFT + place * (width + GUTTER), width, lang)
            panel.y = y
            panel.draw(alike)
            ends.append(panel.y)
        y = max(ends) + ROW
    draw_ways(svg, anchors)
    return y - ROW


def legend(svg: Svg, found: Sequence[Sequence[Chain]], y: float, lang: str) -> float:
    """What the colours of the ways mean, of those that are there."""
    chains = [alike[0] for alike in found]
    steps = [step for chain in chains for step in chain.steps]
    events = [step if isinstance(step, Ran) else step.event for step in steps]
    fired = [event for chain in chains for event in chain.fired]
    joins = any(chain.join for chain in chains)
    entries = (
        ("result", "end", any(not column(event) for event in (*events, *fired))),
        ("failure", "fail", any(map(column, (*events, *fired)))),
        ("between", "end dashed", any(isinstance(step, Pause) for step in steps) or joins),
        ("cancel", "stop dashed", any(chain.cancelled for chain in chains)),
    )
    shown = [("line", style, say(lang, text)) for text, style, wanted in entries if wanted]
    return svg.legend(150, y, RIGHT, shown)


def draw_ways(svg: Svg, anchors: Anchors) -> None:
    """The ways between Deferreds, through the gutter in the middle, each in a lane of its own."""
    ways = [way for way in anchors.ways if way[0] in anchors.points and way[1] in anchors.points]
    ends = [end for _, end, _, _ in ways]
    for number, (begin, end, style, head) in enumerate(ways):
        lane = (LEFT + RIGHT) / 2 + (number % 5 - 2) * LANE
        (x, y), (to_x, to_y) = anchors.points[begin], anchors.points[end]
        to_y += 4 * (ends[:number].count(end) - (ends.count(end) - 1) / 2)
        svg.way([(x, y), (lane, y), (lane, to_y), (to_x, to_y)], style, head)
