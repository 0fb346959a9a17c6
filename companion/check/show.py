"""The checks of a learner's file as a reader sees them: results in, text or JSON out."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from companion.check.run import Result, check_file
from companion.render.terminal import as_json, terminal
from companion.render.text import wrap
from companion.tutorial.stages import Stage

INDENT = 16
LABELS = ("expected", "happened", "hint")
RED, GREEN, PLAIN = "\x1b[31m", "\x1b[32m", "\x1b[0m"


@dataclass(frozen=True)
class Screen:
    """Columns to wrap at, or 0, and whether there are colours."""

    columns: int = 0
    colour: bool = False


def check_and_show(file: Path, stage: Stage, json: bool) -> int:
    """Check a file, show each result as it comes, and give the exit status. Raises SourceError."""
    screen = Screen(*terminal())
    results = []
    for result in check_file(file, stage):
        results.append(result)
        if not json:
            print(result_text(result, screen), flush=True)
    print(results_json(file, stage, results) if json else sum_text(file, stage, results))
    return 0 if all(result.passed for result in results) else 1


def result_text(result: Result, screen: Screen) -> str:
    """One line for a check that passed; for one that failed, three more that say why."""
    word, colour = ("pass", GREEN) if result.passed else ("fail", RED)
    word = f"{colour}{word}{PLAIN}" if screen.colour else word
    first, *rest = pieces_of(result.check.name, 6, screen)
    lines = [f"{word}  {first}", *(" " * 6 + piece for piece in rest)]
    if not result.passed:
        for label in LABELS:
            lead = f"{' ' * 6}{label:<{INDENT - 6}}"
            first, *rest = pieces_of(getattr(result, label), INDENT, screen)
            lines += [lead + first, *(" " * INDENT + piece for piece in rest)]
    return "\n".join(lines)


def pieces_of(text: str, indent: int, screen: Screen) -> list[str]:
    """A text as the lines beside an indent; one line where there is no terminal."""
    return wrap(text, max(screen.columns - indent, 20)) if screen.columns else [text]


def sum_text(file: Path, stage: Stage, results: Sequence[Result]) -> str:
    """The last line: how many checks passed, and how many were not tried."""
    left_out = results[-1].left_out
    passed = sum(result.passed for result in results)
    line = f"{file.name} as {stage.id}: {passed} of {len(results) + left_out} checks passed"
    return f"{line}, {left_out} not tried: mend this first" if left_out else line


def failure_text(result: Result) -> str:
    """A check that failed, as pytest shows it."""
    return "\n".join(f"{label}: {getattr(result, label)}" for label in LABELS)


def results_json(file: Path, stage: Stage, results: Sequence[Result]) -> str:
    """All of it as a JSON object."""
    checks = [
        {"check": result.check.key, "name": result.check.name, "passed": result.passed}
        | ({} if result.passed else {label: getattr(result, label) for label in LABELS})
        for result in results
    ]
    left_out = results[-1].left_out
    return as_json({"file": str(file), "stage": stage.id, "checks": checks, "not_tried": left_out})
