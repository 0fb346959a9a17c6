"""Diffs for a pipe: unified, as `patch` takes them; and as JSON. Steps as a table of plain text."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

from companion.diff.definitions import Source
from companion.diff.model import Diff, DiffRow, Line, Section
from companion.diff.purity import REASONS, budget_of, changed_lines, noise
from companion.diff.steps import Step
from companion.diff.words import counts_text, definitions_text
from companion.render.language import say
from companion.render.text import columns, pad, wrap

CONTEXT = 3


def unified(step: Step, lang: str) -> str:
    """What the step is, and a unified diff of it."""
    diff = step.diff
    lines = [f"# {step.name}", *(f"# {stage.idea[lang]}" for stage in step.way)]
    lines.append(f"# {summary(step, lang)}")
    if found := list(hunks(diff)):
        lines += [f"--- {diff.left.path}", f"+++ {diff.right.path}"]
        lines += (line for hunk in found for line in hunk_lines(diff, hunk))
    return "\n".join(lines)


def summary(step: Step, lang: str) -> str:
    """The count of changed lines, and the definitions touched."""
    counts, names = counts_text(step, lang), definitions_text(step, lang, "->")
    return say(lang, "{}: {}", counts, names) if names else counts


def hunks(diff: Diff) -> Iterator[Sequence[DiffRow]]:
    """Stretches of rows that differ, with CONTEXT same rows around; near ones are one."""
    ends: list[tuple[int, int]] = []
    for number, row in enumerate(diff.rows):
        if not is_same(row, diff):
            begin, end = max(0, number - CONTEXT), number + CONTEXT + 1
            if ends and begin <= ends[-1][1]:
                begin = ends.pop()[0]
            ends.append((begin, end))
    for begin, end in ends:
        yield diff.rows[begin:end]


def is_same(row: DiffRow, diff: Diff) -> bool:
    """Whether a row is the same on both sides to the byte, the end of its line too."""
    return (
        row.change == "same"
        and row.left is not None
        and row.right is not None
        and is_open(row.left, diff.left) == is_open(row.right, diff.right)
    )


def is_open(line: Line, source: Source) -> bool:
    """Whether a line is the last and has no newline."""
    return line.number == len(source.lines) and not source.text.endswith("\n")


def hunk_lines(diff: Diff, hunk: Sequence[DiffRow]) -> Iterator[str]:
    """A hunk as `diff -u` writes it, headed by the definition that it begins in."""
    left = [row.left for row in hunk if row.left]
    right = [row.right for row in hunk if row.right]
    first = next(row for row in hunk if not is_same(row, diff))
    heading = (first.right or first.left or left[0]).part.name
    yield f"@@ -{extent(left)} +{extent(right)} @@ {heading}"
    for same, rows in groupby(hunk, lambda row: is_same(row, diff)):
        run = list(rows)
        for row in run:
            if row.left:
                yield from signed(" " if same else "-", row.left, diff.left)
        for row in run:
            if row.right and not same:
                yield from signed("+", row.right, diff.right)


def extent(lines: Sequence[Line]) -> str:
    """Where a hunk stands on one side: its first line and how many there are.

    None are there only where the whole side is empty, since a hunk has same lines around it.
    """
    return f"{lines[0].number},{len(lines)}" if lines else "0,0"


def signed(sign: str, line: Line, source: Source) -> Iterator[str]:
    """A line behind its sign; after a file's last that has no end, what diff says of that."""
    yield sign + line.text
    if is_open(line, source):
        yield "\\ No newline at end of file"


