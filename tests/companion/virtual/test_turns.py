"""A turn of a loop in virtual time is a turn of the real one, and its clock can't stand still."""

from typing import Any

import pytest

from companion.peers import script
from companion.peers.scenario import Scenario
from companion.virtual import run as virtual
from tests.helpers.fixtures import Play, Python

REACTORS = ["epoll", "poll", "select", "asyncio"]

# A server and three of its clients in one program: what the clients send is there when it looks.
THREE_WITH_DATA = """
    import sys
    name = sys.argv[1] if sys.argv[1:] else "epoll"
    __import__(f"twisted.internet.{name}reactor", fromlist=["install"]).install()
    import socket, time
    from twisted.internet import reactor
    from twisted.internet.protocol import Factory, Protocol

    class Teller(Protocol):
        def connectionMade(self):
            made.append(self)
            if len(made) == 3:
                reactor.callLater(0, send)

        def dataReceived(self, data):
            print("data", data.decode())
            reactor.callLater(0, timer)

    def send():
        for number in (0, 1, 2):
            clients[number].sendall(b"%d" % number)
        time.sleep(0.2)

    def timer():
        timers.append(1)
        print("timer")
        if len(timers) == 3:
            reactor.stop()

    made, timers = [], []
    port = reactor.listenTCP(0, Factory.forProtocol(Teller))
    clients = [socket.create_connection(("127.0.0.1", port.getHost().port)) for _ in range(3)]
    reactor.run()
"""


@pytest.mark.parametrize("reactor", REACTORS)
def test_all_that_is_ready_is_handed_out_in_one_turn_as_in_reality(
    reactor: str, play: Play, python: Python
) -> None:
    simulated, real = play(THREE_WITH_DATA, args=(reactor,)), python(THREE_WITH_DATA, reactor)
    words = [text.split()[0] for _, _, text in simulated.lines]
    assert words == ["data"] * 3 + ["timer"] * 3, simulated.stderr
    if reactor == "select":  # it keeps a set, whose order differs in reality from run to run
        assert sorted(real.stdout) == sorted(simulated.stdout)
        assert [line.split()[0] for line in real.stdout.splitlines()] == words
    else:
        assert simulated.stdout == real.stdout


def test_the_first_arrival_wakes_and_those_of_the_same_moment_are_there_together(
    play: Play,
) -> None:
    run = play(
        """
        import select, socket, time
        ends = [socket.create_connection(("127.0.0.1", 10000 + n)) for n in range(3)]
        for _ in range(2):
            ready, _, _ = select.select(ends, [], [])
            print([end.recv(9) for end in ready])
        time.sleep(2)
        print([end.recv(9) for end in select.select(ends, [], [])[0]])
        """,
        *[script.schedule((1, b"x"), (2, b"y"), (3, b"z"))] * 3,
    )
    assert run.stdout == "[b'x']\n[b'x', b'x']\n[b'yz', b'yz', b'yz']\n", run.stderr


def test_poll_and_select_hand_out_in_the_order_of_asking_epoll_in_that_of_arrival(
    play: Play,
    python: Python,
) -> None:
    program = """
        import select, socket, time
        pairs = [socket.socketpair() for _ in range(3)]
        ends = [pair[0] for pair in pairs]
        for number in (2, 0, 1):
            pairs[number][1].send(b"x")
        print([ends.index(end) for end in select.select(ends[::-1], [], [])[0]])
        fds = [end.fileno() for end in ends]
        for poller in (select.poll(), select.epoll()):
            for fd in fds[::-1]:
                poller.register(fd, select.POLLIN)
            print([fds.index(fd) for fd, _ in poller.poll()])
        for pair in pairs:
            pair[0].recv(1)
        print(poller.poll(0))
        for number in (2, 0, 1):
            pairs[number][1].send(b"x")
        print([fds.index(fd) for fd, _ in poller.poll()])
        """
    simulated, real = play(program), python(program)
    assert simulated.stdout == real.stdout == "[2, 1, 0]\n[2, 1, 0]\n[2, 1, 0]\n[]\n[2, 0, 1]\n"


