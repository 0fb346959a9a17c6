"""Part 22: threads, asyncio, and client 9.0."""

import subprocess
import sys
import time
from pathlib import Path

import pytest
from twisted.internet.error import ConnectionDone
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure

from companion.event import Close
from companion.peers import script
from companion.peers.scenario import Scenario
from companion.peers.script import Script, answering, fast, reset_at, slow
from companion.tutorial.stages import ROOT
from companion.virtual.run import play
from tests.helpers.clients import CUMMINGSIFY_FAILED, failure, fetch, outcome
from tests.helpers.early_clients import FASCINATION, STAGES
from tests.helpers.keeping import load
from tests.helpers.native import interrupt, serving, started

REFUSAL = {
    "threaded-client": "[Errno 111] Connection refused",
    "asyncio-client": "[Errno 111] Connect call failed ('127.0.0.1', 10001)",
}
SILENT = script.schedule((0.0, b"half"))
GAVE_UP = "nothing has come for 30 seconds"

each_client = pytest.mark.parametrize("client", REFUSAL)


# Threads, and tasks of asyncio.


@each_client
def test_the_longest_wait_is_the_whole_wait_and_poems_come_as_they_are_complete(
    client: str,
) -> None:
    run = play(client)
    assert (run.status, run.stderr) == (0, "")
    assert run.stdout == (
        """\
Task 1: get poetry from: 127.0.0.1:10000
Task 2: get poetry from: 127.0.0.1:10001
Task 3: get poetry from: 127.0.0.1:10002
Task 2: got 620 bytes of poetry from 127.0.0.1:10001 in 0:00:06.200000
Task 3: got 657 bytes of poetry from 127.0.0.1:10002 in 0:00:06.600000
Task 1: got 3003 bytes of poetry from 127.0.0.1:10000 in 0:00:10.100000
Got 3 poems in 0:00:10.100000
"""
    )


@each_client
@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (script.refused(), ""),
        (script.unknown_name(), "[Errno -2] Name or service not known"),
        (reset_at(FASCINATION, 300), "[Errno 104] Connection reset by peer"),
        (reset_at(b"", 0), "[Errno 104] Connection reset by peer"),
    ],
    ids=["refused", "unknown host", "reset half-way", "reset at the beginning"],
)
def test_a_poem_that_fails_is_told_in_one_line_and_the_others_arrive(
    client: str, fault: Script, reason: str
) -> None:
    run = play(client, Scenario(servers=[slow(FASCINATION), fault, slow(FASCINATION)]))
    host = "no-such-host.invalid" if fault.connect == "unknown" else "127.0.0.1"
    reason = reason or REFUSAL[client]
    assert run.stderr == f"Task 2: {host}:10001 failed: {reason}\n"
    assert (run.status, run.seconds) == (1, pytest.approx(6.2))
    for number in (1, 3):
        got = f"Task {number}: got 620 bytes of poetry from 127.0.0.1:{9999 + number} in "
        assert got in run.stdout
    assert "Got 2 poems in 0:00:06.200000\n" in run.stdout


@each_client
def test_ctrl_c_ends_it_at_once_without_a_word(client: str) -> None:
    for first in (slow(FASCINATION), script.slow_connect(fast(b"x"), 9)):
        run = play(client, Scenario(servers=[first, fast(b"x")], signals=[(3.0, "SIGINT")]))
        assert (run.status, run.seconds, run.stderr) == (130, 3.0, "")
        assert "poems in" not in run.stdout


@each_client
def test_a_server_that_says_nothing_is_waited_for(client: str) -> None:
    assert play(client, Scenario(servers=[script.silence()])).how == "waits for ever"


@each_client
def test_an_empty_poem_is_a_poem_and_a_host_may_be_named(client: str) -> None:
    addresses = ["localhost:10000", "127.0.0.1:10001"]
    run = play(client, Scenario(args=addresses, servers=[fast(b""), fast(b"x")]))
    assert (run.status, run.stderr) == (0, "")
    assert "Task 1: got 0 bytes of poetry from localhost:10000 in 0:00:00\n" in run.stdout
    assert run.stdout.endswith("Got 2 poems in 0:00:00\n")


@each_client
def test_beside_one_that_never_stops_a_slow_poem_arrives(client: str) -> None:
    flood = script.endless(b"la la la " * 50, 0.1)
    run = play(client, Scenario(servers=[flood, slow(FASCINATION)], until=20.0), limit=30.0)
    assert run.how == "still runs"
    assert "Task 2: got 620 bytes of poetry from 127.0.0.1:10001 in 0:00:06.200000\n" in run.stdout


@each_client
def test_out_of_descriptors_it_gets_the_poems_that_it_could_connect_to(client: str) -> None:
    with serving(slow(b"a poem", 1, 0.3)) as (port,):
        done = limited(client, [port] * 60, "RLIMIT_NOFILE", 40)
    failed = done.stderr.splitlines()
    assert 20 < 60 - len(failed) < 40
    assert f"Got {60 - len(failed)} poems in " in done.stdout
    assert all(line.endswith("failed: [Errno 24] Too many open files") for line in failed)
    assert done.returncode == 1


