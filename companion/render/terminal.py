"""Where a command prints: its language, the terminal's size, colours and letters; JSON for a
program."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from companion.render.language import language, say

Piece = tuple[str, str]  # a text, and a colour of the terminal's, bold, dim, or nothing


@dataclass(frozen=True)
class Screen:
    """What a page is written for.

    `columns` and `lines` are the terminal's, 0 where there is none. `boxes` is whether it can show
    what is not ASCII, `pages` whether what has more lines goes to the reader's pager.
    """

    columns: int = 0
    colour: bool = False
    lang: str = "en"
    boxes: bool = False
    lines: int = 0
    pages: bool = True

    def fit(self, text: str, width: int) -> str:
        """A text in letters that there are, in at most so many columns."""
        from companion.render.text import clip  # loads rich, which help and list do without

        if self.boxes:
            return clip(text, width)
        return clip(text.replace("…", "..."), width, "...")

    def line(self, *pieces: Piece) -> str:
        """One line, no wider than the screen, or than 80 columns where there is none."""
        whole = self.fit("".join(text for text, _ in pieces).rstrip(), self.columns or 80)
        if not self.colour:
            return whole
        shown = ""
        for text, style in pieces:
            text = text if self.boxes else text.replace("…", "...")
            shown, whole = shown + self.paint(whole[: len(text)], style), whole[len(text) :]
        return shown + whole

    def wrap(self, text: str, indent: int = 0) -> list[str]:
        """A text as the lines beside an indent; one line where there is no terminal."""
        if not self.columns:
            return [text]
        from companion.render.text import wrap

        return wrap(text, max(self.columns - indent, 12)) or [""]

    def beside(self, lead: str, text: str) -> list[str]:
        """A text behind what begins it; where it is wrapped, its other lines stand under it."""
        if not self.columns:
            return [lead + text]
        from companion.render.text import columns

        indent = columns(lead)
        first, *rest = self.wrap(text, indent)
        return [lead + first, *(" " * indent + piece for piece in rest)]

    def paragraph(self, text: str, lead: str = "") -> str:
        return "\n".join(self.beside(lead, text))

    def show(self, text: str) -> None:
        """Print a text; by the reader's pager where it has more lines than the terminal."""
        if self.pages and sys.stdout.isatty() and text.count("\n") + 2 > self.lines:
            os.environ.setdefault("LESS", "FRX")
            if self.boxes:
                os.environ.setdefault("LESSCHARSET", "utf-8")
            click.echo_via_pager(text, color=True)
        else:
            click.echo(text, color=self.colour or None)

    def paint(self, text: str, style: str) -> str:
        """A text in a colour, where the screen has colours."""
        if not (self.colour and style and text):
            return text
        if style in ("bold", "dim"):
            return click.style(text, bold=style == "bold" or None, dim=style == "dim" or None)
        return click.style(text, fg=style)


PIPE = Screen()


def find_screen(lang: str | None = None) -> Screen:
    """What standard output is: a terminal, or a pipe, which has neither size nor colours unless
    FORCE_COLOR says so. NO_COLOR takes the colours away."""
    lang = lang or language()
    forced = bool(os.environ.get("FORCE_COLOR"))
    if not (sys.stdout.isatty() or forced):
        return Screen(lang=lang)
    import shutil  # half of what it loads is for archives

    size = shutil.get_terminal_size()
    dumb = os.environ.get("TERM") == "dumb" and not forced
    boxes = not dumb and (sys.stdout.encoding or "").lower().startswith("utf")
    colour = not os.environ.get("NO_COLOR") and not dumb
    return Screen(size.columns, colour, lang, boxes, size.lines)


def say_written(path: Path, lang: str) -> None:
    """Say on standard error that a file was written."""
    click.echo(say(lang, "wrote {}", path), err=True)


def as_json(value: Any) -> str:
    """A value as JSON, for a program to read."""
    import json

    return json.dumps(value, ensure_ascii=False, indent=2)
