"""What a poetry server and the transform server must do: the checks of a learner's own."""

from typing import Any

from companion.check.subject import Check, Subject, interrupted, short, usage
from companion.peers import script
from companion.tutorial.poems import find_poem
from companion.virtual.run import Received, VirtualRun

FAST = frozenset(("fastpoetry-1.0", "fastpoetry-2.0", "fastpoetry-3.0"))
POEM = b"A poem for whoever asks for it, and for the next one too.\n"
BYTES = "春眠不覺曉，\r\n處處聞啼鳥".encode() + b"\xe9\n\n."
ANY_END = ("done", "reset")


def got(client: Received) -> str:
    """In words, what a client got and how it ended."""
    end = {"done": "a clean end", "reset": "a reset", "refused": "no connection"}.get(client.how)
    return f"a client got {len(client.data)} bytes and {end or 'no end'}"


def served(subject: Subject, run: VirtualRun, number: int, poem: bytes, expected: str) -> None:
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
) -> tuple[VirtualRun, bytes]:
    """A poetry server's run, and the poem it serves: FastPoetry 2.0 has its own."""
    if subject.stage.id == "fastpoetry-2.0":
        return subject.run((), (), clients=clients, **more), find_poem("ecstasy").data
    file = subject.poem_file(poem)
    args = ("--poem", file) if subject.stage.id == "fastpoetry-3.0" else (*args, file)
    return subject.run((), args, clients=clients, **more), poem


def server_serves(subject: Subject) -> None:
    run, poem = serve(subject, POEM, script.reader(1), script.reader(60))
    for number in range(2):
        served(subject, run, number, poem, f"the poem's {len(poem)} bytes, and a clean end")


def server_bytes(subject: Subject) -> None:
    for poem in (BYTES, b""):
        run, _ = serve(subject, poem, script.reader(1))
        expected = f"the {len(poem)} bytes of the file as they are" if poem else "an empty poem"
        served(subject, run, 0, poem, expected)


def server_many(subject: Subject) -> None:
    run, poem = serve(subject, b"la " * 2_000_000, script.deaf(1), *[script.reader(1)] * 3)
    for number in (1, 2, 3):
        expected = "a poem for each of three clients, beside one that never reads"
        served(subject, run, number, poem, expected)
        subject.expect(run.clients[number].t < 2, expected, run, "it came late")


def server_pace(subject: Subject) -> None:
    args = ("--num-bytes", "7", "--delay", "0.5")
    run, _ = serve(subject, b"x" * 30, script.reader(1), args=args)
    pieces = [
        (event["bytes"], round(event.t - 1, 1)) for event in run.events if event.kind == "got"
    ]
    expected = "for 30 bytes, --num-bytes 7 and --delay 0.5: 7 bytes each 0.5 s, at last 2"
    told = ", ".join(f"{size} bytes at {t} s" for size, t in pieces)
    holds = pieces == [(7, 0.0), (7, 0.5), (7, 1.0), (7, 1.5), (2, 2.0)]
    subject.expect(holds, expected, run, short(told))


def server_left(subject: Subject) -> None:
    run, poem = serve(subject, POEM, script.leaver(leave_at=5, at=1), script.reader(20))
    served(subject, run, 1, poem, "the whole poem for the client after one that left")


def server_usage(subject: Subject) -> None:
    file = subject.poem_file(POEM)
    wrong = [("--port", "99999", file), ("no-such-poem.txt",), ()]
    if subject.stage.id == "slow-server":
        wrong += [("--delay", "0", file), ("--num-bytes", "0", file)]
    usage(subject, *wrong)


def server_interrupted(subject: Subject) -> None:
    run, _ = serve(subject, POEM, script.reader(1), signals=((5.0, "SIGINT"),))
    interrupted(subject, run, 5.0)


def netstring(text: bytes) -> bytes:
    return b"%d:%s," % (len(text), text)


NEXT = script.sender(netstring(b"cummingsify.B"), at=10)


def transformed(subject: Subject, *clients: script.Client) -> tuple[VirtualRun, list[Received]]:
    """What these clients got. Raises Unmet where the one after them is not served."""
    run = subject.run((), (), clients=(*clients, NEXT))
    *before, after = run.clients
    expected = "after bad and good requests, an answer for the next client"
    subject.expect(after.data == b"1:b,", expected, run, "" if subject.crash(run) else got(after))
    return run, before


