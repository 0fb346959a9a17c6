"""A bench's outcome: a table, and the bounds that it must keep; as text and as Markdown."""

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

HOLDS, UNDECIDED, BROKEN = "holds", "undecided", "DOES NOT HOLD"  # what is said of a bound


class BenchError(Exception):
    """A program failed, so there is nothing to measure; the message is one line."""


@dataclass(frozen=True)
class Measured:
    """A number from the cheapest runs of all rounds, for noise only adds; `least` and `most` are
    what one round alone would have it, at the least and at the most."""

    value: float
    least: float
    most: float

    def verdict(self, limit: float) -> str:
        """Whether it is at most the limit; undecided where one round says this, another that."""
        if self.most <= limit:
            return HOLDS
        return UNDECIDED if self.least <= limit else BROKEN


@dataclass(frozen=True)
class Bound:
    """The most that a number may be, and the number that decides whether it holds."""

    what: str
    limit: float
    worst: Measured
    program: str

    @property
    def verdict(self) -> str:
        return self.worst.verdict(self.limit)

    def __str__(self) -> str:
        worst = self.worst
        return (
            f"{self.verdict}: {self.what}, at most {self.limit:g}: {worst.value:.2f}, in single"
            f" rounds {worst.least:.2f} to {worst.most:.2f} ({self.program})"
        )


@dataclass(frozen=True)
class Table:
    """Rows under a head, all of them text; `notes` say what was done and what the columns are."""

    title: str
    notes: str
    head: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    bounds: Sequence[Bound]

    @property
    def status(self) -> int:
        """The exit status: 1 where a bound does not hold."""
        return 1 if any(bound.verdict == BROKEN for bound in self.bounds) else 0


def measured(number: Callable[[int | None], float], rounds: int) -> Measured:
    """A number that can be told of all rounds, for None, and of each by its place."""
    value = number(None)
    alone = [value, *map(number, range(rounds))]
    return Measured(value, min(alone), max(alone))


def cheapest(runs: Sequence[float], rounds: int, turn: int | None) -> float:
    """The least of the runs of one round, where each had as many; for None, of all."""
    each = len(runs) // rounds
    return min(runs if turn is None else runs[turn * each : (turn + 1) * each])


def bound(what: str, limit: float, numbers: dict[str, Measured]) -> Bound:
    """The bound over the numbers of several programs: the worst of them decides."""

    def badness(program: str) -> tuple[int, float]:
        number = numbers[program]
        return (HOLDS, UNDECIDED, BROKEN).index(number.verdict(limit)), number.value

    program = max(numbers, key=badness)
    return Bound(what, limit, numbers[program], program)


def ratio(cost: float, other: float) -> float:
    """How many times the other; endless where the other costs nothing that can be measured."""
    return cost / other if other > 0 else float("inf")


def as_text(table: Table) -> str:
    rows = [table.head, *table.rows]
    widths = [max(len(row[n]) for row in rows) for n in range(len(table.head))]
    lines = [
        "  ".join(
            cell.ljust(width) if n == 0 else cell.rjust(width)
            for n, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    return "\n".join([table.title, table.notes, *lines, *map(str, table.bounds)])


def as_markdown(table: Table) -> str:
    lines = [f"## {table.title}", "", table.notes, "", *markdown_rows(table.head, table.rows)]
    return "\n".join([*lines, "", *(f"- {bound}" for bound in table.bounds), ""])


def markdown_rows(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> list[str]:
    rule = ("---", *["---:"] * (len(head) - 1))
    return [f"| {' | '.join(row)} |" for row in (head, rule, *rows)]


def count(text: str) -> int:
    """An argument that counts something: a whole number from 1."""
    if text.isascii() and text.isdigit() and int(text):
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1")


def run(bench: Callable[[], Table]) -> int:
    """Run a bench and print its table; the exit status."""
    try:
        table = bench()
    except BenchError as err:
        print(f"bench: {err}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    print(as_text(table))
    return table.status
