"""A trace as one picture: the lanes, the control as it passes, and every Deferred's chain."""

from collections.abc import Sequence

from companion.event import Event
from companion.svg import Svg, fit
from companion.trace import Chain, chains
from companion.view_ladder import column, names, place, shown
from companion.view_trace import (
    MARKS,
    Lane,
    code_marks,
    control,
    end_of,
    ending,
    groups,
    head,
    lanes,
)
from companion.width import visible

WIDTH = 1000.0
MARGIN, ROW = 16.0, 18.0  # pixels
NAME, SAID = 150.0, 190.0  # columns beside the lanes
LIBRARY, CODE = 80.0, 290.0  # where the columns of the control begin
BOX, BETWEEN = 190.0, 30.0  # a handler's box, and the gap between two
STYLES = {"-": "sent", "#": "read", "!": "mark"}


class Picture:
    """The parts of a picture, one under the other; y is where the next begins."""

    def __init__(self, events: Sequence[Event], end: float = 0.0) -> None:
        self.events, self.end = events, end or end_of(events) or 1.0
        self.y = MARGIN
        self.svg = Svg(WIDTH, 100, head(events))

    def draw(self) -> str:
        self.overview()
        self.control()
        found: dict[object, list[Chain]] = {}
        for chain in chains(self.events):
            found.setdefault(chain.shape, []).append(chain)
        for alike in found.values():
            self.chain(alike)
        return self.finished()

    def overview(self) -> None:
        """The lanes of its events, and when the stage's code ran."""
        self.text(MARGIN, head(self.events), "bold")
        self.y += 8
        for group in groups(lanes(self.events)):
            self.lane(group)
        self.code()

    def finished(self) -> str:
        """The picture, as high as what is in it."""
        self.svg.height = self.y + MARGIN
        return str(self.svg)

    def text(self, x: float, text: str, style: str = "") -> None:
        self.svg.text(x, self.y + 13, fit(visible(text), WIDTH - x - MARGIN), style)
        self.y += ROW

    def x(self, t: float) -> float:
        """Where a moment is, in seconds, in the lanes."""
        return NAME + t / self.end * (WIDTH - NAME - SAID)

    def lane(self, group: Sequence[Lane]) -> None:
        first, last = group[0], group[-1]
        name = first.name
        if len(group) > 1:
            name = f"{first.name.split()[0]} to {last.name.split()[0]}"
        start = min((lane.opened or 0.0) for lane in group)
        stop = max(self.end if lane.closed is None else lane.closed for lane in group)
        self.svg.rect(self.x(start), self.y + 3, self.x(stop) - self.x(start), 12, "track")
        for place_of in sorted({round(self.x(t)) for lane in group for t in lane.reads}):
            self.svg.rect(place_of, self.y + 3, 1.5, 12, "read")
        hows = "/".join(sorted({lane.how or "open" for lane in group}))
        said = f"{sum(lane.bytes for lane in group):,} bytes, {hows}"
        self.svg.text(WIDTH - SAID + 10, self.y + 13, said, "dim")
        self.text(MARGIN, fit(name, NAME - MARGIN), "")

    def code(self) -> None:
        for mark, spans in code_marks(self.events).items():
            for start, stop in dict.fromkeys(
                (round(self.x(a)), round(self.x(b))) for a, b in spans
            ):
                self.svg.rect(start, self.y + 3, max(1.5, stop - start), 12, STYLES[mark])
        self.svg.text(WIDTH - SAID + 10, self.y + 13, f"0 to {self.end:.3f} s", "dim")
        self.text(MARGIN, "the stage's code")
        if code_marks(self.events)["!"]:
            self.text(NAME, f"red: {MARKS['!']}", "dim")
        self.y += ROW / 2

    def control(self) -> None:
        self.svg.text(LIBRARY, self.y + 13, "the library", "bold")
        self.text(CODE, "the stage's code", "bold")
        for line in control(self.events):
            self.svg.text(LIBRARY - 14, self.y + 13, f"{line.t:.3f}", "mono dim", "end")
            x = CODE + 16 * min(line.depth, 12)
            if left := line.left.removesuffix("-->").strip():
                self.svg.text(LIBRARY, self.y + 13, left, "" if "-->" in line.left else "dim")
            if "-->" in line.left:
                y = self.y + 9
                self.svg.line(CODE - 70, y, x - 8, y, "end")
                self.svg.area([(x - 8, y - 4), (x - 2, y), (x - 8, y + 4)], "read")
            self.text(x, line.text, "mono")
        for said in ending(self.events):
            self.text(LIBRARY, said.split(maxsplit=1)[1], "bold")

    # The Deferreds.

    def chain(self, alike: Sequence[Chain]) -> None:
        chain = alike[0]
        self.y += ROW
        numbers = ", ".join(f"D{one.number}" for one in alike[:8]) + (", …" if alike[8:] else "")
        what = f", for {chain.generator}" if chain.generator else ""
        self.text(MARGIN, f"{numbers}{what}: made {place(chain.made)}", "bold")
        if chain.join:
            self.text(MARGIN, "joins " + ", ".join(f"D{number}" for number in chain.join["of"]))
        for event in chain.cancelled:
            self.text(MARGIN, f"cancelled {place(event)}, {event.t:.3f} s")
        side, done = 0, 0
        steps = chain.steps
        own = [step for step in steps if "line" in step.event.fields]
        for step in [*own, None, *(step for step in steps if step not in own)]:
            if step is None:
                for event in chain.fired[:1]:
                    side = column(event)
                    self.value(side, side, f"fired {place(event)}: {shown(event, 'value')}")
            elif step.event.kind == "paused":
                until = f" until {step.resumed.t:.3f} s" if step.resumed else " for ever"
                self.value(side, side, f"waits on D{step.event['on']}{until}")
            else:
                done, ran = step.event["pair"], int(step.event["side"] == "errback")
                self.pair(chain.pairs.get(done), ran)
                side = column(step.event)
                self.value(ran, side, shown(step.event, "gave"))
        for number, pair in chain.pairs.items():
            if number > done:
                self.pair(pair, None)
        if chain.unhandled:
            self.text(self.middle(1), "UNHANDLED", "bold")
        if not chain.fired:
            self.text(self.middle(0), "never fired", "bold")

    def middle(self, side: int) -> float:
        return MARGIN + side * (BOX + BETWEEN) + BOX / 2

    def value(self, before: int, after: int, text: str) -> None:
        """The way from a box to what came out of it."""
        style = "fail" if after else "end"
        self.svg.line(self.middle(before), self.y, self.middle(after), self.y + ROW + 2, style)
        self.text(self.middle(after) + 8, text, "mono")
        self.y += 2

    def pair(self, pair: Event | None, ran: int | None) -> None:
        for side, text in enumerate(names(pair) if pair else ("pass on", "pass on")):
            x, y, style = self.middle(side) - BOX / 2, self.y, "line"
            if side == ran:
                style = "fail" if side else "end"
            for ends in (
                (x, y, x + BOX, y),
                (x, y + 24, x + BOX, y + 24),
                (x, y, x, y + 24),
                (x + BOX, y, x + BOX, y + 24),
            ):
                self.svg.line(*ends, style)
            shade = "mono" if side == ran else "mono dim"
            self.svg.text(self.middle(side), y + 16, fit(visible(text), BOX - 8), shade, "middle")
        if pair:
            x = self.middle(1) + BOX / 2 + 12
            self.svg.text(x, self.y + 16, place(pair).removeprefix("at "), "dim")
        self.y += 24


def trace_svg(events: Sequence[Event]) -> str:
    """The whole picture, light or dark as the reader's screen is."""
    return Picture(events).draw()