def limited(
    client: str, ports: list[str], name: str, most: int
) -> subprocess.CompletedProcess[str]:
    """The client as a true process that may have so much of what a limit of the system names."""
    code = (
        "import os, resource, sys\n"
        f"resource.setrlimit(resource.{name}, ({most}, {most}))\n"
        "os.execv(sys.executable, [sys.executable, *sys.argv[1:]])\n"
    )
    command = [sys.executable, "-c", code, str(STAGES.find(client).file), *ports]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere stacks do not count as memory")
def test_where_the_system_has_no_more_threads_the_poems_without_one_fail() -> None:
    with serving(slow(b"a poem", 1, 0.3)) as (port,):
        done = limited("threaded-client", [port] * 100, "RLIMIT_AS", 400 << 20)
    failed = [line for line in done.stderr.splitlines() if "can't start new thread" in line]
    assert 0 < len(failed) < 100
    assert done.stderr.splitlines() == failed
    assert f"Got {100 - len(failed)} poems in " in done.stdout
    assert done.returncode == 1


@pytest.mark.slow
@each_client
def test_1200_servers_at_once_all_give_their_poem(client: str) -> None:
    servers = [fast(f"poem {number}".encode()) for number in range(1200)]
    run = play(client, Scenario(servers=servers), limit=60.0)
    assert (run.stderr, run.how, run.status) == ("", "exit", 0)
    assert "\nGot 1200 poems in " in run.stdout


@pytest.mark.slow
@each_client
def test_ctrl_c_ends_a_true_process_without_waiting_for_its_threads(client: str) -> None:
    with serving(script.silence(), script.silence()) as ports:
        command = [sys.executable, "-u", str(STAGES.find(client).file)]
        with started(command, *ports) as process:
            time.sleep(1.0)
            status, _, errors, seconds = interrupt(process)
    assert (status, errors) == (130, b"")
    assert seconds < 2


# Client 9.0.


def test_client_9_gives_up_a_server_that_has_gone_silent_and_shows_no_half_of_its_poem() -> None:
    run = fetch("client-9.0", fast(b"Here"), SILENT)
    assert outcome(run) == ("here\n", failure("client-9.0", 2, GAVE_UP), 1)
    assert run.seconds == 30.0


def test_client_9_counts_the_silence_and_not_the_whole_time() -> None:
    poem = script.slow(b"a poem", 1, 29.0)
    assert outcome(fetch("client-9.0", poem)) == ("a poem\n", "", 0)


def test_client_9_closes_the_connection_of_a_silent_server() -> None:
    run = fetch("client-9.0", SILENT, slow(b"another poem", 1, 5.0), traced=True)
    left = [event for event in run.of(Close) if event.lane == 2]
    assert [(event.t, event.how) for event in left] == [(30.0, "left")]
    assert run.seconds > 50


@pytest.mark.parametrize(
    "transform",
    [script.silence(), answering((1.0, b"9:half"))],
    ids=["silent", "half an answer"],
)
def test_client_9_shows_a_poem_as_it_was_where_the_transform_server_goes_silent(
    transform: Script,
) -> None:
    run = fetch("client-9.0", fast(b"POEM"), transform=transform)
    assert outcome(run) == (f"{CUMMINGSIFY_FAILED}POEM\n", "", 0)
    assert run.seconds == 30.0


def test_client_9_leaves_no_time_out_behind() -> None:
    client = load(str(STAGES.find("client-9.0").file))
    for protocol in (client.PoetryProtocol(), client.TransformClientProtocol(b"shout.poem")):
        clock = Clock()
        protocol.callLater = clock.callLater
        protocol.makeConnection(StringTransport())
        assert len(clock.getDelayedCalls()) == 1
        protocol.deferred.addErrback(lambda reason: None)
        protocol.connectionLost(Failure(ConnectionDone()))
        assert clock.getDelayedCalls() == []


def test_client_9_hangs_up_on_a_transform_server_that_has_answered() -> None:
    answer = answering((1.0, b"4:poem,"))
    run = fetch("client-9.0", fast(b"POEM"), transform=answer)
    assert (outcome(run), run.seconds) == (("poem\n", "", 0), 1.0)


@pytest.mark.slow
def test_ctrl_c_while_client_9_looks_a_name_up_is_no_success(tmp_path: Path) -> None:
    # A look-up runs in a thread, which nothing interrupts: the reactor waits for it.
    code = (
        "import runpy, socket, sys, time\n"
        "def look_up(*args, **kwargs):\n"
        "    print('looks up', flush=True)\n"
        "    time.sleep(1)\n"
        "    raise socket.gaierror(-2, 'Name or service not known')\n"
        "socket.getaddrinfo = look_up\n"
        "sys.argv[:] = sys.argv[1:]\n"
        "runpy.run_path(sys.argv[0], run_name='__main__')\n"
    )
    file = tmp_path / "slow_names.py"
    file.write_text(code)
    client = str(ROOT / STAGES.find("client-9.0").path)
    with started([sys.executable, str(file), client], "10000", "nowhere:10001") as process:
        assert process.stdout
        assert process.stdout.readline() == b"looks up\n"
        status, output, errors, _ = interrupt(process)
    assert (status, output, errors) == (1, b"", b"")
