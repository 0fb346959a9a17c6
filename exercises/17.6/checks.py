"""17.6: all of it in the generator, which stops the reactor whatever fails."""

from collections.abc import Iterator

from companion.check.clients import (
    AFTER,
    BEFORE,
    FIRST,
    GOOD,
    NOT_UTF_8,
    REFUSED,
    RESET,
    TRANSFORM,
    arrived,
    client_status,
)
from companion.check.exercise import asks
from companion.check.subject import Subject
from companion.event import Deferred, Pair, Unhandled
from companion.virtual.run import Run

FAULTS = REFUSED, RESET, NOT_UTF_8


def runs(subject: Subject) -> Iterator[tuple[Run, str]]:
    """Runs in which something fails, and what."""
    for fault, what in zip(FAULTS, ("a refused port", "a reset", "no UTF-8"), strict=True):
        yield subject.traced(servers=(TRANSFORM, GOOD[0], fault, GOOD[1])), what
    yield subject.traced(servers=(REFUSED, *GOOD)), "a refused transform server"


@asks(
    "inside",
    name=("nothing is left for callbacks to do", "没有什么留给回调去做"),
    hint=(
        "what poem_done does at the end of a chain, finally does at the end of a generator",
        "poem_done 在链的末尾做的事，在生成器的末尾由 finally 来做",
    ),
)
def inside(subject: Subject) -> None:
    run = subject.traced(servers=(TRANSFORM, FIRST))
    made = {event.deferred for event in run.of(Deferred) if event.generator}
    subject.expect(made, "a generator under inlineCallbacks, or a coroutine", run)
    added = [
        event.callback
        for event in run.of(Pair)
        if event.deferred in made and event.by == "stage" and event.callback
    ]
    seen = f"{', '.join(added)} is added to its Deferred"
    subject.expect(not added, "no callback on the Deferred of the generator", run, seen)


@asks(
    "stops",
    name=("whatever fails, the reactor is stopped", "无论哪一步失败，reactor 都停下来"),
    hint=(
        "an exception leaves the generator at once: only what stands under finally is still run",
        "异常会立刻离开生成器：只有 finally 下面的代码还会运行",
    ),
)
def stops(subject: Subject) -> None:
    for run, what in runs(subject):
        subject.expect(run.how == "exit", f"an end, in spite of {what}", run)


@asks(
    "others",
    name=("it is stopped after the last poem, and not before", "最后一首诗之后才停，不提前"),
    hint=(
        "each generator knows of itself alone: count those that are done, as poem_done does",
        "每个生成器只知道自己：像 poem_done 那样数一数完成了几个",
    ),
)
def others(subject: Subject) -> None:
    for run, what in runs(subject):
        arrived(subject, run, BEFORE, AFTER, lower="transform" not in what)


@asks(
    "handled",
    name=("no failure is left that nobody handles", "没有留下无人处理的失败"),
    hint=(
        "the Deferred of a generator that raises fails, and now nobody has added an errback:"
        " do not raise again what has been told",
        "生成器抛出异常，它的 Deferred 就失败，现在又没有人添加 errback："
        "已经报告过的异常不要再抛出",
    ),
)
def handled(subject: Subject) -> None:
    for run, what in runs(subject):
        left = [event.value for event in run.of(Unhandled)]
        seen = f"nobody handles {left[0]}" if left else ""
        subject.expect(not left, f"no unhandled error, in spite of {what}", run, seen)


@asks(
    "status",
    name=(
        "the exit status still tells whether all poems have come",
        "退出状态仍然说明诗是否都到了",
    ),
    hint=("keep each poem that has come", "把到达的每首诗都存起来"),
)
def status(subject: Subject) -> None:
    client_status(subject)
