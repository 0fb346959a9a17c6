"""The two pictures of docs/internals.md: the rooms, from their imports, and the processes."""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

from companion.render.svg import Svg
from companion.render.text import wrap
from companion.tutorial.stages import ROOT

HOUSE = ROOT / "companion"
FILES = sorted(HOUSE.rglob("*.py"))
WIDTH = 820.0  # pixels, as wide as a README shows
LINE = 18.0  # from one line of text to the next


def module_of(path: Path) -> str:
    """The module that a file of the tool is, such as companion.race.launch."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {module_of(path) for path in FILES}


def imported(path: Path) -> set[str]:
    """The modules of the tool that a file imports, at its head or in a function."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= inner & MODULES or {str(node.module)}
    return found & MODULES - {"companion"}


def sign(folder: Path) -> str:
    """What stands on a room's door: its docstring."""
    tree = ast.parse((folder / "__init__.py").read_text(encoding="utf-8"))
    return ast.get_docstring(tree) or ""


def arrows() -> dict[str, set[str]]:
    """Each folder of the tool with those that its files import from."""

    def room(path: Path) -> str:
        return "/".join(path.parent.relative_to(HOUSE).parts)

    homes = {module_of(path): room(path) for path in FILES}
    found: dict[str, set[str]] = {name: set() for name in homes.values() if name}
    for path in FILES:
        if here := room(path):
            found[here] |= {homes[other] for other in imported(path)} - {here, ""}
    return found


def rows(below: dict[str, set[str]]) -> list[list[str]]:
    """The rooms from top to bottom, each above all that it imports from."""
    depth: dict[str, int] = {}
    for name in TopologicalSorter(below).static_order():
        depth[name] = 1 + max((depth[other] for other in below[name]), default=0)
    levels = range(max(depth.values()), 0, -1)
    return [sorted(name for name in depth if depth[name] == level) for level in levels]


def reached(name: str, below: dict[str, set[str]]) -> set[str]:
    """All rooms that can be come to from one."""
    return {name}.union(*(reached(other, below) for other in below[name]))


def direct(below: dict[str, set[str]]) -> list[tuple[str, str]]:
    """The arrows but for those that follow from others."""
    return [
        (name, other)
        for name, others in below.items()
        for other in sorted(others)
        if not any(other in reached(third, below) for third in others - {other})
    ]


def rooms_svg() -> str:
    """The rooms as boxes, with the arrows of their imports."""
    below = arrows()
    levels = rows(below)
    svg = Svg(WIDTH, 96.0 * len(levels), "The rooms of the tool, and which imports which")
    places = {
        name: (WIDTH / len(names) * (number + 0.5), 10 + 96.0 * level)
        for level, names in enumerate(levels)
        for number, name in enumerate(names)
    }
    for name, other in direct(below):
        (x, y), (to_x, to_y) = places[name], places[other]
        shift = max(-80.0, min(80.0, (to_x - x) / 4))
        arrow(svg, (x + shift, y + 64), (to_x - shift, to_y - 2))
    for name, (x, y) in places.items():
        whole = sign(HOUSE / name).partition(":")[0]
        short = whole if len(wrap(whole, 26)) < 3 else whole.partition(",")[0]
        box(svg, x - 95, y, 190, [f"{name}/", *wrap(short, 26)], 3)
    return str(svg)


def processes_svg() -> str:
    """Who runs where: the tool, the fork server, a stage in simulated time, a stage in a race."""
    svg = Svg(WIDTH, 436, "The processes of a run in simulated time, and of a race")
    tool = ["the tool", "trace, check, run --virtual", "virtual/, check/, trace/"]
    server = ["the fork server", "virtual/inside/fork_server", "Twisted is loaded, no reactor"]
    box(svg, 10, 20, 220, [*tool, "reads events from the journal"])
    box(svg, 310, 20, 210, [*server, "one for each mode of time"])
    svg.rect(585, 10, 225, 266, "call")
    svg.text(697, 30, "the stage's process, forked", "bold", "middle")
    inner = (
        ["the stage, Twisted", "unmodified"],
        ["probe/", "watches by sys.settrace"],
        ["the replaced calls", "inside/calls, sockets"],
        ["the clock", "inside/clock"],
        ["network and peers", "real sockets, peers/playing"],
    )
    for number, lines in enumerate(inner):
        box(svg, 595, 38 + 47.0 * number, 205, lines)
    arrow(svg, (230, 48), (308, 48), "a job")
    arrow(svg, (520, 48), (583, 48), "fork")
    arrow(svg, (310, 86), (232, 86), "status")
    svg.way([(585, 246), (120, 246), (120, 101)], "call", "read")
    svg.text(350, 240, "the journal, a file: what happened, and when", "dim", "middle")
    box(svg, 10, 314, 220, ["the tool", "race", "race/, peers/servers"])
    box(svg, 310, 314, 210, ["a launcher, one a client", "race/launch", "small: it measures"])
    box(
        svg,
        595,
        314,
        205,
        ["the client's process", "unmodified, in real time", "nothing of the tool in it"],
    )
    arrow(svg, (230, 334), (308, 334), "go")
    arrow(svg, (310, 366), (232, 366), "told")
    arrow(svg, (520, 342), (593, 342), "fork")
    svg.way([(697, 375), (697, 420), (120, 420), (120, 377)], "call", "read")
    svg.text(408, 414, "connects to the slow servers, through real sockets", "dim", "middle")
    return str(svg)


def arrow(svg: Svg, start: tuple[float, float], end: tuple[float, float], text: str = "") -> None:
    """A straight arrow, with what it carries above it."""
    svg.way([start, end], "call", "read")
    svg.text((start[0] + end[0]) / 2, start[1] - 6, text, "dim", "middle")


def box(svg: Svg, x: float, y: float, width: float, lines: list[str], least: int = 0) -> None:
    """A box whose first line is its name, with room for so many lines at least."""
    svg.rect(x, y, width, 7 + LINE * max(least, len(lines)), "track")
    for number, text in enumerate(lines):
        middle = x + width / 2
        svg.text(middle, y + LINE * (number + 0.9), text, "" if number else "bold", "middle")


# A picture's name in docs/pictures/internals/, and who draws it.
PICTURES = {"rooms": rooms_svg, "processes": processes_svg}
