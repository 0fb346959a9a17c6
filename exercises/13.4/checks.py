"""13.4: an errback that returns a Deferred."""

from collections.abc import Iterator

from companion.check.exercise import asks
from companion.check.subject import Subject
from companion.event import Event, Paused, Ran, Resumed, Runs
from companion.virtual.run import Run

LEAVES_OUT = ("demo-happens",)  # another chain than its start's


def waits(run: Run) -> Iterator[list[Event]]:
    """What happens to a Deferred from where an errback of its has it wait for another."""
    by_deferred: dict[int, list[Event]] = {}
    for event in run.events:
        if isinstance(event, Ran | Runs | Paused | Resumed):
            by_deferred.setdefault(event.deferred, []).append(event)
    for events in by_deferred.values():
        for at, event in enumerate(events[1:], 1):
            before = events[at - 1]
            failed = isinstance(before, Ran) and before.side == "errback"
            if failed and isinstance(event, Paused):
                yield events[at:]


def goes_on(subject: Subject, failed: bool, side: str) -> None:
    """Raises Unmet where no such chain goes on with this handler, after such an inner Deferred."""
    run = subject.traced()
    inner = "one that fails" if failed else "one that fires with a result"
    expected = f"an errback returns a Deferred, {inner}, and then the next {side} is called"
    seen = ""
    for _, *after in waits(run):
        if after and isinstance(after[0], Resumed) and after[0].failed == failed:
            called = next((event for event in after if isinstance(event, Runs)), None)
            if called and called.side == side:
                return
            seen = f"then the {called.side} is called" if called else "then nothing is called"
    subject.expect(False, expected, run, seen or f"no chain waits for {inner}")


@asks(
    "waits",
    name=("a chain waits for a Deferred that an errback returns", "链等待 errback 返回的 Deferred"),
    hint=(
        "raise in the first callback; the errback after it returns a Deferred that has not fired",
        "在第一个回调里抛出异常；它后面的 errback 返回一个还没触发的 Deferred",
    ),
)
def waits_for_it(subject: Subject) -> None:
    run = subject.traced()
    found = next(waits(run), None)
    ran = [event for event in run.of(Ran) if event.side == "errback"]
    own = [event for event in ran if event.how != "passed"]
    seen = f"an errback returns {own[-1].gave}" if own else "no errback is called"
    subject.expect(found, "an errback that returns a Deferred, and a chain that waits", run, seen)


@asks(
    "mends",
    name=("where the inner one fires, the next callback is called", "内层触发后，调用下一个回调"),
    hint=("fire the inner Deferred with a result", "用一个结果触发内层的 Deferred"),
)
def mends(subject: Subject) -> None:
    goes_on(subject, failed=False, side="callback")


@asks(
    "fails",
    name=(
        "where the inner one fails, the next errback is called",
        "内层失败后，调用下一个 errback",
    ),
    hint=(
        "a second chain, whose inner Deferred fires with errback, and an errback after it",
        "再来一条链：内层用 errback 触发，后面再有一个 errback",
    ),
)
def fails(subject: Subject) -> None:
    goes_on(subject, failed=True, side="errback")
