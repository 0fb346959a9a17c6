"""A small SVG writer: the pictures of the project are drawn with it, and with nothing else.

Colours are classes that follow the reader's light or dark; a text's width is estimated, wide
(East Asian) characters counted twice, since no font is at hand to measure.
"""

import unicodedata
from xml.sax.saxutils import escape, quoteattr

STYLE = """
text { font: 13px ui-sans-serif, system-ui, "Noto Sans CJK SC", "PingFang SC", sans-serif;
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
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } .dim { fill: #9198a1 } .page { fill: #0d1117 } .track { fill: #1b222b }
  .sent { fill: #1f4b7f } .read { fill: #58a6ff } .mark { fill: #ff7b72 }
  .line { stroke: #3d444d } .end { stroke: #3fb950 }
}
"""


def columns(text: str) -> int:
    """How many columns a terminal, or a monospaced font, needs for a text."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )


class Svg:
    """One picture; sizes and places in pixels from the top left."""

    def __init__(self, width: float, height: float, title: str) -> None:
        self.width, self.height = width, height
        self.parts = [f"<title>{escape(title)}</title>", f"<style>{STYLE}</style>"]
        self.rect(0, 0, width, height, "page")

    def rect(self, x: float, y: float, width: float, height: float, style: str) -> None:
        self.parts.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(0.0, width):.1f}"'
            f' height="{height:.1f}" class={quoteattr(style)}/>'
        )

    def line(self, x: float, y: float, to_x: float, to_y: float, style: str = "line") -> None:
        self.parts.append(
            f'<line x1="{x:.1f}" y1="{y:.1f}" x2="{to_x:.1f}" y2="{to_y:.1f}"'
            f" class={quoteattr(style)}/>"
        )

    def area(self, points: list[tuple[float, float]], style: str) -> None:
        """A filled polygon."""
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self.parts.append(f'<polygon points="{path}" class={quoteattr(style)}/>')

    def text(self, x: float, y: float, text: str, style: str = "", anchor: str = "start") -> None:
        self.parts.append(
            f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" class={quoteattr(style)}>'
            f"{escape(text)}</text>"
        )

    def __str__(self) -> str:
        body = "\n".join(self.parts)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width:.0f}'
            f' {self.height:.0f}" width="{self.width:.0f}" height="{self.height:.0f}"'
            f' role="img">\n{body}\n</svg>\n'
        )
