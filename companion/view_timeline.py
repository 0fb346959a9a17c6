"""The end of a race: its table, and its lanes under one axis, as text and as SVG."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from companion.event import Event
from companion.standings import LaneStanding, StageStanding, Standings
from companion.svg import Svg, columns

MOST_LANES = 12  # of one stage in a timeline; more are summed in one
NEAR = 0.1  # seconds


@dataclass(frozen=True)
class Limits:
    """What the course allows, in seconds: the longest poem, and all poems one after another."""

    longest: float
    sum: float


HEAD = (
    "stage", "seconds", "start-up", "/longest", "/sum", "CPU s", "MB", "bytes", "chunks", "poems",
    "status",
)  # fmt: skip


def table_rows(standings: Standings, limits: Limits) -> list[tuple[str, ...]]:
    """A row a stage, under HEAD. The ratios leave the start-up out: the interpreter's, not ours."""
    return [table_row(stage, limits) for stage in standings.stages.values()]


def table_row(stage: StageStanding, limits: Limits) -> tuple[str, ...]:
    def number(value: float | None, form: str) -> str:
        return "-" if value is None else format(value, form)

    downloading = None
    if stage.ended is not None and stage.first_open is not None:
        downloading = stage.ended - stage.first_open
    ratios = [
        number(downloading / limit if downloading is not None and limit else None, ".2f")
        for limit in (limits.longest, limits.sum)
    ]
    return (
        stage.label,
        number(stage.ended, ".2f"),
        number(stage.first_open, ".2f"),
        *ratios,
        number(stage.cpu, ".2f"),
        number(stage.rss / 1e6 if stage.rss else None, ".0f"),
        str(stage.bytes),
        str(stage.chunks),
        f"{stage.whole}/{len(stage.lanes)}",
        number(stage.status, "d"),
    )


