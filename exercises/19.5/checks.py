"""19.5: on the reactor, the cancelling of an outer Deferred reaches the inner one."""

from companion.check.exercise import asks
from companion.check.subject import Subject
from companion.event import Cancelled, Paused, Ran, Resumed, TimerCancelled
from companion.virtual.run import Run

LEAVES_OUT = ("demo-happens",)  # its start does it all at once, without a reactor


def waits(run: Run) -> list[Paused]:
    """Where a Deferred begins to wait for another, and is cancelled later, while it waits."""
    found = []
    for at, event in enumerate(run.events):
        if isinstance(event, Paused):
            rest = [e for e in run.events[at:] if isinstance(e, Cancelled | Resumed)]
            ends = [e for e in rest if e.deferred == event.deferred]
            if ends and isinstance(ends[0], Cancelled) and ends[0].t > event.t:
                found.append(event)
    return found


@asks(
    "waits",
    name=(
        "the outer one waits already when it is cancelled, some time later",
        "过一段时间取消外层时，它已经在等待",
    ),
    hint=(
        "reactor.callLater for each: the outer one fires first, and is cancelled after that",
        "都用 reactor.callLater：先触发外层，然后才取消它",
    ),
)
def outer_waits(subject: Subject) -> None:
    run = subject.traced()
    paused = run.of(Paused)
    seen = "it is not cancelled later, while it waits" if paused else "no Deferred waits"
    subject.expect(waits(run), "a Deferred that waits, and is cancelled later", run, seen)


@asks(
    "reaches",
    name=("the inner one is cancelled, and the outer one fails", "内层被取消，外层失败"),
    hint=(
        "the inner one must not have fired: cancel before its time has come",
        "内层必须还没触发：在它的时刻到来之前取消",
    ),
)
def reaches(subject: Subject) -> None:
    run = subject.traced()
    for event in waits(run):
        reached = [e for e in run.of(Cancelled) if e.deferred == event.on]
        failed = [
            e
            for e in run.of(Ran)
            if e.deferred == event.deferred and e.side == "errback"
            if e.how != "passed"
        ]
        if reached and failed:
            return
    subject.expect(False, "a cancelled inner Deferred, and an errback of the outer one", run)


@asks(
    "stops",
    name=("what would have fired the inner one is stopped", "本该触发内层的工作停了下来"),
    hint=(
        "the inner one's canceller cancels the timer, or it goes off and fires it a second time",
        "内层的取消函数取消定时器；否则定时器照样到点，再次触发它",
    ),
)
def stops(subject: Subject) -> None:
    run = subject.traced()
    stopped = run.of(TimerCancelled)
    seen = "no timer is cancelled"
    moments = {event.t for event in run.of(Cancelled)}
    right = any(event.t in moments for event in stopped)
    subject.expect(right, "a timer that is cancelled with the Deferred", run, seen)
