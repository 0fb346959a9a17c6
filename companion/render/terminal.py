"""Where a command prints: its language, the terminal's size, colours and letters; JSON for a
program."""

import json
import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import click

Piece = tuple[str, str]  # a text, and a colour of the terminal's, bold, dim, or nothing


@dataclass(frozen=True)
class Screen:
    """What a page is written for.

    `columns` and `lines` are the terminal's, 0 where there is none. `boxes` is whether it can show
    what is not ASCII.
    """

    columns: int = 0
    colour: bool = False
    lang: str = "en"
    boxes: bool = False
    lines: int = 0

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
        told = ""
        for text, style in pieces:
            text = text if self.boxes else text.replace("…", "...")
            told, whole = told + self.paint(whole[: len(text)], style), whole[len(text) :]
        return told + whole

    def paint(self, text: str, style: str) -> str:
        """A text in a colour, where the screen has colours."""
        if not (self.colour and style and text):
            return text
        if style in ("bold", "dim"):
            return click.style(text, bold=style == "bold" or None, dim=style == "dim" or None)
        return click.style(text, fg=style)


PIPE = Screen()


def language(environment: Mapping[str, str] = os.environ) -> str:
    """The language of the reader's locale: zh where it is Chinese, en otherwise."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := environment.get(name):
            return "zh" if value.startswith("zh") else "en"
    return "en"


def find_screen(lang: str | None = None) -> Screen:
    """What standard output is: a terminal, or a pipe, which has neither size nor colours unless
    FORCE_COLOR says so. NO_COLOR takes the colours away."""
    lang = lang or language()
    forced = bool(os.environ.get("FORCE_COLOR"))
    if not (sys.stdout.isatty() or forced):
        return Screen(lang=lang)
    size = shutil.get_terminal_size()
    dumb = os.environ.get("TERM") == "dumb" and not forced
    boxes = not dumb and (sys.stdout.encoding or "").lower().startswith("utf")
    colour = not os.environ.get("NO_COLOR") and not dumb
    return Screen(size.columns, colour, lang, boxes, size.lines)


def as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)
