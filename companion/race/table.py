"""The table at the end of a race: a row a measure, a column a stage."""

from collections.abc import Callable

from companion.race.standings import StageStanding, Standings
from companion.render.language import say
from companion.render.text import columns, pad, visible, wrap


def number(value: float | None, form: str) -> str:
    """A number in this format, and - where it is not known."""
    return "-" if value is None else format(value, form)


def ratio(stage: StageStanding, limit: float) -> str:
    """Its time from the first connection on over a limit, where it got every poem."""
    whole = stage.whole == len(stage.lanes)
    return number(stage.download / limit if stage.download and limit and whole else None, ".2f")


def memory(stage: StageStanding) -> str:
    """In MB; what is too little to be measured is not in the exit event, see companion.event."""
    return number(stage.rss / 1e6, ".0f") if stage.rss else "-" if stage.cpu is None else "< 11"


def table_rows(standings: Standings, lang: str = "en") -> list[tuple[str, ...]]:
    """A row a measure, its name first; a column a stage. The ratios leave the start-up out."""
    stages = list(standings.stages.values())
    if not stages:
        return []
    status = say(lang, "status {}", "")
    longest, total = stages[0].longest, stages[0].sum
    measures: list[tuple[str, Callable[[StageStanding], str]]] = [
        ("", lambda s: s.label),
        (say(lang, "seconds, of the process"), lambda s: number(s.seconds, ".2f")),
        (say(lang, "  until it first connects"), lambda s: number(s.start_up, ".2f")),
        (say(lang, "  from then on"), lambda s: number(s.download, ".2f")),
        (say(lang, "  over the longest poem, {:.2f} s *", longest), lambda s: ratio(s, longest)),
        (say(lang, "  over the sum of all, {:.2f} s", total), lambda s: ratio(s, total)),
        (say(lang, "CPU seconds"), lambda s: number(s.cpu, ".2f")),
        (say(lang, "peak memory, MB"), memory),
        (say(lang, "bytes sent to it"), lambda s: f"{s.bytes:,}"),
        (say(lang, "  in chunks"), lambda s: f"{s.chunks:,}"),
        (say(lang, "poems whole"), lambda s: say(lang, "{} of {}", s.whole, len(s.lanes))),
        (
            say(lang, "exit status"),
            lambda s: s.ending(lang).removeprefix(status),
        ),
    ]
    return [(name, *map(measure, stages)) for name, measure in measures]


def table_text(standings: Standings, width: int = 80, lang: str = "en") -> str:
    """The table, in as many parts as the width needs; where it is too narrow for a name and a
    value, each has a line of its own."""
    rows = [tuple(map(visible, row)) for row in table_rows(standings, lang)]
    if not rows:
        return ""
    names = max(columns(row[0]) for row in rows)
    widest = max(columns(cell) for row in rows for cell in row[1:])
    if names + 2 + widest > width >= 2 + widest:
        names = 0
    lines: list[str] = []
    first, count = 1, len(rows[0])
    while first < count:
        last, used = first, names
        while last < count:
            used += 2 + max(columns(row[last]) for row in rows)
            if used > width and last > first:
                break
            last += 1
        lines += table_part(rows, names, range(first, last))
        first = last
    limit = say(lang, "* the limit: no client can end before its longest poem does")
    return "\n".join([*lines, *fitted(limit, width)])


def table_part(rows: list[tuple[str, ...]], names: int, chosen: range) -> list[str]:
    """The lines of a table of these columns; `names` is the width of the first, 0 for a line of
    its own."""
    widths = [max(columns(row[n]) for row in rows) for n in chosen]
    lines = []
    for row in rows:
        cells = [" " * (w - columns(row[n])) + row[n] for n, w in zip(chosen, widths, strict=True)]
        if row[0] and not names:
            lines.append(row[0])
        lines.append("  ".join([pad(row[0], names), *cells]).rstrip())
    return [*lines, ""]


def fitted(text: str, width: int) -> list[str]:
    """A text as it is, or where the width needs it in more lines."""
    return [text] if columns(text) <= width else wrap(text, width)
