"""13.3: who makes a Deferred, fires it."""

import ast

from companion.check.clients import GOOD, NOT_UTF_8, REFUSED, RESET, TRANSFORM
from companion.check.exercise import asks
from companion.check.subject import Subject
from companion.event import Deferred, Fired
from companion.virtual.run import Run


def fetched(subject: Subject) -> Run:
    """A run with poems that come and with all that may go wrong with one."""
    return subject.traced(servers=(TRANSFORM, *GOOD, REFUSED, RESET, NOT_UTF_8))


def owner(subject: Subject, line: int) -> str:
    """The class or function, not in any other, that a line of the program is in."""
    tree = ast.parse(subject.file.read_bytes())
    named = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    for node in tree.body:
        if isinstance(node, named) and node.lineno <= line <= (node.end_lineno or 0):
            return node.name
    return "the script itself"


@asks(
    "rule",
    name=("each Deferred is fired by whoever made it", "每个 Deferred 都由创建它的一方触发"),
    hint=(
        "make it in the factory's __init__, as TransformClientFactory does; get_poetry returns it",
        "像 TransformClientFactory 那样在 factory 的 __init__ 里创建，由 get_poetry 返回",
    ),
)
def rule(subject: Subject) -> None:
    run = fetched(subject)
    made = {e.deferred: e for e in run.of(Deferred) if e.line}
    fired = [e for e in run.of(Fired) if e.line]
    fired = [event for event in fired if event.deferred in made]
    subject.expect(len(fired) >= 4, "a Deferred for each of five poems, which fires", run)
    for event in fired:
        maker = owner(subject, made[event.deferred].line or 0)
        firer = owner(subject, event.line or 0)
        seen = f"line {event.line}: {firer} fires what {maker} has made"
        subject.expect(maker == firer, "a Deferred fired by whoever made it", run, seen)


@asks(
    "once",
    name=("each Deferred fires once", "每个 Deferred 只触发一次"),
    hint=(
        "one for each download, made in __init__; forget it when you fire it",
        "每次下载一个，在 __init__ 里创建；触发时就把它忘掉",
    ),
)
def once(subject: Subject) -> None:
    run = fetched(subject)
    again = next((e for e in run.of(Fired) if e.again), None)
    seen = f"line {again.line}: it is fired a second time" if again else ""
    subject.expect(not again, "a Deferred that fires once", run, seen)
