"""Which functions of a program are handed over, and how often each of them is then called."""

import ast
from collections import Counter
from collections.abc import Iterator

from companion.check.source import Source, named
from companion.event import Enter
from companion.virtual.run import Run


def handed_over(run: Run, text: bytes) -> tuple[set[str], Counter[str]]:
    """The functions of its own that a program gives to others of its own, and of those how often
    each was called from then on; a lambda goes by its line.

    One is given among arguments, or as an attribute: then it is called by another name.
    """
    source = Source(text)
    given: set[str] = set()
    called: Counter[str] = Counter()
    for event in run.of(Enter):
        if event.resumed:
            continue
        renamed = event.by == "stage" and by_another_name(source, event)
        if renamed:
            given.add(event.function)
        if event.function in given:
            is_lambda = event.function.endswith("lambda")
            called[f"lambda in line {event.line}" if is_lambda else event.function] += 1
        given |= set(event.given or ())
    return given, called


def by_another_name(source: Source, event: Enter) -> bool:
    """Whether a function is called as an attribute, and that is not how it is known."""
    name = event.function.rpartition(".")[2]
    if name.startswith(("__", "<")) or any(
        one.name == name and one.decorator_list for one in source.functions
    ):
        return False  # Python calls it, as it does a class's __init__ or a property
    calls = list(calls_in(source, event.at or 0))
    own = any(named(call.func) == name for call in calls)
    return not own and any(isinstance(call.func, ast.Attribute) for call in calls)


def calls_in(source: Source, line: int) -> Iterator[ast.Call]:
    """The calls that this line has a part of."""
    for node in source.nodes:
        if isinstance(node, ast.Call) and node.lineno <= line <= (node.end_lineno or 0):
            yield node