def transform_answers(subject: Subject) -> None:
    request, answer = netstring(b"cummingsify.HERE IS MY POEM"), netstring(b"here is my poem")
    run, (client,) = transformed(subject, script.sender(request, at=1))
    subject.expect(client.data == answer, f"the answer {answer.decode()}", run, got(client))


def transform_pieces(subject: Subject) -> None:
    request = netstring("cummingsify.ÀЖ. 春 a".encode())
    pieces = [request[place : place + 1] for place in range(len(request))]
    by_byte = script.sender(*pieces, every=0.01, at=1)
    run, clients = transformed(subject, by_byte, script.sender(request, end=True, at=3))
    whats = (
        "for a request that comes byte by byte, its answer",
        "an answer for a client that has shut down its sending side",
    )
    for client, what in zip(clients, whats, strict=True):
        subject.expect(client.data == netstring("àж. 春 a".encode()), what, run, got(client))


BAD = (
    netstring(b"shout.A"),
    netstring(b"__class__.A"),
    netstring(b"cummingsify"),
    netstring(b"cummingsify.\xff"),
    b"HERE IS MY POEM",
)


def transform_bad(subject: Subject) -> None:
    clients = [script.sender(request, at=at) for at, request in enumerate(BAD, 1)]
    run, every = transformed(subject, *clients)
    for request, client in zip(BAD, every, strict=True):
        expected = f"for {str(request)[1:]} a closed connection without an answer"
        holds = client.how in ANY_END and not client.data
        subject.expect(holds, expected, run, got(client))


def transform_usage(subject: Subject) -> None:
    usage(subject, ("--port", "99999"), ("--port", "abc"))


def transform_interrupted(subject: Subject) -> None:
    interrupted(subject, subject.run((), (), clients=(NEXT,), signals=((50.0, "SIGINT"),)), 50.0)


CHECKS = (
    Check(
        "server-serves",
        "a client gets the poem, and so does the next",
        11,
        "connectionMade is the moment to write the poem and then to close",
        server_serves,
    ),
    Check(
        "server-bytes",
        "the file's bytes are sent as they are",
        11,
        "open the poem with mode rb: what is not decoded can't be changed",
        server_bytes,
        without=frozenset(("fastpoetry-2.0",)),
    ),
    Check(
        "server-many",
        "a client that never reads keeps nobody waiting",
        11,
        "leave the sending to the transport, which waits for nobody",
        server_many,
        only=FAST,
    ),
    Check(
        "server-pace",
        "--num-bytes and --delay set the pace",
        2,
        "send so many bytes, then wait for so many seconds",
        server_pace,
        only=frozenset(("slow-server",)),
    ),
    Check(
        "server-left",
        "a client that leaves in the middle does not stop the server",
        11,
        "whoever has left raises an error in the next send, or calls connectionLost",
        server_left,
    ),
    Check(
        "server-usage",
        "a wrong command line is refused with status 2",
        2,
        "read the poem before you listen; argparse's parser.error says why it can't be had",
        server_usage,
        without=FAST - {"fastpoetry-1.0"},
    ),
    Check(
        "server-interrupted",
        "Ctrl-C ends the server at once",
        3,
        "reactor.run() returns at Ctrl-C; then sys.exit tells that a signal was the end",
        server_interrupted,
    ),
    Check(
        "transform-answers",
        "a request gets its poem back",
        12,
        "NetstringReceiver calls stringReceived with the request, and sendString answers",
        transform_answers,
    ),
    Check(
        "transform-pieces",
        "a request may come in pieces, and its poem may hold dots",
        12,
        "split at the first dot alone, and leave the pieces to NetstringReceiver",
        transform_pieces,
    ),
    Check(
        "transform-bad",
        "a bad request is closed without an answer, and the server goes on",
        12,
        "look names up among the xform_ methods; whatever fails in one is that client's affair",
        transform_bad,
    ),
    Check(
        "transform-usage",
        "a wrong command line is refused with status 2",
        2,
        "argparse does it: a type that raises for what is no port from 1 to 65535",
        transform_usage,
    ),
    Check(
        "transform-interrupted",
        "Ctrl-C ends the server at once",
        3,
        "reactor.run() returns at Ctrl-C; then sys.exit tells that a signal was the end",
        transform_interrupted,
    ),
)