def test_epoll_gives_no_more_than_it_is_asked_for_and_no_connection_still_to_be_made(
    play: Play,
) -> None:
    run = play(
        """
        import select, socket
        slow, pairs = socket.socket(), [socket.socketpair() for _ in range(3)]
        slow.setblocking(False)
        both, without = select.epoll(), select.epoll()
        both.register(slow)
        slow.connect_ex(("127.0.0.1", 10000))
        for end, other in pairs:
            both.register(end, select.EPOLLIN)
            without.register(end, select.EPOLLIN)
            other.send(b"x")
        for poller in (both, without):
            print([len(poller.poll(0, most)) for most in (1, 2, 3, 4)])
        """,
        script.slow_connect(script.fast(b"poem"), 5),
    )
    assert run.stdout == "[1, 2, 3, 3]\n" * 2, run.stderr


def test_a_look_between_two_waits_takes_no_time_however_many_there_are(play: Play) -> None:
    run = play(
        """
        import select, time
        for _ in range(40):
            time.sleep(1)
            select.select([], [], [], 0)
        print(time.monotonic())
        """
    )
    assert run.stdout == "40.0\n"


LOOPS = {
    "select": "select.select([end], [], [], end_of_it - now())",
    "selectors": "selector.select(end_of_it - now())",
    "sleep": "time.sleep(max(end_of_it - now(), 0))",
    "always writable select": "select.select([], [pair[0]], [], end_of_it - now())",
    "always writable selectors": "writable.select()",
    "writes for ever": "select.select([], [pair[0]], []); pair[0].send(b'x'); pair[1].recv(1)",
}


@pytest.mark.parametrize("look", LOOPS.values(), ids=LOOPS)
def test_a_deadline_comes_whatever_it_is(look: str, play: Play) -> None:
    run = play(
        f"""
        import select, selectors, socket, time
        from time import monotonic as now
        (end, other), pair = socket.socketpair(), socket.socketpair()
        selector, writable = selectors.DefaultSelector(), selectors.DefaultSelector()
        selector.register(end, selectors.EVENT_READ)
        writable.register(pair[0], selectors.EVENT_WRITE)
        for part in (3, 7, 1e9, 1e12, 3e7):
            end_of_it = now() + 1 / part
            while now() < end_of_it:
                {look}
            print(now() - end_of_it < 1e-3)
        """
    )
    assert (run.stdout, run.status) == ("True\n" * 5, 0), run.ended


def test_a_turn_ends_at_its_deadline_not_before_it(play: Play) -> None:
    run = play(
        """
        import select, socket, time
        end, other = socket.socketpair()
        early = 0
        for part in range(1, 200):
            deadline = time.monotonic() + 1 / part
            select.select([end], [], [], 1 / part)
            early += time.monotonic() < deadline
        print(early)
        """
    )
    assert run.stdout == "0\n"


def test_servers_go_on_while_a_descriptor_is_always_writable(play: Play) -> None:
    run = play(
        """
        import select, socket
        end, pair = socket.create_connection(("127.0.0.1", 10000)), socket.socketpair()
        poem = b""
        while not poem.endswith(b"end"):
            reads, _, _ = select.select([end], [pair[0]], [])
            if reads:
                poem += end.recv(10)
        print(poem.decode())
        """,
        script.schedule((0.1, b"the "), (0.3, b"end")),
    )
    assert run.stdout == "the end\n", run.ended
    assert run.seconds == pytest.approx(0.3, abs=1e-3)


LIBRARIES = {
    "asyncio": """
        import asyncio
        async def main():
            loop = asyncio.get_running_loop()
            for part in (3, 7, 1e9, 1e12):
                end = loop.time() + 1 / part
                while loop.time() < end:
                    await asyncio.sleep(end - loop.time())
            try:
                await asyncio.wait_for(asyncio.Event().wait(), 1 / 3)
            except TimeoutError:
                print("late")
        asyncio.run(main())
        """,
    "sched": """
        import sched
        scheduler = sched.scheduler()
        for part in (3, 7, 1e9, 1e12):
            scheduler.enter(1 / part, 1, lambda: None)
        scheduler.enter(1 / 3, 1, print, ("late",))
        scheduler.run()
        """,
    "trio": """
        import trio
        async def main():
            for part in (3, 7, 1e9, 1e12):
                await trio.sleep(1 / part)
            with trio.move_on_after(1 / 3):
                await trio.sleep_forever()
            print("late")
        trio.run(main)
        """,
}


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_library_s_time_outs_come(library: str, play: Play) -> None:
    pytest.importorskip(library)
    run = play(LIBRARIES[library])
    assert (run.stdout, run.status) == ("late\n", 0), run.ended + run.stderr
    assert 1 / 3 <= run.seconds < 1


