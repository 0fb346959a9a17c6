"""18.2: a DeferredList that fires with the first result, and one that fails at once."""

from collections.abc import Iterator

from companion.check.exercise import asks
from companion.check.subject import Subject
from companion.event import Event, Fired, Join, Unhandled
from companion.virtual.run import Run

LEAVES_OUT = ("demo-happens",)  # other lists than its start's


def early(run: Run, failed: bool) -> Iterator[tuple[Event, list[Event]]]:
    """Each list that fires, or fails, while a member has not; and what fires after it."""
    joins = {e.deferred: e.of for e in run.of(Join)}
    fired = run.of(Fired)
    for at, event in enumerate(fired):
        members = joins.get(event.deferred, ())
        before = {e.deferred for e in fired[:at]}
        rest = set(members) - before
        if rest and event.failed == failed:
            yield event, [e for e in fired[at:] if e.deferred in rest]


@asks(
    "callback",
    name=(
        "a list fires with the first result, while others are still to come",
        "第一个结果一到，列表就触发，其他的还没到",
    ),
    hint=(
        "DeferredList(..., fireOnOneCallback=True), of Deferreds of which one fires with a result",
        "DeferredList(..., fireOnOneCallback=True)，其中一个 Deferred 以结果触发",
    ),
)
def callback(subject: Subject) -> None:
    run = subject.traced()
    expected = "a DeferredList that fires with a result before all its members have fired"
    subject.expect(next(early(run, False), None), expected, run, "no list fires early")


@asks(
    "errback",
    name=("a list fails with the first error", "第一个错误一到，列表就失败"),
    hint=(
        "DeferredList(..., fireOnOneErrback=True): its own errback gets a FirstError",
        "DeferredList(..., fireOnOneErrback=True)：它自己的 errback 得到 FirstError",
    ),
)
def errback(subject: Subject) -> None:
    run = subject.traced()
    expected = "a DeferredList that fails before all its members have fired"
    subject.expect(next(early(run, True), None), expected, run, "no list fails early")


@asks(
    "later",
    name=("the others fire later, too", "其余的后来也触发"),
    hint=(
        "fire the rest of the members afterwards: the list takes no notice, and nothing breaks",
        "之后再触发其余的成员：列表不再理会，也不会出错",
    ),
)
def later(subject: Subject) -> None:
    run = subject.traced()
    for failed in (False, True):
        what = "fails" if failed else "fires"
        seen = "its other members never fire"
        rest = any(after for _, after in early(run, failed))
        subject.expect(rest, f"a member that fires after its list {what}", run, seen)


@asks(
    "handled",
    name=("no failure is left that nobody handles", "没有留下无人处理的失败"),
    hint=(
        "there are two to handle: the list's own FirstError, and the failure of its member, which"
        " consumeErrors takes",
        "要处理的有两个：列表自己的 FirstError，以及成员的失败，后者由 consumeErrors 吸收",
    ),
)
def handled(subject: Subject) -> None:
    run = subject.traced()
    left = [event.value for event in run.of(Unhandled)]
    seen = f"nobody handles {left[0]}" if left else ""
    subject.expect(not left, "no unhandled error", run, seen)
