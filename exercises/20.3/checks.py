"""20.3: an Erlang client that prints how long each poem took, in whatever words and unit."""

import re
from collections.abc import Iterator

from companion.check.exercise import asks
from companion.check.native import POEMS, client_run, late
from companion.check.subject import Subject
from companion.peers.script import refused

SLOW, FAST = 1.25, 0.45  # seconds; no number of a task is near
SERVERS = late(POEMS[0], SLOW, 5), late(POEMS[1], FAST, 3)
# A figure, as 1:02.5 or 1253, and the unit after it, where there is one.
FIGURE = re.compile(r"((?:\d+:)*\d+(?:\.\d+)?)\s*([a-zµμ毫微秒]*)")
UNITS = {
    1.0: ("s", "sec", "secs", "second", "seconds", "秒"),
    1e-3: ("ms", "msec", "milli", "millis", "millisecond", "milliseconds", "毫秒"),
    1e-6: ("us", "µs", "μs", "usec", "microsecond", "microseconds", "微秒"),
    1e-9: ("ns", "nsec", "nanosecond", "nanoseconds"),
}


def figures(text: str) -> Iterator[float]:
    """Each figure in seconds, by its unit; by each of the usual three where it has none."""
    for figure, word in FIGURE.findall(text.lower()):
        value = 0.0
        for part in figure.split(":"):
            value = value * 60 + float(part)
        named = [unit for unit, words in UNITS.items() if word in words]
        yield from (value * unit for unit in named or (1.0, 1e-3, 1e-6))


def told(text: str, seconds: float) -> bool:
    """Whether a time is told, with what the machine may add to it."""
    return any(seconds - 0.1 <= figure <= seconds + 0.5 for figure in figures(text))


def timed(subject: Subject, place: int, seconds: float) -> None:
    run = client_run(subject, *SERVERS)
    expected = f"{seconds} s beside a poem that takes as long, or as many milliseconds"
    text = run.stdout.decode(errors="replace") + run.stderr
    seen = [line for line in text.splitlines() if re.search(r"\d", line) and "Task" not in line]
    happened = f"it says: {' / '.join(seen[:3])}" if seen else "no time is printed"
    run.expect(told(text, seconds), expected, happened)


@asks(
    "whole",
    name=("all poems are downloaded and printed", "所有的诗都下载并打印"),
    hint=(
        "a message to Main may hold more than the poem, but the poem is still printed",
        "发给 Main 的消息可以多带些东西，但诗还是要打印",
    ),
)
def whole(subject: Subject) -> None:
    run = client_run(subject, *SERVERS)
    run.fetched(*POEMS[:2])
    run.expect(run.status == 0, "an end with status 0")


@asks(
    "took",
    name=("the time that a poem took is printed", "打印取一首诗所用的时间"),
    hint=(
        "erlang:monotonic_time(millisecond) before connect, and again after {error, closed}; hand"
        " the first on from call to call",
        "connect 之前取一次 erlang:monotonic_time(millisecond)，收到 {error, closed} 后再取一次；"
        "第一个值要一路传下去",
    ),
)
def took(subject: Subject) -> None:
    timed(subject, 0, SLOW)


@asks(
    "each",
    name=("each poem has a time of its own", "每首诗各有自己的时间"),
    hint=(
        "the process that fetches the poem takes the time, at the poem's end: Main prints only"
        " when all are there",
        "由取诗的进程在诗结束时计时：Main 要等全部到齐才打印",
    ),
)
def each(subject: Subject) -> None:
    timed(subject, 1, FAST)


@asks(
    "failed",
    name=("where a poem fails, the other still arrives", "一首诗失败，另一首照样到达"),
    hint=(
        "a failed poem has no time: its 'DOWN' is all that comes",
        "失败的诗没有时间：只会收到 'DOWN'",
    ),
)
def failed(subject: Subject) -> None:
    run = client_run(subject, refused(), late(POEMS[0], 0.1))
    run.fetched(POEMS[0])
    run.expect(run.status != 0, "a status other than 0")