@pytest.mark.parametrize("times", [3, pytest.param(100, marks=pytest.mark.slow)])
@pytest.mark.parametrize("reactor", REACTORS)
def test_connections_that_are_open_at_ctrl_c_are_lost_in_one_order(
    reactor: str, times: int, play: Play
) -> None:
    program = """
        from twisted.internet import reactor
        from twisted.internet.protocol import ClientFactory, Protocol

        class Loser(Protocol):
            def __init__(self, number):
                self.number = number

            def connectionMade(self):
                junk.append([object() for _ in range(id(self) // 64 % 50)])

            def connectionLost(self, reason):
                print("lost", self.number)

        junk = []
        for number in range(5):
            factory = ClientFactory.forProtocol(lambda number=number: Loser(number))
            reactor.connectTCP("127.0.0.1", 10000 + number, factory)
        reactor.run()
        """
    options: dict[str, Any] = {"reactor": reactor, "signals": [(2, "SIGINT")]}
    servers = [script.silence()] * 5
    outputs = {play(program, *servers, **options).stdout for _ in range(times)}
    assert outputs == {"".join(f"lost {number}\n" for number in range(5))}


@pytest.mark.parametrize("times", [3, pytest.param(100, marks=pytest.mark.slow)])
@pytest.mark.parametrize("reactor", REACTORS)
def test_clients_that_are_there_at_ctrl_c_are_lost_in_one_order(
    reactor: str, times: int, play: Play
) -> None:
    program = """
        from twisted.internet import reactor
        from twisted.internet.protocol import Factory, Protocol

        class Loser(Protocol):
            def connectionMade(self):
                self.junk = bytearray(int.from_bytes(open("/dev/urandom", "rb").read(2), "big"))
                self.factory.count += 1
                self.number = self.factory.count

            def connectionLost(self, reason):
                print("lost", self.number)

        factory = Factory.forProtocol(Loser)
        factory.count = 0
        reactor.listenTCP(10000, factory)
        reactor.run()
        """
    clients = [script.reader(at / 10) for at in range(5)]
    options: dict[str, Any] = {"reactor": reactor, "signals": [(2, "SIGINT")], "clients": clients}
    outputs = {play(program, **options).stdout for _ in range(times)}
    assert outputs == {"".join(f"lost {number}\n" for number in range(1, 6))}


@pytest.mark.parametrize("times", [3, pytest.param(100, marks=pytest.mark.slow)])
def test_tasks_of_asyncio_are_cancelled_in_one_order(times: int, play: Play) -> None:
    program = """
        import asyncio
        async def fetch(number):
            try:
                await asyncio.sleep(9)
            finally:
                print("lost", number)
        async def main():
            chance = open("/dev/urandom", "rb")
            kept = [bytearray(int.from_bytes(chance.read(2), "big")) for _ in range(99)]
            await asyncio.wait([asyncio.create_task(fetch(number)) for number in range(12)])
        asyncio.run(main())
        """
    outputs = {play(program, signals=[(2, "SIGINT")]).stdout for _ in range(times)}
    assert outputs == {"".join(f"lost {number}\n" for number in range(12))}


def test_an_end_that_is_due_with_the_answer_to_it_finds_the_connection_closed() -> None:
    clients = [script.sender(b"GET", end=True)]
    run = virtual.play(
        "fastpoetry-1.0",
        Scenario(args=["poetry/pond.txt"], clients=clients, signals=[(1, "SIGINT")]),
    )
    assert (run.how, run.clients[0].how) == ("exit", "done"), run.ended
