"""A bench's outcome: a table, and the bounds that it must keep; as text and as Markdown."""

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass


class BenchError(Exception):
    """A program failed, so there is nothing to measure; the message is one line."""


@dataclass(frozen=True)
class Bound:
    """The most that a number may be, and the number that came nearest to it or went beyond."""

    what: str
    limit: float
    worst: float
    program: str

    @property
    def holds(self) -> bool:
        return self.worst <= self.limit

    def __str__(self) -> str:
        word = "holds" if self.holds else "DOES NOT HOLD"
        return f"{word}: {self.what}, at most {self.limit:g}: {self.worst:.2f} ({self.program})"


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
        return 0 if all(bound.holds for bound in self.bounds) else 1


def bound(what: str, limit: float, numbers: dict[str, float]) -> Bound:
    """The bound over the numbers of several programs."""
    program = max(numbers, key=numbers.__getitem__)
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
