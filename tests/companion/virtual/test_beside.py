"""Two programs on one simulated clock, each in a process of its own."""

import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from companion.peers import script
from companion.peers.scenario import Scenario
from companion.tutorial.stages import program
from companion.virtual.run import Together, play_both

Two = Callable[..., Together]

# A server on a port of its arguments, and its client, by what they show of the simulation. Each
# pair prints nothing that depends on how long it takes.
LINES = """
    import sys
    from twisted.internet import reactor
    from twisted.internet.protocol import Factory
    from twisted.protocols.basic import LineReceiver
    class Answer(LineReceiver):
        def lineReceived(self, line):
            print("asked", line)
            reactor.callLater(0.2, self.sendLine, line[::-1])
        def connectionLost(self, reason):
            print(reason.getErrorMessage())
            reactor.stop()
    reactor.listenTCP(int(sys.argv[1]), Factory.forProtocol(Answer))
    reactor.run()
    """
ASKS = """
    import socket, sys, time
    sock = socket.create_connection(("localhost", int(sys.argv[1])))
    for word in (b"one", b"two"):
        sock.sendall(word + b"\\r\\n")
        print(sock.recv(100))
        time.sleep(0.1)
    """
STREAMS = """
    import asyncio, sys
    async def serve(reader, writer):
        while line := await reader.readline():
            writer.write(line.upper())
        writer.write(b"bye")
        writer.close()
        done.set()
    async def main():
        global done
        done = asyncio.Event()
        async with await asyncio.start_server(serve, "127.0.0.1", int(sys.argv[1])):
            await done.wait()
        print("done")
    asyncio.run(main())
    """
HALF_CLOSES = """
    import asyncio, sys
    async def main():
        reader, writer = await asyncio.open_connection("127.0.0.1", int(sys.argv[1]))
        for word in (b"a\\n", b"b\\n"):
            writer.write(word)
            print(await reader.readline())
        writer.write_eof()
        print(await reader.read())
        writer.close()
    asyncio.run(main())
    """
ABORTS = """
    import sys
    from twisted.internet import reactor
    from twisted.internet.protocol import Factory, Protocol
    class Abort(Protocol):
        def dataReceived(self, data):
            print(data)
            self.transport.abortConnection()
        def connectionLost(self, reason):
            print(reason.getErrorMessage())
            reactor.stop()
    reactor.listenTCP(int(sys.argv[1]), Factory.forProtocol(Abort))
    reactor.run()
    """
IS_CUT = """
    import socket, sys
    sock = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
    sock.sendall(b"hi")
    try:
        print(sock.recv(10))
    except OSError as err:
        print(err)
    """
FLOODS = """
    import sys
    from twisted.internet import reactor
    from twisted.internet.protocol import Factory, Protocol
    class Flood(Protocol):
        def connectionMade(self):
            self.number = 0
            self.transport.registerProducer(self, False)
        def resumeProducing(self):
            self.number += 1
            self.transport.write(bytes([self.number]) * 30000)
            if self.number == 60:
                self.transport.unregisterProducer()
                self.transport.loseConnection()
        def stopProducing(self):
            pass
        def connectionLost(self, reason):
            print(self.number, reason.getErrorMessage())
            reactor.stop()
    reactor.listenTCP(int(sys.argv[1]), Factory.forProtocol(Flood))
    reactor.run()
    """
READS_SLOWLY = """
    import hashlib, socket, sys, time
    sock = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
    digest = hashlib.md5()
    while data := sock.recv(65536):
        digest.update(data)
        time.sleep(0.001)
    print(digest.hexdigest())
    """
CALLS = """
    import sys
    from twisted.internet import reactor, task
    from twisted.spread import pb
    class Root(pb.Root):
        def remote_add(self, *numbers):
            return task.deferLater(reactor, 0.1, sum, numbers)
        def remote_end(self):
            reactor.callLater(0.1, reactor.stop)
    reactor.listenTCP(int(sys.argv[1]), pb.PBServerFactory(Root()))
    reactor.run()
    """
CALLER = """
    import sys
    from twisted.internet import defer, reactor, task
    from twisted.spread import pb
    async def main(reactor):
        factory = pb.PBClientFactory()
        reactor.connectTCP("localhost", int(sys.argv[1]), factory)
        root = await factory.getRootObject()
        print(await root.callRemote("add", 2, 3))
        await root.callRemote("end")
        factory.disconnect()
    task.react(lambda reactor: defer.ensureDeferred(main(reactor)))
    """
PAIRS = {
    "lines": (LINES, ASKS),
    "half closed": (STREAMS, HALF_CLOSES),
    "aborted": (ABORTS, IS_CUT),
    "flood": (FLOODS, READS_SLOWLY),
    "calls": (CALLS, CALLER),
}


@pytest.fixture
def two(tmp_path: Path) -> Two:
    """Runs two programs that are given as texts, both with the argument 8000."""

    def run(first: str, second: str, limit: float = 10.0, **options: Any) -> Together:
        one, other = (tmp_path / name for name in ("first.py", "second.py"))
        one.write_text(dedent(first))
        other.write_text(dedent(second))
        theirs = Scenario(options.pop("servers", ()), ["8000"], folder=tmp_path)
        ours = replace(theirs, **options)
        return play_both((program(one), ours), (program(other), theirs), limit=limit)

    return run


