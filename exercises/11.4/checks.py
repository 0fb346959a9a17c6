"""11.4: several poems from one server process."""

from companion.check.exercise import asks
from companion.check.servers import POEM, got, served
from companion.check.subject import Subject
from companion.peers import script
from companion.virtual.run import Run

POEMS = POEM, b"A second one, on the next port.\n", b"And the third.\n"
PORT = 20000


def serve_all(subject: Subject, *clients: script.Client) -> Run:
    """The server's run with all poems, each in a file of its own."""
    files = [subject.poem_file(poem) for poem in POEMS]
    return subject.run((), ("--port", str(PORT), *files), clients=clients)


def reader(number: int, at: float) -> script.Client:
    """A client for poem `number`, from 0."""
    return script.Client(at, port=PORT + number)


@asks(
    "ports",
    name=("each poem has a port of its own", "每首诗有自己的端口"),
    hint=(
        "a factory for each poem, and a listenTCP for each factory",
        "每首诗一个 factory，每个 factory 调用一次 listenTCP",
    ),
)
def ports(subject: Subject) -> None:
    run = serve_all(subject, *(reader(number, 1) for number in range(3)))
    for number, poem in enumerate(POEMS):
        client = run.clients[number]
        expected = f"poem {number + 1} on port {PORT + number}, for --port {PORT}"
        seen = got(client)
        if client.data != poem and client.data in POEMS:
            seen = f"poem {POEMS.index(client.data) + 1} is there"
        happened = "" if run.how == "exit" else seen
        subject.expect((client.data, client.how) == (poem, "done"), expected, run, happened)


@asks(
    "again",
    name=("any of them is served again and again", "每首诗要几次都行"),
    hint=(
        "none of the ports depends on another: nothing is closed but the client's connection",
        "各个端口互不相关：除了客户端的连接，什么也不关闭",
    ),
)
def again(subject: Subject) -> None:
    order = 2, 0, 2, 1
    run = serve_all(subject, *(reader(number, at) for at, number in enumerate(order, 1)))
    for place, number in enumerate(order):
        served(subject, run, place, POEMS[number], f"poem {number + 1}, as often as it is asked")
