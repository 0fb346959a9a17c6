"""A small SVG writer: the pictures of the project are drawn with it, and with nothing else.

Colours are classes that follow the reader's light or dark. No font is at hand to measure, so a
text's width is estimated, rather too wide than too narrow.
"""

import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterable
from xml.sax.saxutils import escape, quoteattr

from companion.render.text import columns, to_a_word, wrap

FONT_SIZE = 13.0
NARROWEST = 5.0  # pixels of a narrow letter
MONO = 0.62  # a column of the monospaced font, in shares of the font's size
HEAD = 7.0  # pixels of an arrow's head
ROW = 18.0  # pixels from one line of text to the next
# A picture of a README is drawn for a phone, and shown larger on other screens:
# its texts are then about as large as the README's.
README_WIDTH, README_SCALE = 460.0, 1.2
STYLE = """
text { font: 13px ui-sans-serif, system-ui, sans-serif, "Noto Sans CJK SC", "PingFang SC";
  fill: #1f2328 }
.mono { font-family: ui-monospace, Menlo, "DejaVu Sans Mono", monospace }
.bold { font-weight: 600 }
.dim { fill: #59636e }
.page { fill: #ffffff }
.track { fill: #eef1f4 }
.sent { fill: #9ecbf5 }
.read { fill: #0969da }
.mark { fill: #d1242f }
.line { stroke: #d1d9e0; stroke-width: 1 }
.end { stroke: #1a7f37; stroke-width: 2 }
.limit { stroke: #d1242f; stroke-width: 1.5; stroke-dasharray: 4 3 }
.fail { stroke: #d1242f; stroke-width: 2 }
.stop { stroke: #9a6700; stroke-width: 2 }
.good { fill: #1a7f37 }
.bad { fill: #d1242f }
.warn { fill: #9a6700 }
.call { fill: #0969da; fill-opacity: .06; stroke: #0969da; stroke-opacity: .35 }
.way { fill: none }
.dashed { stroke-dasharray: 5 3 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } .dim { fill: #9198a1 } .page { fill: #0d1117 } .track { fill: #1b222b }
  .sent { fill: #1f4b7f } .read { fill: #58a6ff } .mark { fill: #ff7b72 }
  .line { stroke: #3d444d } .end { stroke: #3fb950 } .limit { stroke: #ff7b72 }
  .fail { stroke: #ff7b72 } .stop { stroke: #d29922 }
  .good { fill: #3fb950 } .bad { fill: #ff7b72 } .warn { fill: #d29922 }
  .call { fill: #58a6ff; fill-opacity: .08; stroke: #58a6ff; stroke-opacity: .4 }
}
"""
# Widths in shares of the font's size; sans-serif fonts differ, these are among their widest.
NARROW, WIDE_LATIN = "fijlrtI.,:;'!|()[] ", "mwMWQO@%&—"


def character_width(char: str) -> float:
    """How wide a character is in a sans-serif font, in ems, rather too wide than too narrow."""
    if unicodedata.combining(char) or unicodedata.category(char) == "Cf":
        return 0.0
    if unicodedata.east_asian_width(char) in "WF":
        return 1.0
    if char in NARROW:
        return 0.4
    return 1.0 if char in WIDE_LATIN else 0.75 if char.isupper() else 0.65


def text_width(text: str, size: float = FONT_SIZE) -> float:
    """The most pixels that a text is likely to need, at a font size in pixels."""
    return size * sum(map(character_width, text))


def mono_width(text: str, size: float = FONT_SIZE) -> float:
    """The same for a text in the monospaced font."""
    return size * MONO * columns(text)


def fit(
    text: str,
    width: float,
    size: float = FONT_SIZE,
    measure: Callable[[str, float], float] = text_width,
) -> str:
    """A text cut so that it needs at most so many pixels, as `measure` has them."""
    if measure(text, size) <= width:
        return text
    ends = range(1, len(text) + 1)
    fitting = bisect_right(ends, width, key=lambda end: measure(text[:end] + "…", size))
    return to_a_word(text, fitting) + "…"


def text_lines(text: str, width: float) -> list[str]:
    """A text in lines that need at most so many pixels each."""
    for most in range(int(width / NARROWEST), 1, -1):
        lines = wrap(text, most)
        if all(text_width(line) <= width for line in lines):
            return lines
    return wrap(text, 1)


def fit_mono(text: str, width: float) -> str:
    """The same for a text in the monospaced font."""
    return fit(text, width, measure=mono_width)


