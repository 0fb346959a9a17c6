"""Text on a terminal: measured in columns, made safe to print in one line, cut into lines."""

import re
import unicodedata

from rich.cells import cell_len, chop_cells, set_cell_size

# Joiners that Persian and other scripts are written with; other format characters can turn the
# line round or hide what follows.
JOINERS = "\u200c\u200d"


def columns(text: str) -> int:
    """How many columns a terminal, or a monospaced font, needs for a text."""
    return cell_len(text)


def visible(text: str) -> str:
    """A text without anything that would move a terminal's cursor or change its colours."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(visible_character, text))


def visible_character(char: str) -> str:
    """A character, or what is shown for one that moves the cursor or shows nothing."""
    if char == "\t":
        return " "
    if char in JOINERS or not unicodedata.category(char).startswith(("C", "Zl", "Zp")):
        return char
    return "\N{REPLACEMENT CHARACTER}"


def clip(text: str, width: int, mark: str = "…") -> str:
    """A text of at most so many columns; where it is cut there stands a mark."""
    if columns(text) <= width:
        return text
    mark = mark[: max(0, width)]
    kept = set_cell_size(text, width - columns(mark)) if width > 0 else ""
    return to_a_word(text, len(kept) - (not text.startswith(kept))) + mark


WORD_END = re.compile(r"\s|(?<=[A-Za-z_])\.(?=[A-Za-z_])")


def to_a_word(text: str, length: int) -> str:
    """The first `length` characters, or those to the end of a word or of a part of a name, if one
    ends in the last half, but not with an arrow."""
    ends = (found.start() for found in WORD_END.finditer(text, 0, length + 2))
    words = [text[:end].rstrip() for end in ends if length <= 2 * end <= 2 * length]
    return next((word for word in reversed(words) if word[-1:] != ">"), text[:length].rstrip())


def pad(text: str, width: int) -> str:
    """A text of exactly so many columns."""
    return set_cell_size(clip(text, width), width)


WIDE = "\u2e80-\u9fff\uf900-\ufaff\uff00-\uff60"
# What may not end a line, and what may not begin one.
OPENING = "（《「『【“‘(["
CLOSING = "，。、；：？！）》」』】”’…,.;:?!)]"
# A piece is never cut: blanks, or a single wide character, or a run of others without a blank;
# the last two with the punctuation that belongs to them.
PIECE = re.compile(
    rf"\s+|[{re.escape(OPENING)}]*(?:[{WIDE}]|[^\s{WIDE}“‘]+)?[{re.escape(CLOSING)}]*"
)


def wrap(text: str, width: int) -> list[str]:
    """The text in lines of at most width columns; only what is longer by itself is cut inside."""
    lines, line, blank = [], "", ""
    for whole in PIECE.findall(text):
        for piece in chop_cells(whole, width):
            if piece.isspace():
                blank = " "
                continue
            if line and cell_len(line + blank + piece) > width:
                lines.append(line)
                line, blank = "", ""
            line += (blank if line else "") + piece
            blank = ""
    return [*lines, line] if line else lines
