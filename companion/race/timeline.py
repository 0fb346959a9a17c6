"""The end of a race: its table, and its lanes under one axis, as text and as SVG."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

from companion.event import Event
from companion.race.standings import LaneStanding, StageStanding, Standings
from companion.race.table import fitted
from companion.render.axis import Axis
from companion.render.language import say
from companion.render.svg import Svg, fit
from companion.render.text import clip, pad, visible

MOST_ROWS = 10  # of one stage in a timeline of text; more lanes are summed in groups
PAUSE = 0.1  # seconds in which a poll of the kernel may have come late
NAME = 14  # columns of a lane's name


def end_of(standings: Standings) -> float:
    """The last moment that a timeline has to show, in seconds."""
    times = [0.1]
    for stage in standings.stages.values():
        times.append(stage.ended or 0.0)
        for lane in stage.lanes.values():
            times += [t for t, _ in (*lane.sent[-1:], *lane.read[-1:])]
    return max(times)


def by(steps: list[tuple[float, int]], t: float) -> int:
    """The bytes by the time t."""
    place = bisect_right(steps, t, key=lambda step: step[0])
    return steps[place - 1][1] if place else 0


def rows_of(stage: StageStanding, lang: str = "en") -> list[tuple[str, LaneStanding]]:
    """A stage's lanes with their names; beyond MOST_ROWS in groups."""
    lanes = [stage.lanes[number] for number in sorted(stage.lanes)]
    if len(lanes) <= MOST_ROWS:
        return [(lane.poem, lane) for lane in lanes]
    size = -(-len(lanes) // MOST_ROWS)
    groups = [(first, lanes[first : first + size]) for first in range(0, len(lanes), size)]
    return [
        (say(lang, "{} to {}", first + 1, first + len(group)), merged(group))
        for first, group in groups
    ]


def merged(lanes: list[LaneStanding]) -> LaneStanding:
    """Lanes as one that has the bytes of all."""
    total = LaneStanding(size=sum(lane.size for lane in lanes), delay=lanes[0].delay)
    total.counts_reads = lanes[0].counts_reads
    total.opened = min((lane.opened for lane in lanes if lane.opened is not None), default=None)
    total.sent = sum_of([lane.sent for lane in lanes])
    total.read = sum_of([lane.read for lane in lanes])
    closed = [lane.closed for lane in lanes if lane.closed is not None]
    total.closed = max(closed) if len(closed) == len(lanes) else None
    return total


def sum_of(many: list[list[tuple[float, int]]]) -> list[tuple[float, int]]:
    changes = []
    for steps in many:
        before = 0
        for t, count in steps:
            changes.append((t, count - before))
            before = count
    total, sums = 0, []
    for t, change in sorted(changes):
        total += change
        sums.append((t, total))
    return sums


def timeline_text(standings: Standings, width: int = 80, lang: str = "en") -> str:
    """The lanes under one axis: `#` bytes read, `+` bytes sent and not yet read, `-` waiting."""
    end = end_of(standings)
    cells = max(20, width - NAME - 4)
    lines = []
    for stage in standings.stages.values():
        lines.append(visible(stage.label))
        for name, lane in rows_of(stage, lang):
            row = "".join(cell(lane, stage, n * end / cells, end / cells) for n in range(cells))
            lines.append(f"  {pad(visible(name), NAME)} {row}".rstrip())
    right = f"{end:.1f} s"
    lines.append(" " * (NAME + 3) + "0 s" + right.rjust(cells - 3))
    read = any(stage.counts_reads for stage in standings.stages.values())
    shades = say(lang, "# read by the stage   + sent, not yet read" if read else "# sent")
    return "\n".join([*lines, *fitted(f"{shades}   {say(lang, '- connected, waiting')}", width)])


def cell(lane: LaneStanding, stage: StageStanding, start: float, length: float) -> str:
    """One column of a lane: what was the most that happened in it."""
    end = start + length
    took = lane.read if stage.counts_reads else lane.sent
    # The pause between two chunks, or between two polls of the kernel, is no wait.
    slack = (PAUSE + lane.delay) / 2
    between = took and took[0][0] <= end and start <= took[-1][0]
    if between and by(took, end + slack) > by(took, start - slack):
        return "#"
    if by(lane.sent, end) > by(took, end) and start < (stage.ended or end):
        return "+"
    last = lane.closed or stage.ended or end
    return "-" if lane.opened is not None and lane.opened <= end and start < last else " "


@dataclass(frozen=True)
class Place:
    """Where a lane is, from top to bottom."""

    y: float
    height: float


def timeline_svg(events: Iterable[Event], lang: str = "en") -> str:
    """The same as a picture: each lane fills as bytes leave the server and as the stage reads."""
    standings = Standings(events)
    stages = list(standings.stages.values())
    axis = Axis(130.0, 700.0, end_of(standings))
    heights = {stage.label: lane_height(len(stage.lanes)) for stage in stages}
    rows = sum(heights[stage.label] * len(stage.lanes) for stage in stages)
    title = say(lang, "A race of {}", ", ".join(stage.label for stage in stages))
    svg = Svg(820, 44 + rows + 40 * len(stages) + 34, title)
    key(svg, axis.left, any(stage.counts_reads for stage in stages), lang)
    y = 40.0
    for stage in stages:
        svg.text(16, y + 20, fit(state_of(stage, lang), 780), "bold")
        y = draw_stage(svg, stage, axis, y + 28, heights[stage.label]) + 12
    axis.draw(svg, y)
    return str(svg)


def lane_height(lanes: int) -> float:
    """Pixels for a lane and the gap below it: less, the more lanes there are."""
    return max(3.0, min(28.0, 280 / max(1, lanes)))


def state_of(stage: StageStanding, lang: str) -> str:
    if stage.interrupted:
        return say(lang, "{}, stopped", stage.label)
    if stage.failed:
        return say(lang, "{}, failed, {}", stage.label, stage.ending(lang))
    return stage.label


def key(svg: Svg, x: float, read: bool, lang: str) -> None:
    """What the shades and lines mean."""
    svg.rect(x, 14, 12, 12, "sent")
    svg.text(x + 18, 25, say(lang, "sent by the server"))
    if read:
        svg.rect(x + 160, 14, 12, 12, "read")
        svg.text(x + 178, 25, say(lang, "read by the stage"))
    svg.line(x + 320, 20, x + 338, 20, "limit")
    svg.text(x + 346, 25, say(lang, "the longest poem, the limit"))


def draw_stage(svg: Svg, stage: StageStanding, axis: Axis, y: float, pitch: float) -> float:
    """A stage's lanes, from y on; where they end."""
    top, height = y, pitch - (6 if pitch > 20 else 1)
    for number in sorted(stage.lanes):
        lane = stage.lanes[number]
        if pitch > 14:
            svg.text(28, y + height / 2 + 5, fit(lane.poem, axis.left - 40), "dim")
        draw_lane(svg, lane, stage.ended or axis.end, axis, Place(y, height))
        y += pitch
    bottom = y - pitch + height
    if stage.first_open is not None:
        limit = axis.x(stage.first_open + stage.longest)
        svg.line(limit, top - 3, limit, bottom + 3, "limit")
    if stage.ended is not None:
        svg.line(axis.x(stage.ended), top - 3, axis.x(stage.ended), bottom + 3, "end")
        svg.text(axis.x(stage.ended) + 6, bottom, f"{stage.ended:.2f} s", "bold")
    return y


def draw_lane(svg: Svg, lane: LaneStanding, ended: float, axis: Axis, place: Place) -> None:
    """A lane: a line until it is connected, then what is sent and read of its poem."""
    y, height = place.y, place.height
    begin = ended if lane.opened is None else lane.opened
    svg.line(axis.left, y + height / 2, axis.x(begin), y + height / 2)
    if lane.opened is None:
        return
    last = max(begin, lane.closed or ended, *(t for t, _ in (*lane.sent[-1:], *lane.read[-1:])))
    svg.rect(axis.x(begin), y, axis.x(last) - axis.x(begin), height, "track")
    for name, steps in (("sent", lane.sent), ("read", lane.read)):
        points = [(axis.x(begin), y + height)]
        level = y + height
        for t, count in steps:
            points.append((axis.x(t), level))
            level = y + height * (1 - min(1.0, count / max(1, lane.size)))
            points.append((axis.x(t), level))
        svg.area([*points, (axis.x(last), level), (axis.x(last), y + height)], name)


def closing_lines(standings: Standings, lang: str = "en") -> list[str]:
    """A line for each stage that failed, with the last line of its standard error."""
    lines = []
    for stage in standings.stages.values():
        if stage.failed:
            last = stage.last_error or say(lang, "it wrote nothing to standard error")
            said = say(lang, "{} failed, {}: {}", stage.label, stage.ending(lang), last)
            lines.append(clip(visible(said), 1000))
    return lines
