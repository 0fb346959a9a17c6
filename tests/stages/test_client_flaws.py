"""The flaws that the clients are taught from: each that stands on the map is shown by a test."""

import importlib
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable
from typing import TypeVar

import pytest

from companion.peers import script
from companion.tutorial.stages import ROOT, Stage
from tests.helpers import flood, native, outputs
from tests.helpers.clients import (
    LATIN_1,
    PRINTING,
    STAGES,
    TRANSFORMING,
    failure,
    fetch,
    outcome,
    printed,
)
from tests.helpers.processes import catches_sigterm, eventually

Test = TypeVar("Test", bound=Callable[..., None])
FLAWED = [stage for stage in STAGES.stages if stage.kind == "client" and stage.flaw]
HALF = b"a poem in two halves"
CUT = script.reset_at(HALF * 2, len(HALF))
# Which test shows what, by stage and words of its flaw; the first are in other files.
SHOWN: dict[tuple[str, str], str] = {
    (
        "erlang-client-1",
        "A connection that can't be made, or is lost, crashes its process: a crash report "
        "(badmatch, econnrefused) is printed besides the line that tells what failed",
    ): "test_part_20.test_as_printed_a_refused_port_crashes_its_process_and_the_other_poem_arrives",
    (
        "haskell-client-1",
        "The main thread connects to one server after another, so a refused port or an unknown "
        "host ends the program and every poem with it",
    ): "test_part_21.test_client_1_ends_with_all_its_poems_at_a_refused_port",
    (
        "haskell-client-2",
        "A poem is read only when its turn comes, so one that never ends keeps those after it "
        "waiting",
    ): "test_part_21.test_client_2_keeps_poems_waiting_behind_one_that_does_not_end",
}
for name in ("haskell-client-1", "haskell-client-2"):
    words = (
        "built as printed, without -threaded, it can't have more than about 1,000 connections, "
        "since GHC's runtime waits in select"
    )
    SHOWN[name, words] = "test_part_21.test_ghcs_select_bears_no_more_than_1024_descriptors"
    words = "A poem that is not UTF-8 is printed as it came, with status 0"
    SHOWN[name, words] = "test_part_21.test_a_poem_is_printed_to_the_byte_in_any_locale"


def shows(stage: str, words: str) -> Callable[[Test], Test]:
    """Mark a test that shows the flaw that the map has in these words."""

    def mark(test: Test) -> Test:
        SHOWN[stage, words] = f"{test.__module__}.{test.__name__}"
        return test

    return mark


def shown_in(stages: Iterable[str], words: str) -> Callable[[Test], Test]:
    """Mark a test that shows a flaw that the map has in these words of each of the stages."""

    def mark(test: Test) -> Test:
        for stage in stages:
            shows(stage, words)(test)
        return test

    return mark


def with_flaw(words: str, *kinds: str) -> list[str]:
    """The stages of these kinds that have it on the map."""
    flawed = (one for one in STAGES.stages if one.kind in kinds and one.flaw)
    return [stage.id for stage in flawed if words in stage.flaw["en"]]


# Every end of a connection is trusted.


@shows(
    "client-1.0",
    "it trusts every end of a connection, so a poem cut short by a reset counts as whole",
)
@shows("client-1.0-broken", "every end of a connection is trusted")
@shows(
    "client-2.0",
    "It trusts every end of a connection: a poem cut short by a reset counts as whole",
)
@pytest.mark.parametrize("client", ["client-1.0", "client-1.0-broken", "client-2.0"])
def test_a_poem_cut_short_by_a_reset_is_counted_as_whole(client: str) -> None:
    run = fetch(client, CUT)
    stdout, stderr, status = outcome(run)
    assert stdout.endswith("Task 1: 20 bytes of poetry\nGot 1 poems in 0:00:00.200000\n")
    assert (stderr, status) == ("", 0)


@shows("client-2.1", "It trusts every end of a connection")
@shows("client-3.0", "it trusts every end of a connection")
@pytest.mark.parametrize("client", ["client-2.1", "client-3.0"])
def test_a_poem_cut_short_by_a_reset_is_printed_as_whole(client: str) -> None:
    assert outcome(fetch(client, CUT)) == (f"{HALF.decode()}\n", "", 0)


# What fails is not dealt with.


