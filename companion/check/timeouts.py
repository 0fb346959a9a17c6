"""What each exercise with a time-out asks for, however it is made.

The time-out may be a constant or an option; where it is an option without a default, it is found
in the program's help.
"""

from collections.abc import Callable
from functools import partial

from companion.check import late as judges
from companion.check.clients import FIRST, FIRST_POEM, arrived
from companion.check.exercise import asks, valued_options
from companion.check.late import SILENT
from companion.check.subject import Subject
from companion.peers.script import Script
from companion.virtual.run import Run

SECONDS = "2"  # what an option is given


def ways(subject: Subject, count: int) -> list[tuple[str, ...]]:
    """The arguments to try with so many servers: alone, and with each option that it has of its
    own."""
    servers = tuple(f"{{{number}}}" for number in range(1, count + 1))
    return [servers, *((name, SECONDS, *servers) for name in valued_options(subject))]


def late(subject: Subject, *servers: Script) -> Run:
    """A traced run in which the program ends, although one of the servers never does.

    Raises Unmet where no way of starting it does that.
    """
    first, *others = ways(subject, len(servers))
    for args in (first, *others):
        run = subject.traced(servers=servers, args=args)
        if run.how == "exit":
            return run
    run = subject.traced(servers=servers, args=first)
    expected = "an end, although a server says nothing: its poem is given up after some seconds"
    subject.expect(False, expected, run)
    return run


def tried(judge: Callable[[Subject, judges.Late], None]) -> Callable[[Subject], None]:
    """The judge, with a run in each way of starting it."""
    return lambda subject: judge(subject, partial(late, subject))


@asks(
    "gives-up",
    name=(
        "a poem that is late is given up, and the others arrive",
        "迟到的诗被放弃，其他的诗照样到达",
    ),
    hint=(
        "reactor.callLater(seconds, function) calls the function later; let it end this download"
        " as a failed one",
        "reactor.callLater(seconds, function) 过一会儿调用函数；让它把这次下载当作失败来结束",
    ),
)
def gives_up(subject: Subject) -> None:
    run = late(subject, FIRST, SILENT)
    arrived(subject, run, FIRST_POEM)
    early = "it gives up at once" if run.seconds < 0.5 else ""
    subject.expect(run.seconds >= 0.5, "a time-out of some seconds", run, early)


closes = asks(
    "closes",
    name=("the connection of a late poem is closed", "迟到的诗，连接也被关闭"),
    hint=(
        "the transport's loseConnection, the connector's disconnect, or the close of a socket of"
        " your own ends it: or else the server goes on sending to nobody",
        "用 transport 的 loseConnection、connector 的 disconnect，或者自己的套接字的 close 结束它："
        "否则服务器还在白白发送",
    ),
)(tried(judges.closes))

once = asks(
    "once",
    name=("a late poem fails once", "迟到的诗只失败一次"),
    hint=(
        "closing the connection leads to connectionLost, and so to one more report: remember that"
        " this poem is done",
        "关闭连接会引起 connectionLost，于是又报告一次：要记住这首诗已经处理过了",
    ),
)(tried(judges.once))

half_a_poem = asks(
    "half",
    name=("half a poem that is late is not shown as whole", "只到了一半的迟到的诗，不当作完整的诗"),
    hint=(
        "connectionLost is called after loseConnection, too: what has come until then is no poem",
        "loseConnection 之后也会调用 connectionLost：那时收到的还不是一首诗",
    ),
)(tried(judges.half_a_poem))

in_time = asks(
    "in-time",
    name=("a poem that came in time has no timer left", "按时到达的诗，不再留有定时器"),
    hint=(
        "cancel the timer as soon as the poem is there: callLater returns what has cancel()",
        "诗一到就取消定时器：callLater 返回的对象有 cancel()",
    ),
)(tried(judges.in_time))
