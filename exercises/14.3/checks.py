"""14.3: one download for all who wait."""

from companion.check.exercise import asks
from companion.check.proxies import UPSTREAM, Recovering, told_so
from companion.check.servers import BYTES, served
from companion.check.subject import Subject
from companion.event import Open
from companion.peers import script
from companion.peers.script import Script
from companion.virtual.run import Run

WAITING = script.reader(1), script.reader(1.1), script.reader(1.2)


def fetched(run: Run) -> int:
    """How often the poem was fetched."""
    return sum(bool(event.lane) for event in run.of(Open))


@asks(
    "one",
    name=(
        "clients that come while it is fetched cause no other download",
        "下载期间到来的客户端不会引起新的下载",
    ),
    hint=(
        "a Deferred for each client in a list: only the first starts the download",
        "每个客户端一个 Deferred，放进列表：只有第一个才启动下载",
    ),
)
def one_download(subject: Subject) -> None:
    run = subject.run((UPSTREAM,), clients=WAITING)
    happened = "" if subject.crash(run) else f"it was fetched {fetched(run)} times"
    subject.expect(fetched(run) == 1, "one download for three clients at once", run, happened)


@asks(
    "all",
    name=("all who wait get the poem", "等待的客户端全都得到诗"),
    hint=(
        "each needs a Deferred of its own: what one callback returns, the next one gets",
        "每个客户端要有自己的 Deferred：一个回调返回什么，下一个得到的就是什么",
    ),
)
def all_get_it(subject: Subject) -> None:
    late = script.reader(20)
    run = subject.run((UPSTREAM,), clients=(*WAITING, late))
    for number in range(4):
        served(
            subject, run, number, BYTES, "the whole poem for each of three clients, and a late one"
        )
    seen = subject.crash(run)
    subject.expect(not seen, "no exception", run, seen)


@asks(
    "error",
    name=("where it fails, all who wait are told", "下载失败时，等待的客户端全都得到通知"),
    hint=(
        "call the errback of every Deferred in the list, as you call every callback",
        "像逐个调用 callback 那样，对列表里的每个 Deferred 调用 errback",
    ),
)
def all_are_told(subject: Subject) -> None:
    for server in (script.reset_at(BYTES, 20, 7, 0.2), script.slow_connect(script.silence(), 90)):
        run = subject.run((server,), clients=WAITING)
        for number in range(3):
            told_so(subject, run, number)


@asks(
    "again",
    name=(
        "after a failure the next client starts a new download",
        "失败之后，下一个客户端启动新的下载",
    ),
    hint=(
        "empty the list, and forget that a poem is on its way, before you fire the first",
        "触发第一个之前，先清空列表，并忘掉“正在下载”",
    ),
)
def once_more(subject: Subject) -> None:
    later = script.reader(10), script.reader(10.1), script.reader(20)
    server = Script(Recovering(BYTES))
    run = subject.run((server,), clients=(*WAITING, *later))
    for number in range(3, 6):
        served(subject, run, number, BYTES, "the whole poem for a client after a failed download")
    happened = f"it was fetched {fetched(run)} times"
    subject.expect(fetched(run) == 2, "two downloads, the second for all others", run, happened)
    seen = subject.crash(run)
    subject.expect(not seen, "no exception: each Deferred fires once", run, seen)


@asks(
    "left",
    name=(
        "one that leaves while it waits keeps the poem from nobody",
        "等待时离开的客户端不影响别人",
    ),
    hint=(
        "what is written to a client that has left does no harm; see that the others are served",
        "写给已离开的客户端没有害处；要保证其他客户端都得到诗",
    ),
)
def one_leaves(subject: Subject) -> None:
    leaver = script.leaver(after=0.1, at=1)
    run = subject.run((UPSTREAM,), clients=(leaver, *WAITING[1:], script.reader(20)))
    for number in range(1, 4):
        served(subject, run, number, BYTES, "the whole poem for those that stay")
