"""The clients with a Protocol, from part 5 on, under faults, in simulated time."""

from typing import Any

import pytest

from companion.event import Timer
from companion.peers import script
from companion.peers.scenario import Scenario
from companion.peers.script import CLOSE, UNKNOWN_HOST, Script
from companion.tutorial.poems import find_poem
from companion.virtual.run import Run, play
from tests.helpers import flood
from tests.helpers.clients import (
    CUMMINGSIFY_FAILED,
    EVERY,
    LATIN_1,
    NOT_DECODED,
    PATIENT,
    PRINTING,
    REFUSED,
    RESET,
    SOUND,
    STAGES,
    TRANSFORMING,
    UNKNOWN,
    failure,
    fetch,
    outcome,
    printed,
)

# Traditional Chinese, Japanese, Persian, Russian, Italian, Ancient Greek.
CORPUS = ["spring", "pond", "cupbearer", "loved", "evening", "midnight"]
POEM = "Nel mezzo del cammin\r\n不覺曉\t\n\n"
HALF = script.reset_at(POEM.encode(), 20)
FAULTS: dict[str, tuple[Script, str]] = {
    "refused": (script.refused(), REFUSED),
    "unknown host": (script.unknown_name(), UNKNOWN),
    "never connected": (
        script.slow_connect(script.fast(b"late"), 60),
        "User timeout caused connection failure.",
    ),
    "reset half-way": (HALF, RESET),
    "reset at once": (script.reset_at(b"", 0), RESET),
    "reset after the last byte": (script.reset_at(POEM.encode(), 1000), RESET),
    "not UTF-8": (script.fast(LATIN_1), NOT_DECODED),
    "cut inside a character": (
        script.fast("ab曉".encode()[:-1]),
        "'utf-8' codec can't decode bytes in position 2-3: unexpected end of data",
    ),
}


def host_of(server: Script) -> str:
    return UNKNOWN_HOST if server.connect == "unknown" else "127.0.0.1"


# Poems.