@shows(
    "client-1.0",
    "A refused port or an unknown host crashes it with a traceback and loses the other poems",
)
@shows("client-1.0-broken", "as in client 1.0 a refused port or an unknown host crashes it")
@pytest.mark.parametrize("client", ["client-1.0", "client-1.0-broken"])
@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (script.refused(), "ConnectionRefusedError: [Errno 111] Connection refused"),
        (script.unknown_name(), "socket.gaierror: [Errno -2] Name or service not known"),
    ],
    ids=["refused", "unknown host"],
)
def test_who_can_t_be_reached_crashes_client_1_and_the_other_poem_is_lost(
    client: str, fault: script.Script, error: str
) -> None:
    stdout, stderr, status = outcome(fetch(client, script.fast(b"lost"), fault))
    assert stderr.startswith("Traceback (most recent call last):\n")
    assert stderr.endswith(f"\n{error}\n")
    assert (stdout, status) == ("", 1)


@shows("client-2.1", "a poem that is not UTF-8 is never counted, so it waits for ever")
@pytest.mark.parametrize("client", ["client-2.1", "client-3.0"])
def test_a_poem_that_is_not_utf_8_is_waited_for_for_ever(client: str) -> None:
    run = fetch(client, script.fast(LATIN_1), script.fast(b"good"))
    assert (run.how, run.stdout) == ("waits for ever", "")
    last = run.stderr.splitlines()[-2:]
    assert last[0].startswith("builtins.UnicodeDecodeError: 'utf-8' codec can't decode byte 0xe9")


@shows(
    "client-3.0",
    "A download that fails calls nobody back, so on a refused port, or for a poem that is not "
    "UTF-8, it waits for ever",
)
@pytest.mark.parametrize("fault", [script.refused(), script.unknown_name(), script.fast(LATIN_1)])
def test_a_download_that_fails_leaves_client_3_waiting_for_ever(fault: script.Script) -> None:
    run = fetch("client-3.0", fault, script.fast(b"good"))
    assert (run.how, run.stdout) == ("waits for ever", "")
    # Only Ctrl-C brings out what has arrived.
    run = fetch("client-3.0", fault, script.fast(b"good"), signals=[(3.0, "SIGINT")])
    assert (run.how, run.stdout, run.status) == ("exit", "good\n", 1)


@shows("client-2.0", "Ctrl-C while it connects is told as a failure")
@shows("client-2.1", "Ctrl-C while it connects is told as a failure")
@pytest.mark.parametrize("client", ["client-2.0", "client-2.1"])
def test_ctrl_c_while_client_2_connects_is_told_as_a_failure(client: str) -> None:
    late = script.slow_connect(script.fast(b"late"), 20)
    run = fetch(client, late, signals=[(1.0, "SIGINT")])
    assert run.stderr.startswith(failure(client, 1, "An error occurred while connecting")[:-1])
    assert (run.how, run.status, run.seconds) == ("exit", 1, 1.0)


# Order and waiting.


@shows("client-2.0", "Task numbers follow the order in which connections are made")
def test_client_2_numbers_its_tasks_in_the_order_in_which_connections_are_made() -> None:
    late = script.slow_connect(script.fast(b"first"), 5)
    stdout, _, _ = outcome(fetch("client-2.0", late, script.fast(b"second one")))
    assert stdout.splitlines()[:2] == [
        "Task 1: got 10 bytes of poetry from 127.0.0.1:10001",
        "Task 2: got 5 bytes of poetry from 127.0.0.1:10000",
    ]


@shows("async-client", "Connects to one server after another, and each connect blocks")
def test_the_asynchronous_client_adds_up_the_waits_for_connections() -> None:
    late = [script.slow_connect(script.fast(b"late"), wait) for wait in (3, 4)]
    run = fetch("async-client", *late, script.slow(b"early", 1))
    assert (run.seconds, run.status) == (7.5, 0)
    assert fetch("client-2.0", *late, script.slow(b"early", 1)).seconds == 4.0


