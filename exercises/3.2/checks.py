"""3.2: the countdown with LoopingCall."""

from companion.check.exercise import asks
from companion.check.subject import Subject
from companion.event import Timer


@asks(
    "looping",
    name=("a LoopingCall calls it, and not it itself", "由 LoopingCall 来调用，而不是自己请求"),
    hint=(
        "LoopingCall(function).start(1) calls the function each second, until its stop",
        "LoopingCall(function).start(1) 每秒调用一次函数，直到调用它的 stop",
    ),
)
def looping(subject: Subject) -> None:
    run = subject.traced()
    timers = [event for event in run.of(Timer) if event.delay > 0]
    own = [event for event in timers if event.line]
    seen = f"line {own[-1].line} asks for it with callLater, again and again" if own else ""
    holds = len(timers) > 1 and len(own) <= 1
    subject.expect(holds, "a function that a LoopingCall calls each second", run, seen)
