"""A race as it happens: a frame for a terminal, made of nothing but the standings."""

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from companion.event import Event
from companion.standings import LaneStanding, StageStanding, Standings
from companion.svg import columns

SENT, READ, EMPTY = "blue", "bright_cyan", "grey30"


def plain_line(event: Event) -> str | None:
    """An event as a line in a pipe, or None for one that is not shown there."""
    if event.kind == "print":
        return f"{event.t:8.3f} s  {event.stage}: {event['text']}"
    if event.kind == "exit":
        return f"{event.t:8.3f} s  {event.stage} ends with status {event['status']}"
    return None


def frame(
    standings: Standings, labels: list[str], seconds: float, width: int, height: int
) -> RenderableType:
    """One picture of the race, `seconds` after its start, no larger than the terminal."""
    side_by_side = width >= 36 * len(labels)
    pane_width = width // len(labels) if side_by_side else width
    pane_height = height - 1 if side_by_side else (height - 1) // len(labels)
    panes = [
        pane(standings.stages.get(label) or StageStanding(label), seconds, pane_width, pane_height)
        for label in labels
    ]
    if not side_by_side:
        return Group(*panes)
    grid = Table.grid(expand=False)
    for _ in panes:
        grid.add_column(width=pane_width)
    grid.add_row(*panes)
    return grid


def pane(stage: StageStanding, seconds: float, width: int, height: int) -> Panel:
    """One stage: its lanes, its time, its last line."""
    inner = width - 4
    room = max(1, height - 4)
    lanes = [stage.lanes[number] for number in sorted(stage.lanes)]
    rows = [lane_row(lane, stage.counts_reads, inner) for lane in lanes[:room]]
    if len(lanes) > room:
        rows = [summed(lanes, stage.counts_reads, inner)]
    time = stage.ended if stage.ended is not None else seconds
    state = f"{time:5.1f} s"
    style = "bold"
    if stage.status is not None:
        state += "  done" if stage.status == 0 else f"  ended with status {stage.status}"
        style = "bold green" if stage.status == 0 else "bold red"
    last = stage.last_error if stage.status else stage.last
    lines = [*rows, Text(state, style), Text(clip(last, inner), "dim")]
    return Panel(Group(*lines), title=stage.label, width=width, padding=(0, 1))


def summed(lanes: list[LaneStanding], counts_reads: bool, width: int) -> Text:
    """Lanes beyond the screen, in one."""
    total = LaneStanding(f"{len(lanes)} poems", sum(lane.size for lane in lanes))
    total.sent = [(0.0, sum(lane.sent_bytes for lane in lanes))]
    total.read = [(0.0, sum(lane.read_bytes for lane in lanes))]
    return lane_row(total, counts_reads, width)


def lane_row(lane: LaneStanding, counts_reads: bool, width: int) -> Text:
    """A poem's bar: what the stage has read, what has only been sent, and the rest."""
    name_width = min(12, max(6, width // 3))
    name = clip(lane.poem, name_width)
    cells = max(4, width - name_width - 7)
    share = lane.sent_bytes / lane.size if lane.size else float(lane.how == "done")
    taken = lane.read_bytes / lane.size if lane.size and counts_reads else 0.0
    sent, read = round(share * cells), round(taken * cells)
    row = Text(name + " " * (name_width - columns(name)) + " ")
    row.append("█" * read, READ)
    row.append("▓" * (sent - read) if counts_reads else "█" * sent, SENT)
    row.append("·" * (cells - max(sent, read)), EMPTY)
    row.append(f" {max(share if not counts_reads else taken, 0.0):4.0%}")
    return row


def clip(text: str, width: int) -> str:
    """A text cut to so many columns, and nothing in it that would move the cursor."""
    text = "".join(char if char.isprintable() else "?" for char in text)
    if columns(text) <= width:
        return text
    while columns(text) > width - 1:
        text = text[:-1]
    return text + "…"
