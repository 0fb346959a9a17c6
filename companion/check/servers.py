"""What a poetry server and the transform server must do: the checks of a learner's own."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from companion.check.subject import (
    Subject,
    Unmet,
    check,
    interrupted,
    interrupted_check,
    short,
    usage,
    usage_check,
)
from companion.event import Got, Open
from companion.peers import script
from companion.tutorial.poems import find_poem
from companion.tutorial.stages import ROOT
from companion.virtual.run import Received, Run

POEM = b"A poem for whoever asks for it, and for the next one too.\n"
BYTES = "春眠不覺曉，\r\n處處聞啼鳥".encode() + b"\xe9\n\n."
PORT, NOT_THERE = 10321, "nobody listens on it"
CTRL_C = 5.0  # seconds after which it comes
ANY_END = ("done", "reset")


def got(client: Received) -> str:
    """In words, what a client got and how it ended."""
    end = {"done": "a clean end", "reset": "a reset", "refused": "no connection"}.get(client.how)
    return f"a client got {len(client.data)} bytes and {end or 'no end'}"


def served(subject: Subject, run: Run, number: int, poem: bytes, expected: str) -> None:
    """Raises Unmet where client `number`, from 0, has not got just this poem and a clean end."""
    client = run.clients[number]
    holds = (client.data, client.how) == (poem, "done")
    note = got(client)
    if client.how == "done" and len(client.data) == len(poem):
        note += ", but not the same"
    subject.expect(holds, expected, run, "" if run.how == "exit" else note)


def serve(
    subject: Subject,
    poem: bytes,
    *clients: script.Client,
    args: tuple[str, ...] = (),
    **more: Any,
) -> tuple[Run, bytes]:
    """A poetry server's run, and the poem it serves, which may be its own: then it is found from
    the file's folder, or from the root."""
    if "own-poem" in subject.stage.traits:
        for folder in (subject.file.parent, ROOT):
            run = subject.run((), (), clients=clients, folder=folder, **more)
            if run.clients and (poem := run.clients[-1].data):
                return run, poem
        return run, find_poem("ecstasy").data
    file = subject.poem_file(poem)
    option = subject.stage.args[:-1]  # before the poem's file, where it stands behind one
    return subject.run((), (*args, *option, file), clients=clients, **more), poem


def served_twice(subject: Subject) -> tuple[Run, bytes]:
    """A run with two clients, one after the other: traced where the lesson is seen in it, too."""
    clients = script.reader(1), script.reader(60)
    return serve(subject, POEM, *clients, traced=bool(subject.stage.lesson))


@check(
    "server-serves",
    "asked",
    11,
    name=("a client gets the poem, and so does the next", "客户端得到一首诗，下一个客户端也一样"),
    hint=(
        "connectionMade is the moment to write the poem and then to close",
        "connectionMade 就是写出这首诗、然后关闭连接的时机",
    ),
)
def server_serves(subject: Subject) -> None:
    run, poem = served_twice(subject)
    for number in range(2):
        served(subject, run, number, poem, f"the poem's {len(poem)} bytes, and a clean end")
    subject.expect(not subject.crash(run), "a poem, and no traceback", run)


@check(
    "server-bytes",
    "beyond",
    11,
    name=("the file's bytes are sent as they are", "文件的字节原样发出"),
    hint=(
        "open the poem with mode rb: what is not decoded can't be changed",
        "用 rb 模式打开诗歌文件：不解码，就不会改变",
    ),
    applies=lambda stage: "own-poem" not in stage.traits,
)
def server_bytes(subject: Subject) -> None:
    for poem in (BYTES, b""):
        run, _ = serve(subject, poem, script.reader(1))
        expected = f"the {len(poem)} bytes of the file as they are" if poem else "an empty poem"
        served(subject, run, 0, poem, expected)


@check(
    "server-many",
    "asked",
    11,
    name=("a client that never reads keeps nobody waiting", "一个从不读取的客户端不会让别人等待"),
    hint=(
        "leave the sending to the transport, which waits for nobody",
        "把发送交给 transport，它不等待任何人",
    ),
    applies=lambda stage: stage.part >= 11,
)
def server_many(subject: Subject) -> None:
    run, poem = serve(subject, b"la " * 2_000_000, script.deaf(1), *[script.reader(1)] * 3)
    for number in (1, 2, 3):
        expected = "a poem for each of three clients, beside one that never reads"
        served(subject, run, number, poem, expected)
        subject.expect(run.clients[number].t < 2 + 2 * subject.slack, expected, run, "it came late")


