"""The plot of scale.py: CPU time a poem by the number of slow servers, as SVG."""

import math
from itertools import pairwise

from measure import TRANSFORM
from scale import Costs

from companion.render.svg import README_SCALE, README_WIDTH, Svg

# A class a line: of light screens, and of dark ones. The peers' are dashed.
PEERS = {
    "asyncio streams": ("#cf222e", "#ff7b72"),
    "bare epoll": ("#1a7f37", "#3fb950"),
    "bare twisted": ("#5c4a3d", "#b8a494"),
    "trio streams": ("#8250df", "#bc8cff"),
}
STAGES = (
    ("#0969da", "#58a6ff"),
    ("#bc4c00", "#f0883e"),
    ("#0f7b82", "#39c5cf"),
    ("#bf3989", "#f778ba"),
    ("#7d5700", "#d8b04a"),
    ("#57606a", "#aab2ba"),
)
TOP, PLOT, HEIGHT = 108.0, 230.0, 240.0
LEFT, PITCH = 70.0, 336.0  # of a panel, and from one to the next
LABEL = 17.0  # pixels from one label to the next
ASIDE = 3.0  # pixels between the points of two lines, whose bars would lie on each other


def scale_svg(costs: Costs) -> str:
    """Two panels, each with a scale of its own: one connection a poem, and two."""
    numbers = costs.numbers[1:]
    title = "CPU time a poem, by the number of slow servers"
    svg = Svg(README_WIDTH, TOP + PITCH + HEIGHT + 50, title, README_SCALE)
    svg.parts.append(f"<style>{style()}</style>")
    svg.text(16, 26, title, "bold")
    svg.text(16, 45, "microseconds, without the start of the program; a bar", "dim")
    svg.text(16, 62, "reaches from its cheapest round to its dearest", "dim")
    for panel, title in enumerate(("one connection a poem", "and one for its transform")):
        floor = TOP + panel * PITCH + HEIGHT
        svg.text(LEFT, floor - HEIGHT - 12, title, "bold")
        names = [name for name in costs.runs if costs.transforms[name] == bool(panel)]
        step = step_of(costs, names)
        top = step * math.ceil(dearest(costs, names) / step)
        for mark in range(0, top + 1, step):
            height = floor - mark / top * HEIGHT
            svg.line(LEFT, height, LEFT + PLOT, height)
            svg.text(LEFT - 20, height + 4, f"{mark:,}", "dim", "end")
        draw(svg, costs, names, floor, HEIGHT / top)
        for number in numbers:
            svg.text(LEFT + across(number, numbers), floor + 20, f"{number:,}", "dim", "middle")
        svg.text(LEFT + PLOT / 2, floor + 38, "slow servers", "dim", "middle")
    return str(svg)


def dearest(costs: Costs, names: list[str]) -> float:
    """The most microseconds that a poem took in any round."""
    points = [(name, number) for name in names for number in costs.numbers[1:]]
    return max((costs.per_poem(*point).most * 1e6 for point in points), default=1.0)


def step_of(costs: Costs, names: list[str]) -> int:
    """Microseconds from one line of the scale to the next."""
    most = dearest(costs, names)
    return next(step for step in (50, 100, 200, 500, 1000, 5000, 10**6) if most / step <= 8)


def style() -> str:
    """The colours of the lines, by class."""
    colours = {classes(name): pair for name, pair in PEERS.items()}
    colours |= {f"stage-{n}": pair for n, pair in enumerate(STAGES)}
    plain = ".plot { stroke-width: 2; stroke-linecap: round } .bar { opacity: 0.7 }"
    light, dark = (
        " ".join(f".{name} {{ stroke: {pair[shade]} }}" for name, pair in colours.items())
        for shade in (0, 1)
    )
    return f"{plain} {light} @media (prefers-color-scheme: dark) {{ {dark} }}"


def classes(peer: str) -> str:
    return peer.replace(" ", "-")


def across(number: int, numbers: list[int]) -> float:
    """Where a number of servers stands, in pixels from the panel's left; logarithmic."""
    if len(numbers) == 1:
        return PLOT
    return PLOT * math.log(number / numbers[0]) / math.log(numbers[-1] / numbers[0])


def draw(svg: Svg, costs: Costs, names: list[str], floor: float, scale: float) -> None:
    """The lines of one panel, each with its name at its end; `scale` is in pixels a microsecond."""
    numbers = costs.numbers[1:]
    ends = []
    stages = [name for name in names if name.removesuffix(TRANSFORM) not in PEERS]
    for rank, name in enumerate(names):
        short = name.removesuffix(TRANSFORM)
        colour = classes(short) if short in PEERS else f"stage-{stages.index(name) % len(STAGES)}"
        aside = (rank - (len(names) - 1) / 2) * ASIDE
        points = []
        for number in numbers:
            x, cost = LEFT + across(number, numbers) + aside, costs.per_poem(name, number)
            low, y, high = (
                floor - max(0.0, seconds) * 1e6 * scale
                for seconds in (cost.least, cost.value, cost.most)
            )
            svg.line(x, low, x, high, f"bar {colour}")
            svg.line(x - 2, high, x + 2, high, f"bar {colour}")
            points.append((x, y))
        for (x, y), (to_x, to_y) in pairwise(points):
            svg.line(x, y, to_x, to_y, f"plot {colour}" + " dashed" * (short in PEERS))
        ends.append((points[-1], short, colour))
    ends.sort(key=lambda end: end[0][1])
    places = spread([y for (_, y), _, _ in ends])
    below = max([0.0, *(place - floor for place in places)])
    places = [place - below for place in places]
    for ((x, y), name, colour), place in zip(ends, places, strict=True):
        svg.line(x + 3, y, LEFT + PLOT + 24, place, f"bar {colour}")
        svg.line(LEFT + PLOT + 24, place, LEFT + PLOT + 34, place, f"plot {colour}")
        svg.text(LEFT + PLOT + 40, place + 4, name)


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
