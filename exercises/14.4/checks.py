"""14.4: a proxy that has the poem transformed elsewhere."""

from companion.check.exercise import asks
from companion.check.proxies import TWICE, Recovering, told_so
from companion.check.servers import ANY_END, POEM, got, netstring, served
from companion.check.subject import Subject
from companion.event import Open
from companion.peers import script
from companion.peers.script import CLOSE, Script
from companion.virtual.run import Run

# Its start fetches what it serves, from one server.
LEAVES_OUT = "proxy-whole", "proxy-refused", "proxy-caches", "proxy-always"
UPSTREAM = script.slow(POEM, 7, 0.1)
TRANSFORMED = POEM.lower()


def proxied(subject: Subject, transform: Script, upstream: Script) -> Run:
    return subject.run((transform, upstream), clients=TWICE)


@asks(
    "transforms",
    name=("a client gets the poem transformed", "客户端得到转换之后的诗"),
    hint=(
        "a callback returns the Deferred of TransformProxy.xform, and the chain waits for it",
        "在回调里返回 TransformProxy.xform 的 Deferred，链会等待它",
    ),
)
def transforms(subject: Subject) -> None:
    run = proxied(subject, script.transform(), UPSTREAM)
    served(subject, run, 0, TRANSFORMED, "the poem of the server behind it, in small letters")


@asks(
    "keeps",
    name=(
        "the next client gets the transformed poem from the cache",
        "下一个客户端从缓存得到转换之后的诗",
    ),
    hint=(
        "what is kept is the result of the transformation: set the poem after it",
        "缓存的是转换的结果：转换之后再保存",
    ),
)
def keeps(subject: Subject) -> None:
    run = proxied(subject, script.transform(), UPSTREAM)
    served(subject, run, 1, TRANSFORMED, "the poem in small letters for a second client, too")
    lanes = [e.lane for e in run.of(Open) if e.lane]
    happened = f"both servers together were asked {len(lanes)} times"
    subject.expect(sorted(lanes) == [1, 2], "each server asked once", run, happened)


@asks(
    "alone",
    name=(
        "where only the transformation fails, nobody waits for ever",
        "只有转换失败时，没有人永远等待",
    ),
    hint=(
        "the inner Deferred fails at a refused port, and at an end without an answer: an errback"
        " gives the poem as it was, or hands the failure on",
        "端口被拒绝，或者没有回答连接就断开，内层 Deferred 都要失败："
        "errback 返回原来的诗，或者把失败传下去",
    ),
)
def alone(subject: Subject) -> None:
    half = netstring(TRANSFORMED)[:20]
    answers = script.answering((0.5, CLOSE)), script.answering((0.0, half), (0.5, CLOSE))
    for transform in (script.refused(), *answers):
        run = proxied(subject, transform, UPSTREAM)
        for client in run.clients:
            clean = client.how == "done"
            holds = client.how in ANY_END and client.data in ((POEM,) if clean else (b"", POEM))
            expected = "the poem as it was, or an end that says that it could not be had"
            subject.expect(holds, expected, run, got(client))


@asks(
    "recovers",
    name=("half a poem is neither transformed nor kept", "半首诗既不转换，也不缓存"),
    hint=(
        "a download that fails goes past the transformation, to the errback of the client",
        "下载失败时跳过转换，直接到客户端的 errback",
    ),
)
def recovers(subject: Subject) -> None:
    run = proxied(subject, script.transform(), Script(Recovering(POEM)))
    told_so(subject, run, 0)
    served(subject, run, 1, TRANSFORMED, "the whole poem for the next client, once it can be had")