@check(
    "server-port",
    "asked",
    11,
    name=("it listens on the port that --port names", "它监听 --port 给出的端口"),
    hint=(
        "reactor.listenTCP(port, factory): 0 takes a free one",
        "reactor.listenTCP(port, factory)：0 表示任选一个空闲端口",
    ),
    applies=lambda stage: "own-poem" not in stage.traits,
)
def server_port(subject: Subject) -> None:
    run = served_at_port(subject)
    if subject.stage.run or run.seconds >= CTRL_C:  # or it has no such option, and that is said
        found = any(event.client for event in run.of(Open))
        subject.expect(found, f"with --port {PORT} a server on that port", run, NOT_THERE)


def served_at_port(subject: Subject) -> Run:
    """A run in which a client comes to the port that --port names, and then Ctrl-C."""
    args = ("--port", str(PORT), *subject.stage.args[:-1], subject.poem_file(POEM))
    client = script.Client(1, port=PORT)
    return subject.run((), args, clients=(client,), signals=((CTRL_C, "SIGINT"),))


@check(
    "server-pace",
    "asked",
    2,
    name=("--num-bytes and --delay set the pace", "--num-bytes 和 --delay 决定快慢"),
    hint=("send so many bytes, then wait for so many seconds", "发送若干字节，再等待若干秒"),
    applies=lambda stage: stage.part == 2,
    timed=True,
)
def server_pace(subject: Subject) -> None:
    args = ("--num-bytes", "7", "--delay", "0.5")
    run, _ = serve(subject, b"x" * 30, script.reader(1), args=args)
    pieces = [(event.bytes, round(event.t - 1, 1)) for event in run.of(Got)]
    expected = "for 30 bytes, --num-bytes 7 and --delay 0.5: 7 bytes each 0.5 s, at last 2"
    seen = ", ".join(f"{size} bytes at {t} s" for size, t in pieces)
    holds = pieces == [(7, 0.0), (7, 0.5), (7, 1.0), (7, 1.5), (2, 2.0)]
    subject.expect(holds, expected, run, short(seen))


@check(
    "server-left",
    "asked",
    11,
    name=(
        "a client that leaves in the middle does not stop the server",
        "中途离开的客户端不会让服务器停下来",
    ),
    hint=(
        "whoever has left raises an error in the next send, or calls connectionLost",
        "客户端离开后，下一次发送会出错，或者 connectionLost 被调用",
    ),
)
def server_left(subject: Subject) -> None:
    run, poem = serve(subject, POEM, script.leaver(leave_at=5, at=1), script.reader(20))
    served(subject, run, 1, poem, "the whole poem for the client after one that left")


@usage_check(
    "server",
    (
        "read the poem before you listen; argparse's parser.error says why it can't be had",
        "先读诗再监听；读不到时用 argparse 的 parser.error 说明原因",
    ),
    applies=lambda stage: not stage.run,
)
def server_usage(subject: Subject) -> None:
    file = subject.poem_file(POEM)
    wrong = [("--port", "99999", file), ("no-such-poem.txt",), ()]
    if subject.stage.part == 2:
        wrong += [("--delay", "0", file), ("--num-bytes", "0", file)]
    usage(subject, *wrong)


@interrupted_check("server", "server", "服务器")
def server_interrupted(subject: Subject) -> None:
    if "own-poem" in subject.stage.traits or (run := served_at_port(subject)).seconds < CTRL_C:
        run, _ = serve(subject, POEM, script.reader(1), signals=((CTRL_C, "SIGINT"),))
    interrupted(subject, run, CTRL_C)


def netstring(text: bytes) -> bytes:
    return b"%d:%s," % (len(text), text)


NEXT = script.sender(netstring(b"cummingsify.B"), at=10)


def transformed(subject: Subject, *clients: script.Client) -> tuple[Run, list[Received]]:
    """What these clients got. Raises Unmet where the one after them is not served."""
    run = subject.run((), (), clients=(*clients, NEXT))
    *before, after = run.clients
    expected = "after bad and good requests, an answer for the next client"
    subject.expect(after.data == b"1:b,", expected, run, "" if subject.crash(run) else got(after))
    return run, before


