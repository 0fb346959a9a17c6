"""3.1: three counters at the same time."""

from companion.check.exercise import asks
from companion.check.subject import Subject
from companion.event import Event, Timer, TimerCancelled, TimerFired

LEAVES_OUT = ("demo-happens",)  # it counts otherwise than its start


def paces(subject: Subject) -> dict[float, list[Event]]:
    """The timers that the program sets, by their delay in seconds."""
    found: dict[float, list[Event]] = {}
    for event in subject.traced().of(Timer):
        if event.delay > 0:
            found.setdefault(round(event.delay, 2), []).append(event)
    return found


@asks(
    "paces",
    name=(
        "three counters run at the same time, at three paces",
        "三个计数器同时运行，快慢不同",
    ),
    hint=(
        "each counter asks for its next number with a delay of its own, and all begin at once",
        "每个计数器用自己的间隔请求下一个数，三个一起开始",
    ),
)
def three_paces(subject: Subject) -> None:
    run = subject.traced()
    found = {delay: events for delay, events in paces(subject).items() if len(events) > 1}
    seen = f"timers of {len(found)} paces go off again and again" if found else ""
    subject.expect(len(found) >= 3, "timers of three different delays", run, seen)
    begun = [min(event.t for event in events) for events in found.values()]
    ended = [max(event.t for event in events) for events in found.values()]
    at_once = max(begun) < min(ended)
    subject.expect(at_once, "three counters at the same time", run, "one follows another")


@asks(
    "last",
    name=("the last of them stops the reactor", "最后一个数完的停止 reactor"),
    hint=(
        "no counter knows whether it is the last: count those that still run in one place",
        "单个计数器不知道自己是不是最后一个：在一个地方数还有几个在跑",
    ),
)
def last_stops(subject: Subject) -> None:
    run = subject.traced()
    subject.expect(run.how == "exit", "an end when all are done", run)
    left = {event.timer for event in run.of(Timer)}
    left -= {event.timer for event in run.of(TimerFired)}
    left -= {event.timer for event in run.of(TimerCancelled)}
    seen = f"it ends while {len(left)} timers still wait"
    subject.expect(not left, "an end when the last counter is done", run, seen)
    seen = subject.crash(run)
    subject.expect(not seen, "no exception: the reactor is stopped once", run, seen)