def step_json(step: Step) -> dict[str, Any]:
    """A step as a JSON object: both sides, counts, definitions, noise, every row."""
    diff = step.diff
    found = noise(step)
    return {
        "before": {"id": step.before.id if step.before else None, "path": diff.left.path},
        "stage": {"id": step.stage.id if step.stage else None, "path": diff.right.path},
        "part": step.stage.part if step.stage else None,
        "ideas": [dict(stage.idea) for stage in step.way],
        "added": len(diff.added),
        "removed": len(diff.removed),
        **({"line_ends_left_out": step.windows} if step.windows else {}),
        "budget": budget_of(step.stage) if step.stage else None,
        "definitions": [{"name": name, "change": change} for name, change in step.definitions],
        "noise": [
            {"reason": one.reason, "sign": one.sign, "number": one.line.number} for one in found
        ],
        "rows": [row_json(section, row) for section in diff.sections for row in section.rows],
    }


def row_json(section: Section, row: DiffRow) -> dict[str, Any]:
    """One row: in which definition, how it changed, its line on each side."""

    def side(line: Line | None) -> dict[str, Any] | None:
        if line is None:
            return None
        return {"number": line.number, "text": line.text, "marks": line.marks}

    return {
        "definition": section.name,
        "change": row.change,
        "left": side(row.left),
        "right": side(row.right),
    }


# Columns that the definitions need beside their step, and where they begin below it.
ROOM = 60
BELOW = " " * 6
HEADINGS = ("part", "step", "+", "-", "budget", "noise", "definitions")


def steps_table(steps: Iterable[Step], width: int = 0, lang: str = "en") -> str:
    """The table of the steps, and their sum.

    In width columns the definitions wrap, below their step where there is little room beside it;
    0 is for any width.
    """
    steps = tuple(steps)
    headings = tuple(say(lang, heading) for heading in HEADINGS)
    cells = [headings, *(table_row(step, lang) for step in steps)]
    widths = [max(columns(row[column]) for row in cells) for column in range(len(HEADINGS) - 1)]
    lines = []
    for row in cells:
        start = "  ".join(
            pad(cell, wide) if column == 1 else " " * (wide - columns(cell)) + cell
            for column, (cell, wide) in enumerate(zip(row[:-1], widths, strict=True))
        )
        is_beside = not width or width - columns(start) >= ROOM
        indent = " " * (columns(start) + 2) if is_beside else BELOW
        names = wrap(row[-1], width - len(indent)) if width else [row[-1]]
        if is_beside and names:
            start += f"  {names.pop(0)}"
        lines += [start, *(indent + line for line in names)]
    total = sum(changed_lines(step) for step in steps)
    last = say(lang, "{} steps, {} changed lines", len(steps), total)
    lines.append(say(lang, "{}, {}", last, noise_text(steps, lang)))
    return "\n".join(line.rstrip() for line in lines)


def table_row(step: Step, lang: str) -> tuple[str, ...]:
    """A step as a row of the table of all steps; a stage of the map is its end."""
    stage = step.stage
    assert stage is not None
    return (
        str(stage.part),
        step.name,
        str(len(step.diff.added)),
        str(len(step.diff.removed)),
        str(budget_of(stage)),
        str(len(noise(step))),
        definitions_text(step, lang, "->"),
    )


def noise_text(steps: Sequence[Step], lang: str) -> str:
    """How many of the changed lines are noise, and why they are."""
    counts = Counter(one.reason for step in steps for one in noise(step))
    if not counts:
        return say(lang, "no noise")
    reasons = [f"{counts[key]} {say(lang, REASONS[key])}" for key in REASONS if counts[key]]
    return say(lang, "{} of them noise: {}", counts.total(), say(lang, ", ").join(reasons))


def noise_table(steps: Iterable[Step], lang: str = "en") -> str:
    """Each noise line by file and number, and why it is one."""
    lines = []
    for step in steps:
        for one in noise(step):
            source = step.diff.right if one.sign == "+" else step.diff.left
            place = f"{source.path}:{one.line.number}"
            lines.append(f"{place}: {say(lang, REASONS[one.reason])}: {one.sign}{one.line.text}")
    return "\n".join(lines)


def steps_json(steps: Iterable[Step]) -> list[dict[str, Any]]:
    """The table as JSON objects: a step without its rows."""
    return [
        {key: value for key, value in step_json(step).items() if key != "rows"} for step in steps
    ]
