"""The player by itself, on a clock and a connection that are made for the test."""

import errno
import heapq
import itertools
from collections.abc import Callable

import pytest
from twisted.internet.error import ConnectError, ConnectionRefusedError
from twisted.python.failure import Failure

from companion.event import ConnectionEnd
from companion.peers import script
from companion.peers.clients import why_not
from companion.peers.playing import ClientPlayer, Player, Server, ServerPlayer
from companion.peers.script import CLOSE, END, RESET, Client


class Board(Player):
    """Does nothing but note what it is told to do, with the time."""

    def __init__(self) -> None:
        self.time = 0.0
        self.numbers = itertools.count()
        self.due: list[tuple[float, int, Callable[[], object]]] = []
        self.did: list[tuple[float, object]] = []
        self.full = False

    def now(self) -> float:
        return self.time

    def at(self, t: float, call: Callable[[], object]) -> None:
        heapq.heappush(self.due, (max(t, self.time), next(self.numbers), call))

    def send(self, data: bytes) -> None:
        self.did.append((self.time, data))
        if not self.full:
            self.go_on()

    def end_sending(self) -> None:
        self.did.append((self.time, END))

    def finish(self, how: ConnectionEnd) -> None:
        self.how = how
        self.did.append((self.time, how))

    def run(self, until: float = 100.0) -> list[tuple[float, object]]:
        while self.due and self.due[0][0] <= until:
            self.time, _, call = heapq.heappop(self.due)
            call()
        return self.did


class ServerBoard(Board, ServerPlayer):
    def __init__(self, server: Server) -> None:
        super().__init__()
        self.server = server

    def finish(self, how: ConnectionEnd) -> None:
        super().finish(how)
        self.server.ended(self)


class ClientBoard(Board, ClientPlayer):
    def __init__(self, client: Client) -> None:
        Board.__init__(self)
        ClientPlayer.__init__(self, client, 1)

    def rest(self, resting: bool) -> None:
        self.did.append((self.time, "rests" if resting else "reads"))


@pytest.mark.parametrize(("action", "how"), [(CLOSE, "done"), (RESET, "reset")])
def test_steps_are_taken_at_their_times_and_none_after_the_end(action: str, how: str) -> None:
    board = Board()
    board.play([(0.0, b"a"), (0.5, END), (2.0, action), (3.0, b"never")], wait=1.0)  # type: ignore[list-item]
    assert board.run() == [(1.0, b"a"), (1.5, END), (3.0, how)]


def test_steps_whose_time_has_passed_follow_at_once_when_there_is_room_again() -> None:
    board = Board()
    board.full = True
    board.play([(0.0, b"a"), (1.0, b"b"), (2.0, b"c"), (9.0, CLOSE)])
    board.run()
    board.time, board.full = 5.0, False
    board.go_on()
    assert board.run() == [(0.0, b"a"), (5.0, b"b"), (5.0, b"c"), (9.0, "done")]


def test_a_connection_that_has_ended_from_the_other_side_takes_no_step() -> None:
    board = Board()
    board.play([(1.0, b"a")])
    board.how = "left"
    assert board.run() == []


def test_one_at_a_time_the_others_wait_in_their_order_and_one_that_leaves_is_passed_over() -> None:
    server = Server(1, script.slow(b"ab", 1, 1.0))
    first, leaves, last = (ServerBoard(server) for _ in range(3))
    for board in (first, leaves, last):
        server.accept(board)
    server.ended(leaves)
    assert first.run() == [(0.0, b"a"), (1.0, b"b"), (2.0, "done")]
    assert leaves.run() == []
    assert [did for _, did in last.run()] == [b"a", b"b", "done"]


def test_a_server_that_is_not_one_at_a_time_takes_up_all() -> None:
    server = Server(1, script.fast(b"poem"))
    for board in (ServerBoard(server), ServerBoard(server)):
        server.accept(board)
        assert board.run() == [(0.0, b"poem"), (0.0, "done")]


def test_an_answer_is_given_once_to_all_that_has_come_and_its_time_counts_from_then() -> None:
    answer = [(0.5, b"answer")]
    one = script.Script(answer=lambda received: answer if received.startswith(b"ask") else None)
    board = ServerBoard(Server(1, one))
    board.begin()
    board.take_in(b"a")
    board.time = 3.0
    board.take_in(b"sk")
    board.take_in(b"sk")
    assert board.run() == [(3.5, b"answer")]


def test_a_client_rests_after_each_read_and_leaves_when_it_has_enough() -> None:
    board = ClientBoard(Client(num_bytes=4, every=2.0, leave_at=6))
    assert board.wants == 4
    board.take_in(b"abcd")
    assert board.wants == 2
    board.run()
    board.take_in(b"ef")
    assert board.run() == [(0.0, "rests"), (2.0, "reads"), (2.0, "left")]


def test_a_client_that_closes_leaves_and_one_that_never_reads_wants_nothing() -> None:
    board = ClientBoard(script.leaver(after=1.5))
    board.play(board.client.steps)
    assert board.run() == [(1.5, "left")]
    assert ClientBoard(script.deaf()).wants == 0


def test_a_reset_before_the_connection_was_seen_made_is_no_refusal() -> None:
    assert why_not(Failure(ConnectError(errno.ECONNRESET))) == "reset"
    assert why_not(Failure(ConnectionRefusedError(errno.ECONNREFUSED))) == "refused"
