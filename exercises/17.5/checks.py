"""17.5: what got_poem does, in the generator."""

from companion.check.clients import (
    FIRST,
    FIRST_POEM,
    TRANSFORM,
    arrived,
    client_alone,
    client_status,
)
from companion.check.exercise import asks
from companion.check.subject import Subject
from companion.event import Enter, Leave, Print


@asks(
    "generator",
    name=("the generator shows the poem itself", "诗由生成器自己显示"),
    hint=(
        "print after the last yield: no callback is added to the generator's Deferred for it",
        "在最后一个 yield 之后打印：不必为此给生成器的 Deferred 添加回调",
    ),
)
def shown_by_it(subject: Subject) -> None:
    run = subject.traced(servers=(TRANSFORM, FIRST))
    arrived(subject, run, FIRST_POEM)
    open_calls: dict[int, bool] = {}  # those under way, and whether they are a generator's
    inside = False
    for event in run.events:
        if isinstance(event, Enter):
            open_calls[event.call] = bool(event.deferred)
        elif isinstance(event, Leave):
            open_calls.pop(event.call, None)
        elif isinstance(event, Print) and event.text.lower() == FIRST_POEM.decode().strip().lower():
            inside = any(open_calls.values())
    seen = "" if inside else "it is printed outside of the generator, when that has returned"
    subject.expect(inside, "a poem that is printed while the generator runs", run, seen)


@asks(
    "alone",
    name=("a poem that could not be transformed is shown, too", "没能转换的诗也显示出来"),
    hint=(
        "what comes after both yields runs in either case: do not put it under try or else",
        "两个 yield 之后的代码，两种情形都会运行：不要放进 try 或 else",
    ),
)
def alone(subject: Subject) -> None:
    client_alone(subject)


@asks(
    "status",
    name=(
        "the exit status still tells whether all poems have come",
        "退出状态仍然说明诗是否都到了",
    ),
    hint=(
        "got_poem does two things: it prints the poem, and it keeps it",
        "got_poem 做两件事：打印诗，还把它存起来",
    ),
)
def status(subject: Subject) -> None:
    client_status(subject)
