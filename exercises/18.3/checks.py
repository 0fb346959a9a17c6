"""18.3: a DeferredList of DeferredLists, one of whose innermost Deferreds fails."""

from companion.check.exercise import asks
from companion.check.subject import Subject
from companion.event import Fired, Join
from companion.virtual.run import Run

LEAVES_OUT = ("demo-happens",)  # other lists than its start's


def lists(run: Run) -> dict[int, list[int]]:
    """The members of each list, by number."""
    return {event.deferred: event.of for event in run.of(Join)}


def outer(run: Run) -> list[int]:
    """The lists whose members are lists, two at least."""
    joins = lists(run)
    return [one for one, of in joins.items() if len(of) > 1 and all(each in joins for each in of)]


@asks(
    "nested",
    name=("a list has lists as its members", "列表的成员也是列表"),
    hint=(
        "make two DeferredLists, and give both to a third one",
        "建两个 DeferredList，再把它们交给第三个",
    ),
)
def nested(subject: Subject) -> None:
    run = subject.traced()
    seen = f"there are {len(lists(run))} lists, and none of lists"
    subject.expect(outer(run), "a DeferredList of at least two DeferredLists", run, seen)


@asks(
    "fires",
    name=("the outer list fires when all innermost ones have", "最里层的都触发后，外层列表触发"),
    hint=(
        "every innermost Deferred has to fire, or its list never does, and so the outer one",
        "最里层的每个 Deferred 都要触发，否则它的列表不会触发，外层也就不会",
    ),
)
def fires(subject: Subject) -> None:
    run = subject.traced()
    fired = [e for e in run.of(Fired) if e.deferred in outer(run)]
    subject.expect(fired, "an outer list that fires", run, "it never fires")


@asks(
    "fails",
    name=("one of the innermost fails, and the lists succeed", "最里层的一个失败，而各个列表成功"),
    hint=(
        "call errback on one of them; the inner list has consumeErrors, and no other option",
        "对其中一个调用 errback；内层列表用 consumeErrors，不用别的选项",
    ),
)
def fails(subject: Subject) -> None:
    run = subject.traced()
    joins = lists(run)
    inner = [each for one in outer(run) for each in joins[one]]
    fired = {e.deferred: e.failed for e in run.of(Fired)}
    innermost = [fired.get(each) for one in inner for each in joins[one]]
    seen = "none of the innermost fails" if True not in innermost else "a list fails"
    right = True in innermost and not any(fired.get(one) for one in inner)
    subject.expect(right, "a failure among the innermost, and inner lists that succeed", run, seen)
