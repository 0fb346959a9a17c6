"""Part 4: the reactor instead of the select loop, and a doRead that blocks."""

import re

import pytest

from companion.peers.scenario import Scenario
from companion.peers.script import (
    fast,
    silence,
    slow_connect,
)
from companion.virtual.run import play
from tests.helpers.early_clients import (
    one_connection_after_another,
)

CLIENTS = ("client-1.0", "client-1.0-broken")
each_client = pytest.mark.parametrize("client", CLIENTS)


def test_client_1_prints_what_the_select_client_prints() -> None:
    selecting, reactor = play("async-client"), play("client-1.0")
    assert reactor.stdout == selecting.stdout
    assert (reactor.status, reactor.stderr) == (0, "")
    assert reactor.lines == selecting.lines
    assert reactor.seconds == pytest.approx(10.1)


@pytest.mark.parametrize("reactor", ["epoll", "poll", "select", "asyncio"])
def test_client_1_is_the_same_on_every_reactor(reactor: str) -> None:
    expected = play("client-1.0").stdout.splitlines()
    run = play("client-1.0", Scenario(reactor=reactor))
    assert sorted(run.stdout.splitlines()) == sorted(expected)
    assert run.seconds == pytest.approx(10.1, abs=0.01)


def test_the_broken_client_prints_a_line_a_poem_and_yet_takes_the_longest_wait() -> None:
    run = play("client-1.0-broken")
    assert (run.status, run.stderr) == (0, "")
    assert run.stdout == (
        """\
Task 1: got 3003 bytes of poetry from 127.0.0.1:10000
Task 2: got 620 bytes of poetry from 127.0.0.1:10001
Task 3: got 657 bytes of poetry from 127.0.0.1:10002
Task 1: 3003 bytes of poetry
Task 2: 620 bytes of poetry
Task 3: 657 bytes of poetry
Got 3 poems in 0:00:10.100000
"""
    )
    assert [round(t, 3) for t, _, _ in run.lines] == [10.1] * 7


@each_client
def test_an_empty_poem_is_a_poem(client: str) -> None:
    run = play(client, Scenario(servers=[fast(b""), fast(b"x")]))
    assert (run.status, run.stderr) == (0, "")
    assert run.stdout.endswith(
        "Task 1: 0 bytes of poetry\nTask 2: 1 bytes of poetry\nGot 2 poems in 0:00:00\n"
    )


@each_client
def test_a_server_that_says_nothing_is_waited_for(client: str) -> None:
    run = play(client, Scenario(servers=[fast(b"x"), silence()]))
    assert run.how == "waits for ever"
    assert "poems in" not in run.stdout


@each_client
def test_it_connects_to_one_server_after_another(client: str) -> None:
    waiting = [slow_connect(fast(b"x"), 2.0), slow_connect(fast(b"x"), 3.0)]
    assert play(client, Scenario(servers=waiting)).seconds == pytest.approx(5.0)


def test_ctrl_c_ends_client_1_at_once_and_no_poem_counts() -> None:
    run = play("client-1.0", Scenario(signals=[(3.0, "SIGINT")]))
    assert (run.status, run.seconds, run.stderr) == (1, 3.0, "")
    assert run.stdout.endswith("Got 0 poems in 0:00:03\n")
    assert "finished" not in run.stdout


def test_ctrl_c_leaves_client_1_the_poems_that_were_whole() -> None:
    run = play("client-1.0", Scenario(signals=[(6.4, "SIGINT")]))
    assert (run.status, run.seconds, run.stderr) == (1, 6.4, "")
    assert run.stdout.endswith("Task 2: 620 bytes of poetry\nGot 1 poems in 0:00:06.400000\n")


def test_the_reactor_watches_more_poems_than_select_can() -> None:
    run = one_connection_after_another("client-1.0", 1200, descriptors=1300)
    assert (run.returncode, run.stderr) == (0, "")
    assert re.search(r"^Got 1200 poems in ", run.stdout, re.MULTILINE)


def test_the_broken_client_works_as_a_true_process_where_poems_come_at_once() -> None:
    run = one_connection_after_another("client-1.0-broken", 3, descriptors=100)
    assert (run.returncode, run.stderr) == (0, "")
    lines = run.stdout.splitlines()
    assert all(
        re.fullmatch(r"Task \d: got 6 bytes of poetry from 127.0.0.1:\d+", line)
        for line in lines[:3]
    )
    assert lines[3:6] == [f"Task {number}: 6 bytes of poetry" for number in (1, 2, 3)]
    assert re.fullmatch(r"Got 3 poems in 0:00:00\.\d+", lines[6])
