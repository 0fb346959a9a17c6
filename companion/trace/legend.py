"""The legend of a trace: what is drawn in its lanes, in a terminal, a picture or the player."""

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass

from companion.render.terminal import Piece, Screen
from companion.render.text import columns
from companion.trace.lanes import MARKS
from companion.trace.trace import Trace
from companion.trace.words import say


@dataclass(frozen=True)
class Glyphs:
    """What a picture is drawn with."""

    once: str
    often: str
    open: str
    cut: str
    waits: str
    blocks: str
    ever: str
    way: str
    rule: str


BOXES = Glyphs("│", "║", "·", "×", "─", "█", "~>", "──>", "─")
ASCII = Glyphs("'", '"', ".", "x", "-", "!", "~>", "-->", "-")
READ, RUNS, OPEN, CUT, WAITS, BLOCKS, EVER = (
    "cyan",
    "green",
    "dim",
    "red",
    "yellow",
    "red",
    "magenta",
)


def glyphs_of(screen: Screen) -> Glyphs:
    """What a screen can draw with."""
    return BOXES if screen.boxes else ASCII


def legend_lines(drawn: Set[str], screen: Screen, indent: int) -> Iterator[Sequence[Piece]]:
    """What the glyphs mean, of those that are drawn, beside an indent of so many columns."""
    glyphs = glyphs_of(screen)
    entries = [
        (glyphs.once, "bold", "once"),
        (glyphs.often, "bold", "often"),
        (glyphs.open, OPEN, "connected"),
        (glyphs.cut, CUT, "cut"),
        (glyphs.waits, WAITS, "waits"),
        (glyphs.blocks, BLOCKS, "blocks"),
        (glyphs.ever, EVER, "waits ever"),
    ]
    line: list[Piece] = []
    used = indent
    for glyph, style, text in entries:
        often = text == "once" and glyphs.often in drawn
        if glyph[0] not in drawn and not often:
            continue
        said = f" {say(screen.lang, text)}   "
        if line and used + columns(glyph + said.rstrip()) > (screen.columns or 80):
            yield line
            line, used = [], indent
        line += [(glyph, style), (said, "")]
        used += columns(glyph + said)
    yield line


def drawn(traces: Sequence[Trace]) -> Iterator[tuple[str, str]]:
    """What the lanes of some traces show, and the key of its words: a connection, its cut, each of
    MARKS, and waiting for ever."""
    lanes = [lane for trace in traces for lane in trace.lanes]
    if any(lane.is_open for lane in lanes):
        yield "open", "connected"
    if any(lane.cut is not None for lane in lanes):
        yield "cut", "cut"
    for mark, text in MARKS.items():
        if any(marks[mark] for trace in traces for marks in trace.marks.values()):
            yield mark, "reads" if mark == "#" and lanes else text
    if any(trace.stuck for trace in traces):
        yield "ever", "waits ever"
