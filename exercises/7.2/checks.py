"""7.2: the errback is fired by the reactor."""

from companion.check.exercise import asks
from companion.check.subject import Subject
from companion.event import Fired, Ran

LEAVES_OUT = ("demo-happens",)  # the other side of the chain runs


@asks(
    "fails",
    name=("the Deferred is fired with an exception", "用一个异常触发 Deferred"),
    hint=(
        "d.errback takes an exception, or a Failure: a callback would take it for a result",
        "d.errback 接受异常或 Failure；交给 callback 的话，它只是一个普通的结果",
    ),
)
def fails(subject: Subject) -> None:
    run = subject.traced()
    fired = run.of(Fired)
    seen = "it is fired with a result" if fired else ""
    failed = fired and fired[0].failed
    subject.expect(failed, "a Deferred that is fired with a failure", run, seen)


@asks(
    "errback",
    name=("the errback runs, in the reactor, and stops it", "errback 在 reactor 中运行，并停止它"),
    hint=(
        "reactor.callWhenRunning gets the method and its argument: the call is the reactor's",
        "把方法和参数交给 reactor.callWhenRunning：由 reactor 来调用",
    ),
)
def errback(subject: Subject) -> None:
    run = subject.traced()
    kinds = [event.kind for event in run.events]
    ran = [event for event in run.of(Ran) if event.side == "errback"]
    in_reactor = ran and "reactor" in kinds[: run.events.index(ran[0])]
    expected = "an errback that runs while the reactor does, and an end"
    subject.expect(in_reactor and run.how == "exit", expected, run)
