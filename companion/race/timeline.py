"""The end of a race: its table, and its lanes under one axis, as text and as SVG."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from companion.event import Event
from companion.race.standings import LaneStanding, StageStanding, Standings
from companion.race.table import fitted
from companion.render.axis import Axis
from companion.render.language import listed, say
from companion.render.svg import README_SCALE, README_WIDTH, Svg, fit
from companion.render.text import clip, pad, visible

MOST_ROWS = 10  # of one stage in a timeline of text; more lanes are summed in groups
PAUSE = 0.1  # seconds in which a poll of the kernel may have come late
NAME_WIDTH = 14  # columns of a lane's name
MARGIN, LEFT, RIGHT = 16.0, 116.0, 390.0  # pixels; of a picture's axis


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
    """Counts over time, each (seconds, bytes so far), as one for all of them together."""
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
    cells = max(20, width - NAME_WIDTH - 4)
    lines = []
    for stage in standings.stages.values():
        lines.append(visible(stage.label))
        for name, lane in rows_of(stage, lang):
            row = "".join(cell(lane, stage, n * end / cells, end / cells) for n in range(cells))
            lines.append(f"  {pad(visible(name), NAME_WIDTH)} {row}".rstrip())
    right = f"{end:.1f} s"
    lines.append(" " * (NAME_WIDTH + 3) + "0 s" + right.rjust(cells - 3))
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
    axis = Axis(LEFT, RIGHT, end_of(standings))
    title = say(lang, "A race of {}", listed(lang, (stage.label for stage in stages)))
    svg = Svg(README_WIDTH, 0, title, README_SCALE)
    y = svg.title_lines(MARGIN) + 4
    for stage in stages:
        svg.text(MARGIN, y + 13, fit(state_of(stage, lang), README_WIDTH - 2 * MARGIN), "bold")
        y = draw_stage(svg, stage, axis, y + 22) + 10
    axis.draw(svg, y)
    shown = [(sign, style, say(lang, text)) for sign, style, text in key(stages, axis)]
    svg.height = svg.legend(MARGIN, y + 32, README_WIDTH - MARGIN, shown) + 10
    return str(svg)


def lane_height(lanes: int) -> float:
    """Pixels for a lane and the gap below it: less, the more lanes there are."""
    return max(3.0, min(28.0, 280 / max(1, lanes)))


def state_of(stage: StageStanding, lang: str) -> str:
    """The name of a stage, and where it came to no good end, how."""
    if stage.interrupted:
        return say(lang, "{}, stopped", stage.label)
    if stage.failed:
        return say(lang, "{}, failed, {}", stage.label, stage.ending(lang))
    return stage.label


def key(stages: Sequence[StageStanding], axis: Axis) -> Iterator[tuple[str, str, str]]:
    """What the shades and lines mean, of those that are drawn: a legend's entries."""
    lanes = [(lane, stage) for stage in stages for lane in stage.lanes.values()]
    if any(lane.read for lane, _ in lanes):
        yield "wedge", "read", "a poem, as the client reads it"
    if any(lane.sent and not stage.counts_reads for lane, stage in lanes):
        yield "wedge", "sent", "a poem, as its server sends it"
    elif any(lags(lane) for lane, _ in lanes):
        yield "wedge", "sent", "sent, and not yet read"
    if any(lane.opened is not None for lane, _ in lanes):
        yield "box", "track", "connected, still to come"
    if any(lane.opened is None or axis.x(lane.opened) > axis.left + 3 for lane, _ in lanes):
        yield "line", "line", "not connected yet"
    if any(limit_of(stage, axis) for stage in stages):
        yield "line", "limit", "the longest poem: no client can end before"
    if any(stage.ended is not None for stage in stages):
        yield "line", "end", "the client ends"


def limit_of(stage: StageStanding, axis: Axis) -> float | None:
    """Where its longest poem ends, unless the stage ends there too."""
    if stage.first_open is None:
        return None
    x = axis.x(stage.first_open + stage.longest)
    return None if stage.ended is not None and abs(axis.x(stage.ended) - x) < 1 else x


def lags(lane: LaneStanding) -> bool:
    """Whether it can be seen that bytes lie unread for a while."""
    return any(count - by(lane.read, t + PAUSE) > lane.size / 20 for t, count in lane.sent)


def draw_stage(svg: Svg, stage: StageStanding, axis: Axis, y: float) -> float:
    """A stage's lanes, from y on; where they end."""
    pitch = lane_height(len(stage.lanes))
    top, height = y, pitch - (6 if pitch > 20 else 1)
    for number in sorted(stage.lanes):
        lane = stage.lanes[number]
        if pitch > 14:
            poem = fit(lane.poem, axis.left - MARGIN - 14)
            svg.text(MARGIN + 10, y + height / 2 + 5, poem, "dim")
        draw_lane(svg, lane, stage.ended or axis.end, axis, Place(y, height))
        y += pitch
    bottom = y - pitch + height
    if (limit := limit_of(stage, axis)) is not None:
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