def table_text(standings: Standings, limits: Limits) -> str:
    rows = [HEAD, *table_rows(standings, limits)]
    widths = [max(columns(row[n]) for row in rows) for n in range(len(HEAD))]
    lines = [
        "  ".join(
            cell + " " * (width - columns(cell)) if n == 0 else cell.rjust(width)
            for n, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    told = (
        f"The longest poem takes {limits.longest:.2f} s, all together {limits.sum:.2f} s.",
        "Seconds count from the start of each process, the ratios from its first connection.",
    )
    return "\n".join([*lines, *told])


def end_of(standings: Standings) -> float:
    """The last moment that a timeline has to show, in seconds."""
    times = [0.1]
    for stage in standings.stages.values():
        times += [stage.ended or 0.0]
        for lane in stage.lanes.values():
            times += [t for t, _ in (*lane.sent[-1:], *lane.read[-1:])]
    return max(times)


def at(steps: list[tuple[float, int]], t: float) -> int:
    """The bytes by the time t."""
    so_far = 0
    for when, count in steps:
        if when > t:
            break
        so_far = count
    return so_far


def lanes_of(stage: StageStanding) -> list[tuple[str, LaneStanding]]:
    """A stage's lanes with their names; beyond MOST_LANES one that sums them all."""
    lanes = [stage.lanes[number] for number in sorted(stage.lanes)]
    if len(lanes) <= MOST_LANES:
        return [(lane.poem or "-", lane) for lane in lanes]
    total = LaneStanding(f"{len(lanes)} poems", sum(lane.size for lane in lanes))
    total.opened = min(lane.opened or 0.0 for lane in lanes)
    for name in ("sent", "read"):
        so_far, steps = 0, []
        changes = sorted(
            (t, now - before)
            for lane in lanes
            for (t, now), (_, before) in zip(
                getattr(lane, name), [(0.0, 0), *getattr(lane, name)], strict=False
            )
        )
        for t, change in changes:
            so_far += change
            steps.append((t, so_far))
        setattr(total, name, steps)
    return [(total.poem, total)]


def timeline_text(standings: Standings, width: int = 80) -> str:
    """The lanes under one axis: `#` bytes read, `+` bytes sent and not yet read, `-` waiting."""
    end = end_of(standings)
    names = [name for stage in standings.stages.values() for name, _ in lanes_of(stage)]
    margin = max([columns(name) for name in names] or [0]) + 4
    cells = max(20, width - margin - 1)
    lines = []
    for stage in standings.stages.values():
        lines.append(stage.label)
        for name, lane in lanes_of(stage):
            row = "".join(
                cell(lane, stage, n * end / cells, (n + 1) * end / cells) for n in range(cells)
            )
            lines.append(f"  {name}{' ' * (margin - 2 - columns(name))}{row}".rstrip())
    right = f"{end:.1f} s"
    lines.append(" " * margin + "0 s" + right.rjust(cells - 3))
    return "\n".join([*lines, "# read by the stage   + sent, not yet read   - connected, waiting"])


def cell(lane: LaneStanding, stage: StageStanding, start: float, end: float) -> str:
    """One column of a lane: what was the most that happened in it, or just beside it.

    A slow server sends less often than a column is wide, and the kernel is asked less often yet.
    """
    took = lane.read if stage.counts_reads else lane.sent
    if at(took, end + NEAR) > at(took, start - NEAR):
        return "#"
    if at(lane.sent, end) > at(took, end + NEAR):
        return "+"
    last = max([t for t, _ in took[-1:]] + [lane.closed or end])
    return "-" if lane.opened is not None and lane.opened <= end and start < last else " "


def timeline_svg(events: Iterable[Event], limits: Limits) -> str:
    """The same as a picture: each lane fills as bytes leave the server and as the stage reads."""
    standings = Standings(events)
    end = end_of(standings)
    left, right, lane_height, gap = 130.0, 740.0, 22.0, 6.0
    rows = sum(len(lanes_of(stage)) for stage in standings.stages.values())
    height = 56 + rows * (lane_height + gap) + len(standings.stages) * 40 + 30
    svg = Svg(820, height, "A race of " + ", ".join(standings.stages))

    def x(t: float) -> float:
        return left + t / end * (right - left)

    svg.rect(left, 14, 12, 12, "sent")
    svg.text(left + 18, 25, "sent by the server")
    svg.rect(left + 170, 14, 12, 12, "read")
    svg.text(left + 188, 25, "read by the stage")
    y = 44.0
    for stage in standings.stages.values():
        y += 20
        svg.text(16, y, stage.label, "bold")
        y += 8
        top = y
        for name, lane in lanes_of(stage):
            svg.text(28, y + 16, name, "dim")
            draw_lane(svg, lane, stage, x, y, lane_height)
            y += lane_height + gap
        if stage.ended is not None:
            svg.line(x(stage.ended), top - 2, x(stage.ended), y - gap + 2, "end")
            svg.text(x(stage.ended) + 6, top + 16, f"{stage.ended:.1f} s", "bold")
        y += 12
    svg.line(left, y, right, y)
    step = next(s for s in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 60, 600, 6000) if end / s <= 10)
    for n in range(int(end / step) + 1):
        svg.line(x(n * step), y, x(n * step), y + 5)
        svg.text(x(n * step), y + 20, f"{n * step:g} s", "dim", "middle")
    return str(svg)


def draw_lane(
    svg: Svg,
    lane: LaneStanding,
    stage: StageStanding,
    x: Callable[[float], float],
    y: float,
    height: float,
) -> None:
    if lane.opened is None:
        return
    last = max([lane.opened] + [t for t, _ in (*lane.sent[-1:], *lane.read[-1:])])
    svg.rect(x(lane.opened), y, x(last) - x(lane.opened), height, "track")
    for name in ("sent", "read"):
        points = [(x(lane.opened), y + height)]
        before = 0
        for t, count in getattr(lane, name):
            points += [(x(t), y + height * (1 - n / max(1, lane.size))) for n in (before, count)]
            before = count
        full = y + height * (1 - before / max(1, lane.size))
        svg.area([*points, (x(last), full), (x(last), y + height)], name)
