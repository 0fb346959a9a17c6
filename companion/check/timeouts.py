"""What each exercise with a time-out asks for, however it is made.

The time-out may be a constant or an option; where it is an option without a default, it is found
in the program's help.
"""

import re
from collections import Counter

from companion.check.clients import FIRST, FIRST_POEM, HALF, arrived
from companion.check.exercise import asks, valued_options
from companion.check.subject import Subject
from companion.peers import script
from companion.peers.script import Script
from companion.virtual.run import VirtualRun

SILENT = script.silence()
STALLED = script.schedule((0.0, HALF[:9]), (0.2, HALF[9:]))
SECONDS = "2"  # what an option is given


def ways(subject: Subject, count: int) -> list[tuple[str, ...]]:
    """The arguments to try with so many servers: alone, and with each option that it has of its
    own."""
    servers = tuple(f"{{{number}}}" for number in range(1, count + 1))
    return [servers, *((name, SECONDS, *servers) for name in valued_options(subject))]


def late(subject: Subject, *servers: Script) -> VirtualRun:
    """A traced run in which the program ends, although one of the servers never does.

    Raises Unmet where no way of starting it does that.
    """
    first, *others = ways(subject, len(servers))
    for args in (first, *others):
        run = subject.traced(scripts=servers, args=args)
        if run.how == "exit":
            return run
    run = subject.traced(scripts=servers, args=first)
    expected = "an end, although a server says nothing: its poem is given up after some seconds"
    subject.expect(False, expected, run)
    return run


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


@asks(
    "closes",
    name=("the connection of a late poem is closed", "迟到的诗，连接也被关闭"),
    hint=(
        "the transport's loseConnection, or the connector's disconnect, closes it: or else the"
        " server goes on sending to nobody",
        "用 transport 的 loseConnection 或 connector 的 disconnect 关闭它：否则服务器还在白白发送",
    ),
)
def closes(subject: Subject) -> None:
    run = late(subject, FIRST, SILENT)
    expected = "the connection to the silent server closed by the program"
    if any(event.kind == "closing" and event.fields.get("lane") == 2 for event in run.events):
        return
    # A socket of its own, which is closed while another, made later, is still open.
    run = late(subject, SILENT, script.slow_connect(SILENT, 1.5))
    ends = [event.t for event in run.events if event.kind == "close" and event.fields["lane"] == 1]
    closed = ends and ends[0] < run.seconds - 1
    subject.expect(closed, expected, run, "nothing closes it before the program ends")


@asks(
    "once",
    name=("a late poem fails once", "迟到的诗只失败一次"),
    hint=(
        "closing the connection leads to connectionLost, and so to one more report: remember that"
        " this poem is done",
        "关闭连接会引起 connectionLost，于是又报告一次：要记住这首诗已经处理过了",
    ),
)
def once(subject: Subject) -> None:
    run = late(subject, SILENT, STALLED)
    again = [event for event in run.events if event.kind == "fired" and event.fields.get("again")]
    expected = "one report for each poem"
    subject.expect(not again, expected, run, "a Deferred is fired a second time")
    entered = [event for event in run.events if event.kind == "enter"]
    given = {name for event in entered for name in event.fields.get("given", ())}
    given -= {"lambda"}  # what all that have no name are called
    calls = Counter(event["function"] for event in entered if event["function"] in given)
    name, count = max(calls.items(), key=lambda item: item[1], default=("", 0))
    seen = f"{name} is called {count} times for two poems"
    subject.expect(count <= 2, expected, run, seen)
    subject.expect(not subject.crash(run), expected, run)


@asks(
    "half",
    name=("half a poem that is late is not shown as whole", "只到了一半的迟到的诗，不当作完整的诗"),
    hint=(
        "connectionLost is called after loseConnection, too: what has come until then is no poem",
        "loseConnection 之后也会调用 connectionLost：那时收到的还不是一首诗",
    ),
)
def half_a_poem(subject: Subject) -> None:
    run = late(subject, FIRST, STALLED)
    if "counts" in subject.stage.traits:
        size = rf"(?<!\d){len(HALF)}(?!\d)"
        shown = run.status == 0 and bool(re.search(size, run.stdout))
    else:
        shown = any(line.strip() == HALF.decode() for _, _, line in run.lines)
    subject.expect(not shown, "no poem but whole ones", run, "half a poem is shown as if whole")


@asks(
    "in-time",
    name=("a poem that came in time has no timer left", "按时到达的诗，不再留有定时器"),
    hint=(
        "cancel the timer as soon as the poem is there: callLater returns what has cancel()",
        "诗一到就取消定时器：callLater 返回的对象有 cancel()",
    ),
)
def in_time(subject: Subject) -> None:
    run = late(subject, FIRST, SILENT)
    going_off = {event["timer"] for event in run.events if event.kind == "timer_fired"}
    # One that comes again and again is a look at the clock, and no time-out.
    late_ones = [
        event
        for event in run.events
        if event.kind == "timer"
        and event["timer"] in going_off
        and event["delay"] >= 0.5
        and event.t < 0.5
    ]
    seen = f"{len(late_ones)} timers go off, and one poem is late"
    subject.expect(len(late_ones) <= 1, "no timer that goes off for a poem that came", run, seen)
