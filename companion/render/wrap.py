"""Text cut into lines for a terminal, by its width in columns; Chinese and Latin alike."""

import re

from rich.cells import cell_len, chop_cells

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
