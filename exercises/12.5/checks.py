"""12.5: a client of the transform server that blocks."""

from companion.check.clients import shows
from companion.check.exercise import asks
from companion.check.servers import netstring
from companion.check.subject import Subject
from companion.event import Reactor
from companion.peers import script
from companion.peers.script import CLOSE, Script
from companion.virtual.run import Run

LEAVES_OUT = "client-ends", "client-split", "client-adds"  # it is another's client now
POEM = b"The Wind Blew Shrill\nAnd Smart\n"
LONG = b"A Line of a Poem That Is Longer Than One Piece\n" * 100
REQUEST, ANSWER = netstring(b"cummingsify." + POEM), netstring(POEM.lower())


def transform(subject: Subject, server: Script, poem: bytes = POEM) -> Run:
    """The client's run with a poem from a file. Raises Unmet where it waits for ever."""
    args = ("{1}", subject.poem_file(poem))
    run = subject.run((server,), args, traced=True)
    subject.expect(run.how == "exit", "an end", run)
    return run


def printed(subject: Subject, server: Script, poem: bytes, what: str) -> Run:
    """Raises Unmet where the transformed poem is not printed."""
    run = transform(subject, server, poem)
    subject.expect(shows(run, poem.decode().lower()), what, run)
    return run


@asks(
    "transforms",
    name=("the poem of the file is printed, transformed", "打印文件里的诗，已经转换"),
    hint=(
        "sendall the request as a netstring: its length in bytes, a colon, the request, a comma",
        "用 sendall 发送 netstring 形式的请求：字节数、冒号、请求、逗号",
    ),
)
def transforms(subject: Subject) -> None:
    run = printed(subject, script.transform(), POEM, "the poem of FILE, in small letters")
    reactor = any(event.does == "runs" for event in run.of(Reactor))
    subject.expect(not reactor, "a client without Twisted", run, "the reactor runs it")


@asks(
    "bytes",
    name=("the length is that of the bytes", "长度是字节数"),
    hint=("take len() of what is encoded, not of the text", "对编码之后的数据取 len()，不是对文本"),
)
def counts_bytes(subject: Subject) -> None:
    poem = "À la claire fontaine, 春眠不覺曉\n".encode()
    printed(subject, script.transform(), poem, "a poem with letters beyond ASCII, transformed")


@asks(
    "pieces",
    name=("the answer may come in pieces", "回答可以分块到达"),
    hint=(
        "recv until there are as many bytes as the netstring says",
        "一直 recv，直到收到 netstring 所说的字节数",
    ),
)
def pieces(subject: Subject) -> None:
    cut = [(n / 10, ANSWER[n : n + 1]) for n in range(len(ANSWER))]
    server = script.answering(*cut, (len(cut) / 10, CLOSE), request=REQUEST)
    printed(subject, server, POEM, "the whole answer, although it comes byte by byte")
    printed(subject, script.transform(), LONG, "an answer of 4,700 bytes, to its last line")


@asks(
    "length",
    name=("it ends when the netstring is whole", "netstring 收齐就结束"),
    hint=(
        "the length tells when all is there: do not wait for the end of the connection",
        "长度说明了何时收齐：不必等到连接关闭",
    ),
)
def length(subject: Subject) -> None:
    server = script.answering((0.0, ANSWER), request=REQUEST)
    printed(subject, server, POEM, "an end once the answer is whole, though nobody closes")


@asks(
    "cut",
    name=("half an answer is reported, and not shown", "只有一半的回答要说出来，而不是显示出来"),
    hint=(
        "an end before the last byte is an error: say so, and exit with a status other than 0",
        "最后一个字节之前连接就断开是错误：说出来，并以非 0 的状态退出",
    ),
)
def cut_short(subject: Subject) -> None:
    for answer in (ANSWER[: len(ANSWER) // 2], b""):
        steps = ((0.0, answer), (0.5, CLOSE)) if answer else ((0.5, CLOSE),)
        run = transform(subject, script.answering(*steps, request=REQUEST))
        expected = "for an answer that is cut short, a line on standard error and no poem"
        shown = "wind blew" in run.stdout.lower()
        seen = "part of a poem is shown" if shown else ""
        subject.expect(not shown and run.stderr, expected, run, seen)
        subject.expect(run.status != 0, "a status other than 0", run)
