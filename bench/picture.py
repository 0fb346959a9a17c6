"""The plot of scale.py: CPU time a poem by the number of slow servers, as SVG."""

import math
from itertools import pairwise

from measure import TRANSFORM
from scale import Costs

from companion.render.svg import Svg

STYLE = """
.stage, .asyncio, .trio, .bare { stroke-width: 2; stroke-linecap: round }
.stage { stroke: #0969da } .asyncio { stroke: #cf222e } .trio { stroke: #8250df }
.bare { stroke: #1a7f37 }
.thin { stroke-width: 1; opacity: 0.6 }
@media (prefers-color-scheme: dark) {
  .stage { stroke: #58a6ff } .asyncio { stroke: #ff7b72 } .trio { stroke: #bc8cff }
  .bare { stroke: #3fb950 }
}
"""
WIDTH, HEIGHT = 900.0, 420.0
TOP, BOTTOM, PANEL, PLOT = 90.0, 350.0, 430.0, 240.0
LABEL = 17.0  # pixels from one label to the next


def scale_svg(costs: Costs) -> str:
    """Two panels under one scale: one connection a poem, and two."""
    numbers = costs.numbers[1:]
    most = max(costs.per_poem(name, number) for name in costs.runs for number in numbers) * 1e6
    step = next(s for s in (50, 100, 200, 500, 1000, 5000, 10**6) if most / s <= 8)
    top = step * math.ceil(most / step)
    svg = Svg(WIDTH, HEIGHT, "CPU time a poem, by the number of slow servers")
    svg.parts.append(f"<style>{STYLE}</style>")
    svg.text(20, 30, "CPU time a poem, by the number of slow servers", "bold")
    svg.text(20, 50, "microseconds, without the start of the program", "dim")
    for panel, title in enumerate(("one connection a poem", "and one for its transform")):
        left = 60 + panel * PANEL
        svg.text(left, TOP - 14, title)
        for n in range(top // step + 1):
            y = BOTTOM - n * step / top * (BOTTOM - TOP)
            svg.line(left, y, left + PLOT, y)
            svg.text(left - 8, y + 4, str(n * step), "dim", "end")
        names = [name for name in costs.runs if costs.transforms[name] == bool(panel)]
        draw(svg, costs, names, left, top)
        for number in numbers:
            svg.text(left + across(number, numbers), BOTTOM + 20, f"{number:,}", "dim", "middle")
        svg.text(left + PLOT / 2, BOTTOM + 42, "slow servers", "dim", "middle")
    return str(svg)


def across(number: int, numbers: list[int]) -> float:
    """Where a number of servers stands, in pixels from the panel's left; logarithmic."""
    if len(numbers) == 1:
        return PLOT
    return PLOT * math.log(number / numbers[0]) / math.log(numbers[-1] / numbers[0])


def draw(svg: Svg, costs: Costs, names: list[str], left: float, top: float) -> None:
    """The lines of one panel, each with its name at its end; names keep clear of each other."""
    numbers = costs.numbers[1:]
    ends = []
    for name in names:
        style = "stage" if name.startswith("client") else name.split()[0]
        points = [
            (
                left + across(number, numbers),
                BOTTOM - max(0.0, costs.per_poem(name, number)) * 1e6 / top * (BOTTOM - TOP),
            )
            for number in numbers
        ]
        for (x, y), (to_x, to_y) in pairwise(points):
            svg.line(x, y, to_x, to_y, style)
        ends.append((points[-1][1], name.removesuffix(TRANSFORM), style))
    ends.sort()
    places = spread([y for y, _, _ in ends])
    for (y, name, style), place in zip(ends, places, strict=True):
        svg.line(left + PLOT + 2, y, left + PLOT + 16, place, style + " thin")
        svg.text(left + PLOT + 20, place + 4, name)


def spread(places: list[float]) -> list[float]:
    """Sorted places moved apart until each is LABEL from the next, around where they were."""
    groups: list[tuple[float, int]] = []  # the middle of a pile of labels, and how many it has
    for place in places:
        groups.append((place, 1))
        while len(groups) > 1:
            (above, some), (below, more) = groups[-2:]
            if below - above >= (some + more) / 2 * LABEL:
                break
            groups[-2:] = [((above * some + below * more) / (some + more), some + more)]
    return [
        middle + (n - (count - 1) / 2) * LABEL for middle, count in groups for n in range(count)
    ]