class Svg:
    """One picture; sizes and places in pixels from the top left. It is shown `scale` times as
    large, where there is room."""

    def __init__(self, width: float, height: float, title: str, scale: float = 1.0) -> None:
        self.width, self.height, self.title = width, height, allowed(title)
        self.scale = scale
        self.parts: list[str] = []
        self.grounds: list[str] = []

    def rect(self, x: float, y: float, width: float, height: float, style: str) -> None:
        self.parts.append(rectangle(x, y, width, height, style))

    def ground(self, x: float, y: float, width: float, height: float, style: str) -> None:
        """A rectangle below all else, of earlier ones the last."""
        self.grounds.append(rectangle(x, y, width, height, style))

    def line(self, x: float, y: float, to_x: float, to_y: float, style: str = "line") -> None:
        self.parts.append(
            f'<line x1="{x:.1f}" y1="{y:.1f}" x2="{to_x:.1f}" y2="{to_y:.1f}"'
            f" class={quoteattr(style)}/>"
        )

    def area(self, points: list[tuple[float, float]], style: str) -> None:
        """A filled polygon."""
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self.parts.append(f'<polygon points="{path}" class={quoteattr(style)}/>')

    def way(self, points: list[tuple[float, float]], style: str, head: str = "") -> None:
        """A line through several points, with an arrow's head of a class at its end."""
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self.parts.append(f'<polyline points="{path}" class={quoteattr(f"way {style}")}/>')
        if head:
            (from_x, from_y), (x, y) = points[-2:]
            along = (x - from_x, y - from_y)
            size = max(abs(along[0]), abs(along[1])) or 1.0
            dx, dy = along[0] / size * HEAD, along[1] / size * HEAD
            side = dy * 0.6, dx * 0.6
            left, right = (x - dx - side[0], y - dy + side[1]), (x - dx + side[0], y - dy - side[1])
            self.area([left, (x, y), right], head)

    def text(self, x: float, y: float, text: str, style: str = "", anchor: str = "start") -> None:
        """A text with its base line at y; x is its start, its middle or its end, by anchor."""
        self.parts.append(
            f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" class={quoteattr(style)}>'
            f"{clean(text)}</text>"
        )

    def title_lines(self, margin: float) -> float:
        """Write its title above all else; gives where that ends."""
        y = margin
        for line in text_lines(self.title, self.width - 2 * margin):
            self.text(margin, y + 13, line, "bold")
            y += ROW
        return y

    def legend(
        self, x: float, y: float, right: float, entries: Iterable[tuple[str, str, str]]
    ) -> float:
        """What is drawn and what it means, in lines from x to right; gives where they end. An entry
        is a sign (box, line or wedge), its style and its text."""
        left, x = x, x
        for sign, style, said in entries:
            if x > left and x + 28 + text_width(said) > right:
                x, y = left, y + ROW
            if sign == "line":
                self.line(x, y + 9, x + 22, y + 9, style)
            elif sign == "wedge":
                self.area([(x, y + 15), (x + 22, y + 3), (x + 22, y + 15)], style)
            else:
                self.rect(x + 5, y + 3, 12, 12, style)
            self.text(x + 28, y + 13, said, "dim")
            x += 46 + text_width(said)
        return y + ROW

    def __str__(self) -> str:
        # The page comes last, for the height may have grown, and lies below all else.
        page = rectangle(0, 0, self.width, self.height, "page")
        head = f"<title>{escape(self.title)}</title>", f"<style>{STYLE}</style>"
        body = "\n".join([*head, page, *self.grounds, *self.parts])
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width:.0f}'
            f' {self.height:.0f}" width="{self.width * self.scale:.0f}"'
            f' height="{self.height * self.scale:.0f}"'
            f' role="img" aria-label={quoteattr(self.title)}>\n{body}\n</svg>\n'
        )


def rectangle(x: float, y: float, width: float, height: float, style: str) -> str:
    """A rectangle as markup; all numbers are pixels."""
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(0.0, width):.1f}"'
        f' height="{max(0.0, height):.1f}" class={quoteattr(style)}/>'
    )


def allowed(text: str) -> str:
    """A text without what XML has no place for, escaped or not."""
    kept = "".join(c if c >= " " and c not in "\x7f\ufffe\uffff" else " " for c in text)
    return kept.encode("utf-8", "replace").decode()


def clean(text: str) -> str:
    """A text as it may stand in markup."""
    return escape(allowed(text))
