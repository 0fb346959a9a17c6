"""What a proxy must do: the checks of a learner's own."""

from collections.abc import Iterator
from dataclasses import dataclass

from companion.check.hidden import no_mistake
from companion.check.servers import ANY_END, BYTES, got, served
from companion.check.subject import (
    Subject,
    check,
    interrupted,
    interrupted_check,
    usage,
    usage_check,
)
from companion.event import Close, Open, Wait
from companion.peers import script
from companion.peers.script import CLOSE, Script
from companion.virtual.run import Run

UPSTREAM = script.slow(BYTES, 7, 0.1)
TWICE = script.reader(1), script.reader(3)


@dataclass(eq=False)
class Recovering:
    """The steps of a server whose first connection is reset half-way, and no other."""

    poem: bytes
    connections: int = 0

    def __call__(self) -> Iterator[script.TimedAction]:
        self.connections += 1
        if self.connections == 1:
            return iter(((0.0, self.poem[:10]), (0.5, script.RESET)))
        return iter(((0.0, self.poem), (0.0, CLOSE)))


def fetched_twice(subject: Subject) -> Run:
    """A run with two clients, one after the other: traced where the lesson is seen in it, too."""
    return subject.run((UPSTREAM,), clients=TWICE, traced=bool(subject.stage.lesson))


@check(
    "proxy-whole",
    "asked",
    14,
    name=(
        "a client gets the poem of the server behind the proxy",
        "客户端得到代理背后那台服务器的诗",
    ),
    hint=(
        "the poem may be there or still to come: a Deferred is right for both",
        "诗可能已经在手，也可能还没到：Deferred 对两种情况都合适",
    ),
)
def proxy_whole(subject: Subject) -> None:
    run = fetched_twice(subject)
    served(subject, run, 0, BYTES, "the poem of the server behind it, as it is")
    subject.expect(not subject.crash(run), "a poem, and no traceback", run)
    # The reactor itself waits in none of these.
    own = (e for e in run.of(Wait) if e.call in ("recv", "recv_into", "sleep") and not e.thread)
    blocks = next(own, None)
    expected = "a reactor that serves others while the poem comes"
    subject.expect(not blocks, expected, run, f"it waits in {blocks.call}" if blocks else "")
    no_mistake(subject, run)


@check(
    "proxy-caches",
    "asked",
    14,
    name=("the next client gets the poem from the cache", "下一个客户端从缓存得到诗"),
    hint=("keep the poem in the service before you hand it on", "先把诗存进 service，再交出去"),
)
def proxy_caches(subject: Subject) -> None:
    run = fetched_twice(subject)
    served(subject, run, 1, BYTES, "the poem for a second client, too")
    late = run.clients[1].t - TWICE[1].at
    subject.expect(late < 1, "the poem in the cache, at once", run, f"it came {late:.1f} s late")
    fetched = sum(bool(event.lane) for event in run.of(Open))
    happened = f"it was fetched {fetched} times"
    subject.expect(fetched == 1, "one download for two clients, one after the other", run, happened)


def refusing(subject: Subject) -> Run:
    """A run with two clients, where the server behind the proxy can't be reached."""
    return subject.run((script.refused(),), clients=TWICE)


def told_so(subject: Subject, run: Run, number: int) -> None:
    """Raises Unmet where a client whose poem can't be had waits on, or is given part of it."""
    client = run.clients[number]
    holds = client.how in ANY_END and not (client.how == "done" and client.data)
    subject.expect(holds, "an end for the client, and no half poem", run, got(client))


@check(
    "proxy-refused",
    "asked",
    14,
    name=(
        "a server that can't be reached keeps no client waiting",
        "连不上的服务器不会让客户端一直等",
    ),
    hint=(
        "an errback of the protocol ends the connection to the client",
        "在协议里加一个 errback，结束与客户端的连接",
    ),
)
def proxy_refused(subject: Subject) -> None:
    run = refusing(subject)
    for client in run.clients:
        subject.expect(client.how in ANY_END, "an end for the client", run, got(client))


@check(
    "proxy-recovers",
    "beyond",
    14,
    name=("half a poem is neither passed on nor cached", "半首诗既不转发，也不缓存"),
    hint=(
        "the reason of connectionLost says whether the end is clean; cache nothing but a result",
        "connectionLost 的 reason 能区分正常结束和其他情况；只缓存结果",
    ),
)
def proxy_recovers(subject: Subject) -> None:
    told_so(subject, refusing(subject), 0)
    run = subject.run((Script(Recovering(BYTES)),), clients=TWICE)
    told_so(subject, run, 0)
    served(subject, run, 1, BYTES, "the whole poem for the next client, once it can be had")


@check(
    "proxy-cancels",
    "asked",
    19,
    name=("a client that leaves cancels its download", "客户端离开时取消它的下载"),
    hint=(
        "connectionLost cancels the Deferred, and its canceller hangs up on the server",
        "connectionLost 取消 Deferred，它的 canceller 断开与服务器的连接",
    ),
    applies=lambda stage: stage.part >= 19,
)
def proxy_cancels(subject: Subject) -> None:
    clients = script.leaver(after=0.25, at=1), script.reader(3)
    run = subject.run((UPSTREAM,), clients=clients)
    closed = [event for event in run.of(Close) if event.lane]
    hung_up = closed and closed[0].how == "left" and closed[0].t < 1.4 + subject.slack
    expected = "a client that leaves after 0.25 s, and the download hung up then"
    subject.expect(hung_up, expected, run, "" if subject.crash(run) else "the download went on")
    served(subject, run, 1, BYTES, "the whole poem for the next client")


@usage_check("proxy")
def proxy_usage(subject: Subject) -> None:
    usage(subject, ("--port", "99999", "10000"), ("abc",), ())


@interrupted_check("proxy", "proxy", "代理")
def proxy_interrupted(subject: Subject) -> None:
    interrupted(subject, subject.run((UPSTREAM,), signals=((1.0, "SIGINT"),)), 1.0)
