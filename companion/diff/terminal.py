"""A diff on a terminal: side by side where the width allows, unified below that.

The terminal's own sixteen colours, and signs beside them, so that it reads on a light ground, on a
dark one, and with no colour at all.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from io import StringIO
from itertools import groupby

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from companion.diff.model import DiffRow, Line, Section
from companion.diff.steps import Step
from companion.diff.syntax import Span, pieces, spans
from companion.diff.words import (
    block_name,
    change_text,
    counts_text,
    definitions_text,
    fold_text,
    ideas,
)
from companion.render.language import say
from companion.render.terminal import Screen

# Columns of the terminal from which two scripts stand side by side.
SIDE_BY_SIDE = 140
SIGNS = {"-": "red", "+": "green", " ": "dim"}
STYLES = {
    "": "",
    "string": "yellow",
    "comment": "italic",
    "number": "cyan",
    "keyword": "magenta",
    "decorator": "magenta",
    "name": "bold",
}
# What a reader's file may hold and a terminal would obey: shown as pictures of itself.
CONTROLS = {code: 0x2400 + code for code in range(32) if code != 9} | {127: 0x2421}
CONTROLS |= dict.fromkeys(range(128, 160), 0xFFFD)
TAB = " " * 4
Colours = tuple[tuple[Span, ...], ...]


@dataclass(frozen=True)
class Look:
    """How a step is to be shown."""

    step: Step
    lang: str
    wide: bool
    full: bool

    @cached_property
    def colours(self) -> dict[str, Colours]:
        """The syntax colours of each line, by side."""
        return {"left": spans(self.step.diff.left), "right": spans(self.step.diff.right)}

    @cached_property
    def digits(self) -> int:
        """The width of a line number."""
        diff = self.step.diff
        return len(str(max(len(diff.left.lines), len(diff.right.lines))))


def diff_text(
    steps: Iterable[Step], screen: Screen, *, unified: bool = False, full: bool = False
) -> str:
    """Diffs for a terminal, one after another, with its escape codes."""
    out = StringIO()
    console = Console(
        file=out,
        width=screen.columns,
        highlight=False,
        force_terminal=True,
        color_system="standard" if screen.colour else None,
        no_color=not screen.colour,
    )
    wide = not unified and screen.columns >= SIDE_BY_SIDE
    for number, step in enumerate(steps):
        if number:
            console.print()
        for part in render(Look(step, screen.lang, wide, full)):
            console.print(part)
    return out.getvalue().rstrip("\n")


def render(look: Look) -> Iterator[RenderableType]:
    """The idea of a step, its diff, and below it what it counts and touches."""
    step, lang = look.step, look.lang
    title = Text(step.title(lang), "bold")
    yield Text.assemble((f"{step.title_before(lang)} → ", "dim"), title)
    for idea in ideas(step, lang):
        yield Text(idea, "italic")
    folded: list[Text] = []
    for block in step.diff.blocks:
        if block[0].change == "same" and not look.full:
            folded.append(Text("· " + fold_text(block, lang), "dim"))
            continue
        yield from (Text(), *folded) if folded else ()
        folded = []
        yield Text()
        yield heading(block, lang)
        yield rows_table([row for section in block for row in section.body], look)
    yield from (Text(), *folded) if folded else ()
    yield Text()
    yield summary(step, lang)


def heading(block: Sequence[Section], lang: str) -> Text:
    """The name of a block of definitions, and what became of it."""
    change = change_text(block[0].change, lang)
    return Text.assemble((block_name(block, lang), "bold underline"), f"  {change}" * bool(change))


def rows_table(rows: Sequence[DiffRow], look: Look) -> Table:
    """The rows as a table: side by side where there is room, else one below the other."""
    table = Table.grid(padding=(0, 1, 0, 0), expand=look.wide)
    for _ in range(2 if look.wide else 1):
        for _ in range(1 if look.wide else 2):
            table.add_column(width=look.digits, justify="right", style="dim", no_wrap=True)
        table.add_column(width=1, no_wrap=True)
        table.add_column(ratio=1 if look.wide else None, overflow="fold")
    for left, right in wide_rows(rows) if look.wide else unified_rows(rows):
        same = left is not None and right is not None and left.text == right.text
        old = cells(look, "left", left, " " if same else "-")
        now = cells(look, "right", right, " " if same else "+")
        if look.wide:
            table.add_row(*old, *now)
        else:
            table.add_row(old[0], now[0], *(now if right else old)[1:])
    return table


def wide_rows(rows: Sequence[DiffRow]) -> Iterator[tuple[Line | None, Line | None]]:
    """Each row as the line left and the line right of it."""
    for row in rows:
        yield row.left, row.right


def unified_rows(rows: Sequence[DiffRow]) -> Iterator[tuple[Line | None, Line | None]]:
    """A run of rows that differ: what is gone, then what is new."""
    for same, run in groupby(rows, lambda row: row.change == "same"):
        members = list(run)
        if same:
            yield from wide_rows(members)
        else:
            yield from ((row.left, None) for row in members if row.left)
            yield from ((None, row.right) for row in members if row.right)


def cells(look: Look, side: str, line: Line | None, sign: str) -> tuple[Text, Text, Text]:
    """A line's number, sign and coloured text."""
    if line is None:
        return Text(), Text(), Text()
    text = Text()
    colours = look.colours[side][line.number - 1]
    for piece in pieces(line.text, colours, line.marks):
        style = f"{SIGNS[sign]} reverse" if piece.marked else STYLES[piece.colour]
        text.append(piece.text.translate(CONTROLS).replace("\t", TAB), style)
    return Text(str(line.number)), Text(sign, f"bold {SIGNS[sign]}"), text


def summary(step: Step, lang: str) -> Text:
    """The count of changed lines and the definitions touched."""
    names = definitions_text(step, lang)
    return Text.assemble(
        (counts_text(step, lang), "bold"), say(lang, "{}: {}", "", names) if names else ""
    )