def told(both: Together) -> list[tuple[str, str, int]]:
    return [(run.how, run.stdout, run.status) for run in both.runs]


@pytest.mark.slow
@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
def test_two_programs_do_on_one_clock_what_they_do_as_real_processes(
    two: Two, pair: tuple[str, str], tmp_path: Path
) -> None:
    both = two(*pair)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    server = subprocess.Popen(
        [sys.executable, tmp_path / "first.py", port], stdout=subprocess.PIPE, text=True
    )
    try:
        for _ in range(100):
            client = subprocess.run(
                [sys.executable, tmp_path / "second.py", port],
                capture_output=True,
                text=True,
                check=False,
                timeout=20,
            )
            if "Connection" not in client.stderr:  # refused while the server starts
                break
        out, _ = server.communicate(timeout=20)
    finally:
        server.kill()
        server.wait()
    assert told(both) == [("exit", out, 0), ("exit", client.stdout, 0)]


@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
def test_they_do_the_same_in_every_run(two: Two, pair: tuple[str, str]) -> None:
    runs = [[event.to_json() for event in two(*pair).events] for _ in range(4)]
    assert runs[0] == runs[1] == runs[2] == runs[3]


def test_either_may_be_the_first(two: Two) -> None:
    assert told(two(ASKS, LINES)) == told(two(LINES, ASKS))[::-1]


def test_their_time_is_one_and_their_ports_are_the_same_on_both_sides(two: Two) -> None:
    both = two(
        """
        import socket, time
        with socket.create_server(("127.0.0.1", 8000)) as server:
            end, address = server.accept()
            print(address, time.monotonic())
            time.sleep(2.5)
            end.sendall(b"late")
        """,
        """
        import socket, time
        time.sleep(0.5)
        sock = socket.create_connection(("127.0.0.1", 8000))
        print(sock.getsockname(), sock.getpeername(), sock.recv(9), time.monotonic())
        """,
    )
    assert [run.stdout for run in both.runs] == [
        "('127.0.0.1', 50001) 0.5\n",
        "('127.0.0.1', 50001) ('127.0.0.1', 8000) b'late' 3.0\n",
    ]
    assert [event.t for event in both.events] == sorted(event.t for event in both.events)


def test_a_port_is_taken_for_both_and_refused_where_neither_listens(two: Two) -> None:
    both = two(
        """
        import socket, time
        server = socket.create_server(("127.0.0.1", 8000))
        time.sleep(1)
        server.close()
        time.sleep(1)
        """,
        """
        import errno, socket, time
        sock = socket.socket()
        for call, address in (
            (sock.bind, ("127.0.0.1", 8000)),
            (sock.connect, ("127.0.0.1", 7000)),
            (socket.create_connection, ("127.0.0.1", 8000)),
        ):
            try:
                call(address)
            except OSError as err:
                print(errno.errorcode[err.errno])
            time.sleep(0.8)
        """,
    )
    assert both.runs[1].stdout == "EADDRINUSE\nECONNREFUSED\nECONNREFUSED\n", both.runs[1].stderr


def test_who_else_is_there_is_named_and_the_signal_is_for_the_first(two: Two) -> None:
    line = "import socket; print(socket.create_connection(('127.0.0.1', 10000)).recv(9))\n"
    sleep = line + "import time; time.sleep(3)"
    both = two(sleep, sleep, servers=[script.fast(b"poem")], signals=[(1.0, "SIGINT")])
    assert [(run.stdout, run.status, run.seconds) for run in both.runs] == [
        ("b'poem'\n", -2, 1),
        ("b'poem'\n", 0, 3),
    ]


def test_both_wait_for_ever_where_each_waits_for_the_other(two: Two) -> None:
    both = two(
        "import socket; socket.create_server(('', 8000)).accept()[0].recv(1)",
        "import socket; socket.create_connection(('127.0.0.1', 8000)).recv(1)",
    )
    assert [(run.how, run.seconds) for run in both.runs] == [("waits for ever", 0)] * 2


def test_one_that_blocks_is_found_out_and_ends_the_run_of_both(two: Two) -> None:
    both = two(
        "import socket; socket.create_server(('', 8000)).accept()[0].recv(1)",
        """
        import ctypes, socket, time
        sock = socket.create_connection(("127.0.0.1", 8000))
        time.sleep(1)
        ctypes.CDLL(None).sleep(60)
        """,
    )
    assert [run.how for run in both.runs] == ["still runs", "blocks"]
    assert both.runs[0].ended == "still runs at t=1.000 s, where second.py blocks"
    assert "ctypes.CDLL(None).sleep(60) at second.py:5" in both.runs[1].ended


def test_one_that_never_waits_ends_the_run_of_both(two: Two) -> None:
    both = two(
        "import socket; socket.create_server(('', 8000)).accept()[0].recv(1)",
        """
        import socket
        socket.create_connection(("127.0.0.1", 8000)).sendall(b"x")
        while True:
            pass
        """,
        limit=0.5,
    )
    assert [run.how for run in both.runs] == ["still runs", "busy"]
    assert both.runs[0].ended == "still runs at t=0.000 s, where second.py is busy"