@pytest.mark.parametrize("num_bytes", [1, 7, 10])
@pytest.mark.parametrize("client", PRINTING)
def test_poems_in_six_scripts_arrive_to_the_byte_wherever_they_are_split(
    client: str, num_bytes: int
) -> None:
    # The first characters of each: they may be split wherever they stand.
    poems = [find_poem(name).text[: 40 if num_bytes == 1 else None] for name in CORPUS]
    servers = [script.slow(poem.encode(), num_bytes) for poem in poems]
    run = fetch(client, *servers)
    arrived = sorted(poems, key=lambda poem: -(-len(poem.encode()) // num_bytes))
    assert outcome(run) == (printed(client, *arrived), "", 0)


def test_client_2_counts_the_bytes_of_every_piece_and_every_poem() -> None:
    split = script.slow("不覺曉春眠".encode(), 10)
    run = fetch("client-2.0", split, script.fast("曉".encode()))
    got = "Task {}: got {} bytes of poetry from 127.0.0.1:{}\n"
    lines = [got.format(1, 10, 10000), got.format(2, 3, 10001), got.format(1, 5, 10000)]
    counts = "Task 1: 15 bytes of poetry\nTask 2: 3 bytes of poetry\n"
    end = "Got 2 poems in 0:00:00.200000\n"
    assert outcome(run) == ("".join(lines) + counts + end, "", 0)


@pytest.mark.parametrize("client", PRINTING)
def test_a_poem_s_line_endings_are_kept_and_an_empty_poem_is_a_poem(client: str) -> None:
    alone = fetch(client, script.fast(b""))
    assert outcome(alone) == ("\n", "", 0)
    run = fetch(client, script.slow(POEM.encode()), script.fast(b""))
    assert outcome(run) == (printed(client, "", POEM), "", 0)


@pytest.mark.parametrize("client", EVERY)
def test_the_longest_wait_is_the_whole_wait(client: str) -> None:
    run = fetch(client, *(script.slow(b"x" * 10 * tenths, 10) for tenths in (7, 30, 18)))
    assert (round(run.seconds, 3), run.status) == (3.0, 0)


# Faults.


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("client", SOUND)
def test_a_poem_that_fails_is_told_in_one_line_and_the_others_arrive(
    client: str, fault: str
) -> None:
    server, cause = FAULTS[fault]
    host = host_of(server)
    run = fetch(client, server)
    assert outcome(run) == ("", failure(client, 1, cause, host), 1)
    before, after = script.fast(b"before"), script.slow(POEM.encode(), 1, 2.0)
    run = fetch(client, before, server, after)
    text = printed(client, "before", POEM)
    assert outcome(run) == (text, failure(client, 2, cause, host), 1)


@pytest.mark.parametrize("client", [*SOUND, "client-4.0-stack"])
def test_every_fault_at_once_has_its_own_line(client: str) -> None:
    good = script.slow(POEM.encode()), script.slow(b"Late", 1, 20.0)
    servers = [server for server, _ in FAULTS.values()]
    run = fetch(client, *servers, *good)
    assert (run.stdout, run.how, run.status) == (printed(client, POEM, "Late"), "exit", 1)
    lines = [
        failure(client, number, cause, host_of(server))
        for number, (server, cause) in enumerate(FAULTS.values(), 1)
    ]
    told = run.stderr.splitlines(keepends=True)
    if client == "client-4.0-stack":
        told = [line for line in told if line[0] != " "]
    assert sorted(told) == sorted(lines)


@pytest.mark.parametrize("client", ["client-2.0", "client-2.1"])
def test_client_2_tells_what_it_can_not_connect_to_and_the_others_arrive(client: str) -> None:
    for name in ("refused", "unknown host", "never connected"):
        server, cause = FAULTS[name]
        run = fetch(client, server, script.slow(b"one\n", 1, 10.0))
        assert run.stderr == failure(client, 1, cause, host_of(server))
        assert (run.how, run.status) == ("exit", 1)
        assert ("one\n" if client == "client-2.1" else "Got 1 poems in ") in run.stdout
        assert fetch(client, server).status == 1


WRONG = {
    "0": "'0' is not a port from 1 to 65535",
    "65536": "'65536' is not a port from 1 to 65535",
    "99999": "'99999' is not a port from 1 to 65535",
    "abc": "'abc' is not a port from 1 to 65535",
    "²": "'²' is not a port from 1 to 65535",
    "localhost:": "'' is not a port from 1 to 65535",
}


@pytest.mark.parametrize("client", [*EVERY, "client-2.0-stack", "client-4.0-stack"])
def test_a_wrong_address_is_argparse_s_error_and_status_2(client: str) -> None:
    for wrong, why in WRONG.items():
        assert refusal(client, "10000", "10001", wrong) == f"argument ADDRESS: {why}"
    for host in ("a..b", "x" * 64):  # Twisted would look these up for ever
        why = f"argument ADDRESS: invalid parse_address value: '{host}:10000'"
        assert refusal(client, "10000", f"{host}:10000") == why
    if client in TRANSFORMING:
        assert refusal(client, "abc", "10000") == f"argument TRANSFORM: {WRONG['abc']}"
        assert refusal(client, "10000") == "the following arguments are required: ADDRESS"
        missing = "TRANSFORM, ADDRESS"
    else:
        missing = "ADDRESS"
    assert refusal(client) == f"the following arguments are required: {missing}"


def refusal(client: str, *args: str) -> str:
    run = play(client, Scenario(args=args, servers=[]))
    *usage, error = run.stderr.splitlines()
    assert usage[0].startswith("usage: get-poetry")
    assert (run.stdout, run.how, run.status) == ("", "exit", 2)
    return error.partition(" error: ")[2]


# Waiting, and Ctrl-C.


def interrupted(client: str, *servers: Script, at: float = 1.0, **options: Any) -> Run:
    """A run with Ctrl-C: it must end at once, and say nothing of failures."""
    run = fetch(client, *servers, signals=[(at, "SIGINT")], **options)
    assert (run.stderr, run.how, run.status) == ("", "exit", 1)
    assert run.seconds == at
    return run


WAITING = {
    "silent": script.silence(),
    "half a poem": script.schedule((0.5, b"half"), (9.0, CLOSE)),
    "half a character": script.schedule((0.5, "曉".encode()[:1]), (9.0, CLOSE)),
    "connecting": script.slow_connect(script.fast(b"late"), 20),
}


def waiting(client: str) -> list[Script]:
    """What it may wait for. That client 2 has words for a connection cut off is a flaw."""
    servers = dict(WAITING)
    if STAGES.find(client).part == 5:
        del servers["connecting"]
    return list(servers.values())


@pytest.mark.parametrize("client", PRINTING)
def test_ctrl_c_ends_a_client_that_waits_at_once_without_a_word(client: str) -> None:
    for server in waiting(client):
        assert interrupted(client, server).stdout == ""


@pytest.mark.parametrize("client", [client for client in PRINTING if client != "client-2.1"])
def test_at_ctrl_c_the_poems_that_have_arrived_are_printed_and_no_other(client: str) -> None:
    run = interrupted(client, script.fast(b"Here\n"), *waiting(client))
    assert run.stdout == printed(client, "Here\n")


def test_ctrl_c_leaves_client_2_with_the_poems_it_has() -> None:
    servers = script.fast(b"Here"), WAITING["half a poem"]
    got = "Task {0}: got 4 bytes of poetry from 127.0.0.1:1000{1}\n".format
    end = "Got 1 poems in 0:00:01\n"
    assert interrupted("client-2.0", *servers).stdout == got(1, 0) + got(2, 1) + end
    assert interrupted("client-2.1", *servers).stdout == ""


@pytest.mark.parametrize("client", PATIENT)
def test_a_silent_server_is_waited_for_and_ctrl_c_is_what_ends_it(client: str) -> None:
    run = fetch(client, script.silence())
    assert (run.how, run.stdout, run.stderr) == ("waits for ever", "", "")


# Scale.


@pytest.mark.slow
@pytest.mark.parametrize(
    "client", ["client-2.0", "client-3.1", "client-4.0", "client-8.0", "client-9.0"]
)
def test_1200_servers_at_once_all_give_their_poem(client: str) -> None:
    poems = [f"poem {number}" for number in range(1200)]
    run = fetch(client, *(script.fast(poem.encode()) for poem in poems), limit=30.0)
    assert (run.stderr, run.how, run.status) == ("", "exit", 0)
    if client == "client-2.0":
        assert "\nGot 1200 poems in " in run.stdout
    else:
        assert sorted(run.stdout.splitlines()) == sorted(poems)


@pytest.mark.parametrize("client", EVERY)
def test_a_piece_costs_no_more_at_the_end_of_4_megabytes_than_at_the_start(client: str) -> None:
    run = fetch(
        client,
        script.schedule((0.0, flood.MARK)),
        transform=script.refused(),
        choices=["bug"],
        probe="tests.helpers.flood:begin",
        limit=20.0,
    )
    assert (run.stderr, run.how, run.status) == ("", "exit", 0)
    start, half, end = (event.delay for event in run.of(Timer))
    assert end - half < 2 * (half - start)
    if client != "client-2.0":
        assert run.stdout.removeprefix(CUMMINGSIFY_FAILED) == f"{flood.POEM}\n"
