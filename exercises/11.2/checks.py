"""Exercise 11.2: a server whose own sockets the reactor watches."""

from companion.check import lesson
from companion.check.exercise import asks
from companion.check.servers import serve, served
from companion.check.subject import Subject
from companion.event import Enter
from companion.peers import script

LONG = b"la " * 2_000_000  # more than the kernel takes at once


def called(event: Enter, name: str) -> bool:
    """Whether the reactor calls a method of this name."""
    return event.by == "reactor" and event.function.endswith(f".{name}")


@asks(
    "low",
    name=(
        "the reactor calls doRead to accept, and doWrite to send on",
        "接受连接时 reactor 调用 doRead，继续发送时调用 doWrite",
    ),
    hint=(
        "addReader takes the listening socket's object, addWriter that of each connection",
        "addReader 注册监听套接字的对象，addWriter 注册每个连接的对象",
    ),
)
def low(subject: Subject) -> None:
    lesson.reactor(subject)
    run, _ = serve(subject, LONG, script.reader(1), traced=True)
    for name in ("doRead", "doWrite"):
        found = any(called(event, name) for event in run.of(Enter))
        seen = f"the reactor calls no {name} of its own"
        subject.expect(found, "objects of its own for the reactor to call", run, seen)


@asks(
    "whole",
    name=("a long poem arrives whole, and then the end", "长诗完整到达，然后连接关闭"),
    hint=(
        "send takes only a part: keep the rest for the next doWrite, and close after the last",
        "send 只取走一部分：剩余的留给下一次 doWrite，全部发完再关闭",
    ),
)
def whole(subject: Subject) -> None:
    run, poem = serve(subject, LONG, script.reader(1), script.reader(20))
    for number in range(2):
        served(subject, run, number, poem, f"the poem's {len(poem)} bytes, and a clean end")