@check(
    "transform-answers",
    "asked",
    12,
    name=("a request gets its poem back", "发来请求，返回转换后的诗"),
    hint=(
        "NetstringReceiver calls stringReceived with the request, and sendString answers",
        "NetstringReceiver 收到请求时调用 stringReceived，用 sendString 回答",
    ),
)
def transform_answers(subject: Subject) -> None:
    request, answer = netstring(b"cummingsify.HERE IS MY POEM"), netstring(b"here is my poem")
    run, (client,) = transformed(subject, script.sender(request, at=1))
    subject.expect(client.data == answer, f"the answer {answer.decode()}", run, got(client))
    subject.expect(not subject.crash(run), "a poem, and no traceback", run)


@check(
    "transform-pieces",
    "asked",
    12,
    name=(
        "a request may come in pieces, and its poem may hold dots",
        "请求可以分块到达，诗里可以有句点",
    ),
    hint=(
        "split at the first dot alone, and leave the pieces to NetstringReceiver",
        "只在第一个句点处分开，分块的事交给 NetstringReceiver",
    ),
)
def transform_pieces(subject: Subject) -> None:
    request = netstring("cummingsify.ÀЖ. 春 A".encode())
    pieces = [request[place : place + 1] for place in range(len(request))]
    by_byte = script.sender(*pieces, every=0.01, at=1)
    run, clients = transformed(subject, by_byte, script.sender(request, end=True, at=3))
    whats = (
        "for a request that comes byte by byte, its answer",
        "an answer for a client that has shut down its sending side",
    )
    poem = "ÀЖ. 春 A"
    answers = {netstring(poem.lower().encode()), netstring(poem.encode().lower())}
    for client, what in zip(clients, whats, strict=True):
        subject.expect(client.data in answers, what, run, got(client))


def by_text(*requests: bytes) -> dict[str, bytes]:
    """Requests by what they look like, as Python writes bytes."""
    return {str(request)[1:]: request for request in requests}


UNKNOWN = by_text(netstring(b"no-such-transform.A"), netstring(b"cummingsify"))
BAD = UNKNOWN | by_text(
    netstring(b"__class__.A"), netstring(b"cummingsify.\xff"), b"HERE IS MY POEM"
)


@check(
    "transform-unknown",
    "asked",
    12,
    name=(
        "a request that names no transform that there is gets a closed connection, and no answer",
        "请求的转换不存在时，不回答，直接关闭连接",
    ),
    hint=(
        "transport.loseConnection() is the answer to a bad request, too",
        "对错误的请求，回答就是 transport.loseConnection()",
    ),
)
def transform_unknown(subject: Subject) -> None:
    with suppress(Unmet):  # the run that shows that all are refused shows that these are
        refuses(subject, BAD)
        return
    refuses(subject, UNKNOWN)


def refuses(subject: Subject, requests: Mapping[str, bytes]) -> None:
    """Raises Unmet where one of these, each by what it is called, is answered, or left waiting."""
    clients = [script.sender(request, at=at) for at, request in enumerate(requests.values(), 1)]
    run, every = transformed(subject, *clients)
    for name, client in zip(requests, every, strict=True):
        expected = f"for {name} a closed connection without an answer"
        holds = client.how in ANY_END and not client.data
        subject.expect(holds, expected, run, got(client))


@check(
    "transform-bad",
    "beyond",
    12,
    name=(
        "a bad request is closed without an answer, and the server goes on",
        "错误的请求得不到回答，连接关闭，服务器继续运行",
    ),
    hint=(
        "look names up among the xform_ methods; whatever fails in one is that client's affair",
        "在 xform_ 方法中查找名字；其中的失败只关那一个客户端的事",
    ),
)
def transform_bad(subject: Subject) -> None:
    refuses(subject, BAD)


@usage_check("transform")
def transform_usage(subject: Subject) -> None:
    usage(subject, ("--port", "99999"), ("--port", "abc"))


@interrupted_check("transform", "server", "服务器")
def transform_interrupted(subject: Subject) -> None:
    interrupted(subject, subject.run((), (), clients=(NEXT,), signals=((50.0, "SIGINT"),)), 50.0)
