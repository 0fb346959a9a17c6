"""What was raised in a chain of Deferreds, also where whoever took it says nothing of it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from companion.check.subject import Subject
from companion.event import Fired, Leave, Pair, Ran
from companion.virtual.run import Run

# What nobody raises on purpose, unless he names it.
MISTAKES = re.compile(r"(Attribute|Name|Type|UnboundLocal)Error(?=\()")
UNBOUND = re.compile("UnboundLocalError")  # which is never meant


@dataclass(frozen=True)
class Raised:
    """An exception that left a function of the file's own."""

    function: str
    line: int
    value: str
    added: int = 0  # the line in which it was added to a Deferred


def raised_in(run: Run) -> Iterator[Raised]:
    """The exceptions that left a handler, a Deferred's, in their order."""
    lines: dict[str, tuple[str, int]] = {}
    added = {(e.deferred, e.pair): (e.line or 0) for e in run.of(Pair)}
    for event in run.of(Leave, Ran, Fired):
        if isinstance(event, Leave) and event.how == "raised":
            lines.setdefault(event.value, (event.function, event.line))
        elif isinstance(event, Ran) and event.how == "raised":
            value, pair = str(event.gave), (event.deferred, event.pair)
            name = str(event.function)
            yield Raised(name, lines.get(value, ("", 0))[1], value, added.get(pair, 0))
        elif isinstance(event, Fired) and event.failed:
            where = (event.function or ""), (event.line or 0)
            name, line = lines.get(event.value, where)
            yield Raised(name, line, str(event.value))


def mistake(run: Run, text: bytes, beside: Run | None = None) -> Raised | None:
    """The first mistake of a program that is raised in a chain, in a run in which all should go
    well; beside a stage's own run that raises, a name without a value alone is one.

    What the program names itself, to raise or to take it, is none.
    """
    kinds = UNBOUND if beside and any(raised_in(beside)) else MISTAKES
    for one in raised_in(run):
        found = kinds.match(one.value)
        if found and found[0].encode() not in text:
            return one
    return None


def no_mistake(subject: Subject, run: Run, beside: Run | None = None) -> None:
    """Raises Unmet where there is such a mistake."""
    if found := mistake(run, subject.file.read_bytes(), beside):
        line = found.line or found.added
        seen = f"line {line}: {found.value}" if line else found.value
        subject.expect(False, "a run in which no Deferred holds a mistake", run, seen)