@shows(
    "client-1.0-broken",
    "Its sockets block, so doRead holds the reactor until its poem has ended: no interleaving",
)
@shows("client-1.0-broken", "Ctrl-C is heard only between two poems")
def test_the_broken_client_holds_the_reactor_until_its_poem_has_ended() -> None:
    poems = script.slow(b"slow " * 10), script.slow(b"fast")
    line = "Task {}: got {} bytes of poetry from 127.0.0.1:{}"
    told = [(0.5, line.format(1, 50, 10000)), (0.5, line.format(2, 4, 10001))]
    run = fetch("client-1.0-broken", *poems)
    assert [(t, text) for t, _, text in run.lines][:2] == told
    run = fetch("client-1.0-broken", *poems, signals=[(0.2, "SIGINT")])
    assert run.lines[0] == (0.5, "stdout", told[0][1])
    assert (run.seconds, run.status, run.stderr) == (0.5, 1, "")


# A server that never stops.


def tasks_beside_a_flood(client: str) -> list[str]:
    """What it prints beside a flood, with a poem that is there from the first."""
    servers = script.schedule((0.0, flood.MARK)), script.fast(b"calm")
    stdout, stderr, status = outcome(fetch(client, *servers, probe="tests.helpers.flood:begin"))
    assert (stderr, status) == ("", 0)
    return stdout.splitlines()


@shows(
    "async-client",
    "a server that never stops sending starves the others, since a socket is read until it is "
    "empty",
)
@shows("client-1.0", "a server that never stops sending starves the others")
@pytest.mark.parametrize("client", ["async-client", "client-1.0"])
def test_who_reads_a_socket_until_it_is_empty_starves_the_other_poems(client: str) -> None:
    size = len(flood.POEM)
    first = tasks_beside_a_flood(client)[0]
    assert first == f"Task 1: got {size} bytes of poetry from 127.0.0.1:10000"


def test_client_2_goes_back_to_the_reactor_after_each_piece_of_a_flood() -> None:
    size = len(flood.PIECE)
    piece = f"Task 1: got {size} bytes of poetry from 127.0.0.1:10000"
    assert tasks_beside_a_flood("client-2.0").count(piece) == flood.PIECES


@pytest.mark.parametrize("client", [client for client in PRINTING if client != "client-2.1"])
def test_one_that_never_ends_takes_no_time_from_a_slow_one_and_ctrl_c_ends_it(client: str) -> None:
    slow = script.slow(b"slow poem\n", 2)
    run = fetch(client, script.endless(), slow, signals=[(1.0, "SIGINT")])
    assert outcome(run) == (printed(client, "slow poem\n"), "", 1)
    assert run.seconds == 1.0
    when = 0.5 if STAGES.find(client).part >= 10 else 1.0
    assert run.lines[0][0] == when


# What it prints.

COUNTING = [
    *("blocking-client", "async-client", "client-1.0", "client-1.0-broken", "client-2.0"),
    *("threaded-client", "asyncio-client"),
]


@shown_in(
    COUNTING,
    "Where its output is gone (a full disk, or a reader that has left, as head does), it prints "
    "an exception",
)
@pytest.mark.parametrize("probe", [outputs.FULL, outputs.LEFT])
@pytest.mark.parametrize("client", COUNTING)
def test_who_counts_bytes_to_nobody_prints_an_exception_and_does_not_hang(
    client: str, probe: str
) -> None:
    poems = script.slow(b"short poem"), script.slow(b"another, longer one")
    run = fetch(client, *poems, probe=probe)
    assert run.how == "exit", run.ended
    assert re.search(r"\b(BrokenPipe|OS)Error: \[Errno ", run.stderr)


@shown_in(
    ["client-2.0", "client-2.1", "client-3.1"],
    "A failure that standard error can't take is counted twice, so another poem is lost",
)
@pytest.mark.parametrize("client", ["client-2.0", "client-2.1", "client-3.1"])
def test_a_failure_that_can_t_be_told_is_counted_twice(client: str) -> None:
    run = fetch(client, script.refused(), script.slow(b"lost"), probe=outputs.ERRORS_FULL)
    assert (run.how, run.status, run.seconds) == ("exit", 1, 0.0)
    assert "lost" not in run.stdout
    assert "4 bytes" not in run.stdout


# Silence, and the end.


@shown_in(
    ["client-6.0", "client-7.0", "client-8.0"],
    "A transform server that accepts and never answers is waited for without end",
)
@pytest.mark.parametrize("client", ["client-6.0", "client-7.0", "client-8.0"])
def test_a_transform_server_that_never_answers_is_waited_for_for_ever(client: str) -> None:
    run = fetch(client, script.fast(b"good"), transform=script.silence())
    assert (run.how, run.stdout, run.stderr) == ("waits for ever", "", "")


