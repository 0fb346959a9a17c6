"""Text measured in columns of a terminal, and made safe to print in one line of it."""

import unicodedata

from rich.cells import cell_len, set_cell_size

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
    if char == "\t":
        return " "
    if char in JOINERS or not unicodedata.category(char).startswith(("C", "Zl", "Zp")):
        return char
    return "\N{REPLACEMENT CHARACTER}"


def clip(text: str, width: int) -> str:
    """A text of at most so many columns."""
    if columns(text) <= width:
        return text
    return set_cell_size(text, width - 1).rstrip() + "…" if width > 0 else ""


def pad(text: str, width: int) -> str:
    """A text of exactly so many columns."""
    return set_cell_size(clip(text, width), width)
