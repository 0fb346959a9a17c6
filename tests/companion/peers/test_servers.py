"""Scripted servers on real sockets: what they send, when, and what they tell of it."""

import time
from dataclasses import replace
from typing import Any

import pytest
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionLost, ConnectionRefusedError
from twisted.internet.protocol import ClientFactory, Protocol, connectionDone
from twisted.internet.task import deferLater
from twisted.internet.tcp import Client
from twisted.python.failure import Failure

from companion.peers import script
from companion.peers.script import CLOSE, Script
from companion.peers.servers import ScriptedServer

POEM = "床前明月光，疑是地上霜。\n".encode()
Told = list[tuple[str, dict[str, Any]]]


class Reader(Protocol):
    """A client that keeps everything; `ended` fires with why the connection ended."""

    transport: Client

    def __init__(self) -> None:
        self.chunks: list[bytes] = []
        self.connected_now: Deferred[None] = Deferred()
        self.ended: Deferred[BaseException | None] = Deferred()

    @property
    def data(self) -> bytes:
        return b"".join(self.chunks)

    def connectionMade(self) -> None:
        self.connected_now.callback(None)

    def dataReceived(self, data: bytes) -> None:
        self.chunks.append(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.ended.callback(reason.value)


class ReaderFactory(ClientFactory):
    noisy = False

    def __init__(self) -> None:
        self.reader = Reader()

    def buildProtocol(self, addr: object) -> Reader:
        return self.reader

    def clientConnectionFailed(self, connector: object, reason: Failure) -> None:
        self.reader.ended.callback(reason.value)


def connect(server: ScriptedServer) -> Reader:
    factory = ReaderFactory()
    reactor.connectTCP("127.0.0.1", server.port, factory)
    return factory.reader


class Stand:
    """A server and what it has told."""

    def __init__(self, one: Script, lane: int = 1) -> None:
        self.told: Told = []
        self.server = ScriptedServer(one, lane, self.emit)
        self.server.listen()

    def emit(self, kind: str, fields: dict[str, Any]) -> None:
        self.told.append((kind, fields))

    @property
    def kinds(self) -> list[str]:
        return [kind for kind, _ in self.told]

    @property
    def sent(self) -> int:
        return sum(fields["bytes"] for kind, fields in self.told if kind == "sent")

    async def until(self, kind: str, times: int = 1) -> None:
        while self.kinds.count(kind) < times:
            await deferLater(reactor, 0.002)


async def test_a_poem_arrives_in_its_pieces_and_each_is_told() -> None:
    stand = Stand(replace(script.slow(POEM, 10, 0.02), poem="moonlight"), lane=7)
    reader = connect(stand.server)
    await reader.ended
    await stand.until("taken")
    peer = stand.told[0][1].pop("port")
    assert peer > 0
    assert stand.told == [
        ("open", {"lane": 7, "poem": "moonlight", "size": 37}),
        *[("sent", {"lane": 7, "bytes": size}) for size in (10, 10, 10, 7)],
        ("close", {"lane": 7, "how": "done"}),
        ("taken", {"lane": 7}),
    ]
    assert reader.data == POEM
    await stand.server.stop()


async def test_a_step_is_never_early_and_a_delay_is_made_up_for() -> None:
    times: list[float] = []
    stand = Stand(script.slow(b"x" * 20, 1, 0.02))
    begin = 0.0

    def emit(kind: str, fields: dict[str, Any]) -> None:
        nonlocal begin
        stand.emit(kind, fields)
        if kind == "open":
            begin = time.monotonic()
        elif kind == "sent":
            times.append(time.monotonic() - begin)
            if len(times) == 2:
                time.sleep(0.2)  # nothing else is done meanwhile, in this one thread

    stand.server.emit = emit
    await connect(stand.server).ended
    late = [t - number * 0.02 for number, t in enumerate(times)]
    assert len(late) == 20
    assert min(late) > -0.001
    assert late[2] > 0.15
    assert min(late[3:]) < 0.1  # not the last: another program may delay any one
    await stand.server.stop()


async def test_one_client_at_a_time_is_served_in_the_order_of_arrival() -> None:
    stand = Stand(script.slow(b"abcd", 2, 0.02))
    first, second = connect(stand.server), connect(stand.server)
    await first.ended
    await second.ended
    assert first.data == second.data == b"abcd"
    ended = [place for place, kind in enumerate(stand.kinds) if kind == "close"]
    assert stand.kinds[: ended[0]].count("sent") == 2
    await stand.server.stop()


async def test_a_client_that_leaves_the_queue_is_forgotten() -> None:
    stand = Stand(script.slow(b"abcdef", 2, 0.03))
    first, second, third = (connect(stand.server) for _ in range(3))
    await stand.until("open", 3)
    second.transport.abortConnection()
    await first.ended
    await third.ended
    assert (first.data, second.data, third.data) == (b"abcdef", b"", b"abcdef")
    await stand.server.stop()


async def test_a_client_that_leaves_early_is_told_as_left() -> None:
    stand = Stand(script.slow(b"x" * 100, 1, 0.01))
    reader = connect(stand.server)
    await stand.until("sent", 3)
    reader.transport.abortConnection()
    await stand.until("close")
    assert stand.told[-1] == ("close", {"lane": 1, "how": "left"})
    assert stand.sent < 100
    await stand.server.stop()


async def test_a_client_that_leaves_a_sent_poem_unread_has_lost_it() -> None:
    stand = Stand(script.fast(POEM))
    reader = connect(stand.server)
    await reader.connected_now
    reader.transport.pauseProducing()
    await stand.until("close")
    reader.transport.abortConnection()
    await stand.until("lost")
    assert stand.kinds == ["open", "sent", "close", "lost"]
    await stand.server.stop()


async def test_a_client_that_closes_its_sending_side_gets_its_poem() -> None:
    stand = Stand(script.slow(POEM, 10, 0.01))
    reader = connect(stand.server)
    await reader.connected_now
    reader.transport.loseWriteConnection()
    await reader.ended
    assert reader.data == POEM
    await stand.until("taken")
    await stand.server.stop()


async def test_a_reset_is_a_reset() -> None:
    stand = Stand(script.reset_at(POEM, 20, 10, 0.01))
    reader = connect(stand.server)
    assert isinstance(await reader.ended, ConnectionLost)
    assert stand.told[-1] == ("close", {"lane": 1, "how": "reset"})
    assert stand.sent == 20
    await stand.server.stop()


@pytest.mark.parametrize("one", [script.refused(), script.unknown_name()])
async def test_a_refused_port_is_kept_and_refuses(one: Script) -> None:
    stand = Stand(one)
    assert stand.server.port > 0
    assert isinstance(await connect(stand.server).ended, ConnectionRefusedError)
    assert stand.told == []
    await stand.server.stop()


async def test_what_the_kernel_has_no_room_for_is_not_told_as_sent() -> None:
    size = 24 << 20
    stand = Stand(script.fast(b"\xe5" * size))
    reader = connect(stand.server)
    await reader.connected_now
    reader.transport.pauseProducing()
    await deferLater(reactor, 0.1)
    assert 0 < stand.sent < size
    assert "close" not in stand.kinds
    reader.transport.resumeProducing()
    await reader.ended
    assert (len(reader.data), stand.sent) == (size, size)
    await stand.until("taken")
    await stand.server.stop()


@pytest.mark.parametrize(("data", "delay"), [(b"la " * 20000, 0.0001), (b"x", 0.0)])
async def test_an_endless_server_leaves_the_others_their_time(data: bytes, delay: float) -> None:
    endless = ScriptedServer(script.endless(data, delay))
    slow = ScriptedServer(script.slow(POEM, 10, 0.02))
    for server in (endless, slow):
        server.listen()
    loud, quiet = connect(endless), connect(slow)
    begin = time.monotonic()
    await quiet.ended
    assert quiet.data == POEM
    assert loud.data
    assert time.monotonic() - begin < 2
    loud.transport.abortConnection()
    await loud.ended
    await endless.stop()
    await slow.stop()


async def test_an_answer_is_given_once_its_request_is_whole() -> None:
    stand = Stand(script.transform())
    reader = connect(stand.server)
    await reader.connected_now
    for piece in (b"16:cummingsi", b"fy.MOON"):
        reader.transport.write(piece)
        await deferLater(reactor, 0.01)
    assert reader.data == b""
    reader.transport.write(b",")
    await reader.ended
    assert reader.data == b"4:moon,"
    await stand.server.stop()


async def test_stop_cuts_what_is_open_and_says_nothing_of_it() -> None:
    stand = Stand(script.silence())
    reader = connect(stand.server)
    await stand.until("open")
    await stand.server.stop()
    assert isinstance(await reader.ended, ConnectionLost)
    assert stand.kinds == ["open"]


async def test_steps_that_end_without_a_close_leave_the_connection_open() -> None:
    stand = Stand(script.schedule((0.0, b"so far")))
    reader = connect(stand.server)
    await stand.until("sent")
    await deferLater(reactor, 0.05)
    assert not reader.ended.called
    assert CLOSE not in stand.kinds
    await stand.server.stop()
    await reader.ended