@shown_in(
    ["client-1.0", "client-1.0-broken"],
    "It connects before the reactor runs, and a server that never accepts blocks it",
)
@pytest.mark.parametrize("client", ["client-1.0", "client-1.0-broken"])
def test_client_1_is_blocked_by_a_server_that_does_not_accept(client: str) -> None:
    late = script.slow_connect(script.fast(b"late"), 60)
    run = fetch(client, late, script.fast(b"early"))
    assert run.lines[0][0] == 60.0


@shows(
    "client-2.0-stack",
    "It ends with status 0 at the first data, although another poem may have failed",
)
def test_client_2_with_a_stack_trace_forgets_a_poem_that_failed() -> None:
    run = fetch("client-2.0-stack", script.refused(), script.slow(b"a poem"))
    assert (run.how, run.status) == ("exit", 0)
    assert run.stderr.startswith(f"Failed to connect to 127.0.0.1:{script.FIRST_PORT}: ")


TOO_MANY = (
    "With more addresses than descriptors Twisted prints a traceback before the lines that tell "
    "what failed"
)
MANY = with_flaw(TOO_MANY, "client")


@shown_in(MANY, TOO_MANY)
@pytest.mark.slow
@pytest.mark.parametrize("client", MANY)
def test_more_addresses_than_descriptors_bring_a_traceback_first(client: str) -> None:
    waits = "timeout -s KILL 5" if client == "client-3.0" else ""  # it waits for what has failed
    with native.serving(*[script.refused()] * 20) as ports:
        words = waits, sys.executable, str(STAGES.find(client).file), *ports
        _, _, stderr = native.run(["bash", "-c", f"ulimit -n 15; exec {' '.join(words)}"])
    assert stderr.startswith("While calling system event trigger handler\nTraceback")
    rest = stderr.split("OSError: [Errno 24] Too many open files\n\n")[1].splitlines()
    # Client 3.0 tells of no failure; the first address of others is the transform server's.
    assert len(rest) == (0 if client == "client-3.0" else 20 - (client in TRANSFORMING))


TWICE = "Ctrl-C twice in quick succession makes Twisted print ReactorNotRunning"
REACTORS = with_flaw(TWICE, "client")
SERVERS = with_flaw("ReactorNotRunning", "server", "proxy")


@shown_in(REACTORS, TWICE)
@pytest.mark.slow
@pytest.mark.parametrize("stage", [*REACTORS, *SERVERS])
def test_two_signals_at_once_stop_the_reactor_twice(stage: str) -> None:
    with native.serving(script.silence(), script.silence()) as ports:
        args = {"fastpoetry-1.0": ["poetry/pond.txt"], "transform-server": []}.get(stage, ports)
        args = args[:1] if stage in SERVERS else args
        command = [sys.executable, STAGES.find(stage).path, *args]
        with subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            assert eventually(lambda: catches_sigterm(process.pid))
            # Two presses of a key may fall together; two signals wait for it side by side.
            for number in (signal.SIGSTOP, signal.SIGINT, signal.SIGTERM, signal.SIGCONT):
                process.send_signal(number)
            _, stderr = process.communicate(timeout=10)
    assert stderr.endswith("ReactorNotRunning: Can't stop reactor that isn't running.\n\n")


# The list.


@pytest.mark.parametrize("stage", FLAWED, ids=lambda stage: stage.id)
def test_every_flaw_on_the_map_is_shown_by_a_test_that_names_it(stage: Stage) -> None:
    told = [words for name, words in SHOWN if name == stage.id]
    rest = stage.flaw["en"]
    for words in told:
        assert words in rest, "the map has it in other words now"
        rest = rest.replace(words, "", 1)
    assert not re.findall(r"\b(?!and\b)\w+", rest), f"no test shows: {rest}"


def test_the_tests_that_show_flaws_exist() -> None:
    for (_, words), place in SHOWN.items():
        module, test = place.split(".")[-2:]
        assert callable(getattr(importlib.import_module(f"tests.stages.{module}"), test, None)), (
            words
        )
