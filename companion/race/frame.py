"""A race as it happens: a frame for a terminal, made of nothing but the standings."""

import shlex
from dataclasses import dataclass, replace

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from companion.event import Event, Exit, Interrupt, Print, Start
from companion.race.standings import LaneStanding, StageStanding, Standings
from companion.race.timeline import merged
from companion.render.language import say
from companion.render.text import clip, pad, visible

READ, SENT, EMPTY = "cyan", "yellow", "bright_black"
BLOCKS = ("█", "▒", "·")
ASCII = ("#", "+", ".")  # where the terminal's encoding has no blocks
NARROWEST = 38  # columns that a pane needs
NAME_WIDTH = 12  # columns of a poem's name


@dataclass(frozen=True)
class Size:
    """A terminal's size in columns and lines, the characters of its bars, and its language."""

    width: int
    height: int
    glyphs: tuple[str, str, str] = BLOCKS
    lang: str = "en"


def plain_line(event: Event, lang: str = "en") -> str | None:
    """An event as a line in a pipe, or None for one that is not shown there."""
    match event:
        case Start():
            said = say(lang, "starts: {}", shlex.join(event.argv))
        case Print():
            said = f"| {event.text}"
        case Interrupt():
            said = say(lang, "is stopped")
        case Exit():
            said = say(lang, "ends with status {}", event.status)
        case _:
            return None
    return visible(f"{event.t:8.3f} s  {event.stage} {said}")


def frame(standings: Standings, seconds: float, size: Size) -> RenderableType:
    """One picture of the race, `seconds` after its start, no larger than the terminal."""
    stages = list(standings.stages.values())
    if not stages:
        return Text("")
    lanes = max(len(stage.lanes) for stage in stages)
    across = panes_across(len(stages), lanes, size)
    down = max(1, min(-(-len(stages) // across), (size.height - 1) // 3))
    height = max(3, min(lanes + 2, (size.height - 1) // down))
    shown = stages[: across * down]
    width = size.width // across
    room = replace(size, width=width, height=height)
    panes = [pane(stage, seconds, room) for stage in shown]
    grid = Table.grid()
    for _ in range(across):
        grid.add_column(width=width)
    for first in range(0, len(panes), across):
        grid.add_row(*panes[first : first + across])
    return Group(grid, legend(shown, len(stages) - len(shown), size))


def panes_across(panes: int, lanes: int, size: Size) -> int:
    """How many panes stand side by side: as few as show every lane, or as many as there is room."""
    most = max(1, min(panes, size.width // NARROWEST))
    for across in range(1, most + 1):
        if -(-panes // across) * (lanes + 2) < size.height:
            return across
    return most


def legend(stages: list[StageStanding], hidden: int, size: Size) -> Text:
    """What the shades mean, and how fast a client can be."""
    (read, sent, empty), lang = size.glyphs, size.lang
    row = Text()
    if hidden:
        row.append(say(lang, "{} more stages", hidden) + "  ", "bold")
    if any(stage.counts_reads for stage in stages):
        row.append(f"{read} ", READ).append(say(lang, "read") + "  ")
    row.append(f"{sent} ", SENT).append(say(lang, "sent, not yet read") + "  ")
    row.append(f"{empty} ", EMPTY).append(say(lang, "to come") + "  ")
    both = stages[0].longest, stages[0].sum
    row.append(say(lang, "longest poem {:.1f} s, all {:.1f} s", *both))
    row.truncate(size.width)
    return row


def pane(stage: StageStanding, seconds: float, size: Size) -> Panel:
    """One stage: its lanes, between its name and time above and its last line below."""
    inner = size.width - 4
    room = size.height - 2
    lanes = [stage.lanes[number] for number in sorted(stage.lanes)]
    rows = lanes
    if len(lanes) > room:
        more = len(lanes) - room + 1
        words = say(size.lang, "{} poems", more) if room == 1 else say(size.lang, "{} more", more)
        rows = [*lanes[: room - 1], replace(merged(lanes[room - 1 :]), poem=words)]
    style, state = state_of(stage, seconds, size.lang)
    title = Text(clip(f"{stage.label}  {state}", inner - 2), style)
    last = stage.last_error if stage.failed and stage.last_error else stage.last
    return Panel(
        Group(*(lane_row(lane, stage.counts_reads, inner, size.glyphs) for lane in rows)),
        title=title,
        title_align="left",
        subtitle=Text(clip(visible(last), inner - 2)) if last else None,
        subtitle_align="left",
        border_style=style if stage.status is not None else "none",
        width=size.width,
        height=size.height,
        padding=(0, 1),
    )


def state_of(stage: StageStanding, seconds: float, lang: str) -> tuple[str, str]:
    """A stage's style, and in words how far it is."""
    passed = seconds if stage.seconds is None else stage.seconds
    if stage.interrupted:
        return "yellow", say(lang, "stopped after {:.1f} s", passed)
    if stage.status:
        return "red", say(lang, "failed, {}, after {:.2f} s", stage.ending(lang), passed)
    if stage.status == 0:
        return "green", say(lang, "done in {:.2f} s", passed)
    begun = stage.first_open is not None
    return "bold", say(lang, "{:.1f} s" if begun else "{:.1f} s, starting up", passed)


def lane_row(
    lane: LaneStanding, counts_reads: bool, width: int, glyphs: tuple[str, str, str]
) -> Text:
    """A poem's bar: what the stage has read, what has only been sent, and what is to come."""
    cells = max(4, width - NAME_WIDTH - 7)
    share = min(1.0, lane.sent_bytes / lane.size) if lane.size else float(lane.how == "done")
    taken = min(share, lane.read_bytes / lane.size) if lane.size and counts_reads else 0.0
    sent, read = int(share * cells), int(taken * cells)  # full only when everything has come
    row = Text(pad(visible(lane.poem), NAME_WIDTH) + " ")
    row.append(glyphs[0] * read, READ)
    row.append(glyphs[1] * (sent - read), SENT)
    row.append(glyphs[2] * (cells - sent), EMPTY)
    row.append(f" {int((taken if counts_reads else share) * 100):4}%")
    return row
