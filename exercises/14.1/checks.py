"""14.1: a Deferred that has failed before anything is added to it."""

from companion.check.exercise import asks
from companion.check.subject import Subject
from companion.event import Event, Fired, Pair, Ran

LEAVES_OUT = ("demo-happens",)  # its first Deferred has a result


def first(subject: Subject) -> list[Event]:
    """All that happens to the first Deferred that the program makes."""
    return [e for e in subject.traced().events if getattr(e, "deferred", None) == 1]


@asks(
    "failed",
    name=(
        "the first Deferred has failed before anything is added",
        "第一个 Deferred 在添加任何回调之前就已经失败",
    ),
    hint=(
        "fail(exception) makes one that has failed; errback on a new Deferred does the same",
        "fail(异常) 创建一个已经失败的 Deferred；对新的 Deferred 调用 errback 也一样",
    ),
)
def failed(subject: Subject) -> None:
    run = subject.traced()
    begins = next((one for one in first(subject) if isinstance(one, Fired | Pair)), None)
    seen = "no Deferred fires"
    if isinstance(begins, Pair):
        seen = "something is added to it before it fires"
    elif begins:
        seen = f"it fires with the result {begins.value}"
    fails = isinstance(begins, Fired) and begins.failed
    subject.expect(fails, "a first Deferred that fails, and then is added to", run, seen)


@asks(
    "errback",
    name=("an errback runs as it is added, and mends it", "errback 在添加的同时运行，并把它修复"),
    hint=(
        "addErrback after the failure: the function is called at once, and what it returns is the"
        " next callback's argument",
        "失败之后再 addErrback：函数立刻被调用，它的返回值就是下一个回调的参数",
    ),
)
def errback(subject: Subject) -> None:
    run = subject.traced()
    events = first(subject)
    ran = [e for e in events if isinstance(e, Ran) and e.how != "passed"]
    sides = [event.side for event in ran]
    seen = f"of its functions are called: {', '.join(sides) or 'none'}"
    mended = any(e.side == "errback" and not e.failed for e in ran)
    expected = "an errback that is called, and returns a result"
    subject.expect(mended, expected, run, seen)
    after = sides[sides.index("errback") :]
    subject.expect("callback" in after, "a callback after it, which is called too", run, seen)
