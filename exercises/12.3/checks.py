"""12.3: one service behind two protocols, each on a port of its own."""

import re

from companion.check.exercise import asks, own_options
from companion.check.servers import got, netstring
from companion.check.subject import Subject
from companion.peers.script import Client
from companion.virtual.run import Run

PORT, LINE_PORT = 20000, 20001
REQUEST, ANSWER = b"cummingsify.HERE IS MY POEM", b"here is my poem"
IN_A_NETSTRING = Client(1, ((0.0, netstring(REQUEST)),), PORT)
IN_A_LINE = Client(2, ((0.0, REQUEST + b"\r\n"),), LINE_PORT)
THREE = re.compile(r"(?<![\w.:])3(?![\w:])")


def serve(subject: Subject, *clients: Client) -> Run:
    """The server's run; the second port is given by that of its own options that makes it serve."""
    names = own_options(subject, "an option that takes the second port")
    given = [("--port", str(PORT), name, str(LINE_PORT)) for name in names]
    runs = [subject.run((), args, clients=clients) for args in given]
    return next((run for run in runs if run.clients[1].data), runs[0])


@asks(
    "lines",
    name=(
        "a request in a line gets its answer in a line, on the second port",
        "在第二个端口，一行请求得到一行回答",
    ),
    hint=(
        "LineReceiver calls lineReceived with the request, and sendLine answers; an option says"
        " which port",
        "LineReceiver 收到一行时调用 lineReceived，用 sendLine 回答；用一个选项给出端口",
    ),
)
def lines(subject: Subject) -> None:
    run = serve(subject, IN_A_NETSTRING, IN_A_LINE)
    first, second = run.clients
    expected = f"the line {ANSWER.decode()}, on the port that an option names"
    subject.expect(second.data.strip() == ANSWER, expected, run, got(second))
    expected = "the netstring's answer on the first port"
    subject.expect(first.data == netstring(ANSWER), expected, run, got(first))


@asks(
    "one-service",
    name=(
        "one service counts the poems of both protocols",
        "同一个服务统计两种协议转换的诗",
    ),
    hint=(
        "make one TransformService, and give it to both factories",
        "只创建一个 TransformService，交给两个 factory",
    ),
)
def one_service(subject: Subject) -> None:
    again = Client(3, IN_A_NETSTRING.steps, PORT)
    run = serve(subject, IN_A_NETSTRING, IN_A_LINE, again)
    expected = "after two netstrings and a line, the service says that it has transformed 3 poems"
    counted = any(THREE.search(line) for _, _, line in run.lines)
    last = [line for t, _, line in run.lines if t >= 3]
    seen = f"it says: {last[-1]}" if last else "it says nothing"
    subject.expect(counted, expected, run, seen)
