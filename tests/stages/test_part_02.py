"""Part 2: the slow server, and the same job with blocking calls and around select."""

import os
import re
import signal
import subprocess
import threading
from pathlib import Path

import pytest

from companion.event import Open
from companion.peers.scenario import Scenario
from companion.peers.script import (
    RESET,
    Script,
    fast,
    leaver,
    reader,
    refused,
    reset_at,
    schedule,
    silence,
    slow,
    slow_connect,
    unknown_name,
)
from companion.processes.build import command_of
from companion.tutorial.poems import Poem, find_poem
from companion.tutorial.stages import ROOT
from companion.virtual.run import Run, play
from tests.helpers.early_clients import (
    FASCINATION,
    STAGES,
    every_cut,
    one_connection_after_another,
    real,
)

CLIENTS = ("blocking-client", "async-client")
SIZES = {"ecstasy": 3003, "fascination": 620, "science": 657}

each_client = pytest.mark.parametrize("client", CLIENTS)


def by_task(run: Run) -> list[list[tuple[float, str]]]:
    """The lines of each task with their times, in seconds."""
    tasks: dict[str, list[tuple[float, str]]] = {}
    for t, stream, text in run.lines:
        if stream == "stdout" and (match := re.match(r"(Task \d+)[ :]", text)):
            tasks.setdefault(match[1], []).append((t, text))
    return [tasks[task] for task in sorted(tasks)]


# The clients.


def test_the_blocking_client_takes_the_sum_of_the_waits() -> None:
    run = play("blocking-client")
    assert (run.status, run.stderr) == (0, "")
    assert run.seconds == pytest.approx(10.1 + 6.2 + 6.6)
    assert run.stdout == (
        """\
Task 1: get poetry from: 127.0.0.1:10000
Task 1: got 3003 bytes of poetry from 127.0.0.1:10000 in 0:00:10.100000
Task 2: get poetry from: 127.0.0.1:10001
Task 2: got 620 bytes of poetry from 127.0.0.1:10001 in 0:00:06.200000
Task 3: get poetry from: 127.0.0.1:10002
Task 3: got 657 bytes of poetry from 127.0.0.1:10002 in 0:00:06.600000
Got 3 poems in 0:00:22.900000
"""
    )


def test_the_select_client_takes_the_longest_wait() -> None:
    run = play("async-client")
    assert (run.status, run.stderr) == (0, "")
    assert run.seconds == pytest.approx(10.1)
    lines = run.stdout.splitlines()
    assert lines[-4:] == [
        "Task 1: 3003 bytes of poetry",
        "Task 2: 620 bytes of poetry",
        "Task 3: 657 bytes of poetry",
        "Got 3 poems in 0:00:10.100000",
    ]
    assert lines.count("Task 1: got 30 bytes of poetry from 127.0.0.1:10000") == 100
    assert lines.count("Task 1: got 3 bytes of poetry from 127.0.0.1:10000") == 1
    assert lines.count("Task 2: got 10 bytes of poetry from 127.0.0.1:10001") == 62
    assert lines.count("Task 3: got 10 bytes of poetry from 127.0.0.1:10002") == 65
    assert lines.count("Task 3: got 7 bytes of poetry from 127.0.0.1:10002") == 1
    finished = [line for line in lines if line.endswith("finished")]
    assert finished == ["Task 2 finished", "Task 3 finished", "Task 1 finished"]
    assert len(lines) == 100 + 1 + 62 + 65 + 1 + 3 + 4


def test_the_select_clients_tasks_are_interleaved() -> None:
    lines = play("async-client").stdout.splitlines()
    assert [line[:6] for line in lines[: 3 * 60]] == ["Task 1", "Task 2", "Task 3"] * 60


@each_client
def test_the_first_server_may_be_fast_or_slow_and_the_rule_holds(client: str) -> None:
    scripts = [slow(b"x" * 100, 10, delay) for delay in (0.1, 0.2, 0.4)]
    waits = [1.0, 2.0, 4.0]
    expected = sum(waits) if client == "blocking-client" else max(waits)
    assert play(client, Scenario(servers=scripts)).seconds == pytest.approx(expected)
    assert play(client, Scenario(servers=scripts[::-1])).seconds == pytest.approx(expected)


@each_client
def test_an_empty_poem_is_a_poem(client: str) -> None:
    run = play(client, Scenario(servers=[fast(b""), fast(b"x")]))
    assert (run.status, run.stderr) == (0, "")
    assert "Got 2 poems in 0:00:00\n" in run.stdout


@each_client
@pytest.mark.parametrize(
    ("script", "address", "reason"),
    [
        (refused(), "127.0.0.1:10001", "[Errno 111] Connection refused"),
        (unknown_name(), "no-such-host.invalid:10001", "[Errno -2] Name or service not known"),
        (reset_at(FASCINATION, 300), "127.0.0.1:10001", "[Errno 104] Connection reset by peer"),
        (schedule((1.0, RESET)), "127.0.0.1:10001", "[Errno 104] Connection reset by peer"),
    ],
    ids=["refused", "unknown host", "reset half-way", "reset at the beginning"],
)
def test_a_poem_that_fails_is_told_in_one_line_and_the_others_arrive(
    client: str, script: Script, address: str, reason: str
) -> None:
    run = play(client, Scenario(servers=[slow(FASCINATION), script, slow(FASCINATION)]))
    assert run.stderr == f"Task 2: {address} failed: {reason}\n"
    assert run.status == 1
    assert re.search(r"^Got 2 poems in 0:00:\d\d\.\d+$", run.stdout, re.MULTILINE)
    first, *second, third = by_task(run)
    for task in (first, third):
        assert "620 bytes of poetry" in task[-1][1]
    for lines in second:
        assert not re.search(r"got 300 bytes|: 300 bytes|finished", lines[-1][1])


@each_client
def test_where_every_poem_fails_it_says_so(client: str) -> None:
    run = play(client, Scenario(servers=[refused(), refused()]))
    assert run.status == 1
    assert len(run.stderr.splitlines()) == 2
    assert run.stdout.endswith("Got 0 poems in 0:00:00\n")


@each_client
def test_ctrl_c_ends_it_at_once_without_a_word(client: str) -> None:
    run = play(client, Scenario(signals=[(3.0, "SIGINT")]))
    assert (run.status, run.seconds, run.stderr) == (130, 3.0, "")
    assert "poems in" not in run.stdout


@each_client
def test_ctrl_c_ends_it_while_it_connects(client: str) -> None:
    run = play(client, Scenario(servers=[slow_connect(fast(b"x"), 9)], signals=[(3.0, "SIGINT")]))
    assert (run.status, run.seconds, run.stderr) == (130, 3.0, "")


@each_client
def test_a_server_that_says_nothing_is_waited_for(client: str) -> None:
    run = play(client, Scenario(servers=[silence()]))
    assert run.how == "waits for ever"


@each_client
def test_a_host_may_be_named(client: str) -> None:
    run = play(
        client, Scenario(args=["localhost:10000", "127.0.0.1:10001"], servers=[fast(b"x")] * 2)
    )
    assert run.status == 0
    assert "from localhost:10000" in run.stdout
    assert "from 127.0.0.1:10001" in run.stdout


def test_more_poems_than_select_can_watch_are_refused_before_it_connects() -> None:
    run = play("async-client", Scenario(args=["10000"] * 1001, servers=[fast(b"x")]))
    assert run.stderr == "select watches few descriptors: no more than 1000 poems at once\n"
    assert (run.status, run.stdout) == (1, "")
    assert not run.of(Open)


def test_select_watches_as_many_poems_as_it_promises() -> None:
    run = one_connection_after_another("async-client", 1000, descriptors=1100)
    assert (run.returncode, run.stderr) == (0, "")
    assert re.search(r"^Got 1000 poems in ", run.stdout, re.MULTILINE)


def test_out_of_descriptors_the_select_client_gets_the_poems_that_it_could_connect_to() -> None:
    run = one_connection_after_another("async-client", 60, descriptors=40)
    failed = run.stderr.splitlines()
    got = int(re.findall(r"^Got (\d+) poems in ", run.stdout, re.MULTILINE)[0])
    assert 30 < got < 40
    assert len(failed) == 60 - got
    assert all(line.endswith("failed: [Errno 24] Too many open files") for line in failed)
    assert run.returncode == 1


def test_the_blocking_client_needs_few_descriptors() -> None:
    run = one_connection_after_another("blocking-client", 1200, descriptors=40)
    assert (run.returncode, run.stderr) == (0, "")
    assert re.search(r"^Got 1200 poems in ", run.stdout, re.MULTILINE)


# The slow server.


def serve(*args: str, **options: object) -> Run:
    return play("slow-server", Scenario(args=args, **options))  # type: ignore[arg-type]


def test_the_slow_server_sends_ten_bytes_each_tenth_of_a_second() -> None:
    run = serve("poetry/pond.txt", clients=[reader()])
    (got,) = run.clients
    assert got.data == find_poem("pond").data
    assert (got.how, got.t) == ("done", pytest.approx(0.4))
    assert re.sub(r":5\d+", ":PORT", run.stdout) == (
        """\
Serving poetry/pond.txt on 127.0.0.1:10000
127.0.0.1:PORT connected
Sending 10 bytes
Sending 10 bytes
Sending 10 bytes
Sending 4 bytes
"""
    )


def test_it_sends_first_and_pauses_then() -> None:
    (got,) = serve("poetry/pond.txt", clients=[leaver(after=0.15)]).clients
    assert got.data == find_poem("pond").data[:20]


def test_its_pace_is_the_readers_choice() -> None:
    run = serve("--num-bytes", "50", "--delay", "5", "poetry/fascination.txt", clients=[reader()])
    assert run.stdout.count("Sending 50 bytes\n") == 12
    assert run.stdout.endswith("Sending 20 bytes\n")
    assert run.clients[0].t == pytest.approx(13 * 5)


@every_cut
def test_the_corpus_leaves_the_slow_server_to_the_byte(poems: list[Poem], num_bytes: int) -> None:
    for poem in poems:
        file = f"poetry/{poem.name}.txt"
        run = serve("--num-bytes", str(num_bytes), file, clients=[reader()], events=False)
        assert run.clients[0].data == poem.data


def test_it_serves_one_client_at_a_time_so_another_waits() -> None:
    run = serve("poetry/fascination.txt", clients=[reader(), reader(at=1.0)])
    assert [got.t for got in run.clients] == [pytest.approx(6.2), pytest.approx(12.4)]
    assert {got.data for got in run.clients} == {FASCINATION}


def test_clients_that_leave_in_the_middle_do_not_end_it() -> None:
    leaving = [leaver(after=0.15) for _ in range(100)]
    run = serve("poetry/fascination.txt", clients=[*leaving, reader(at=1.0)])
    assert run.stdout.count("left before the end\n") == 100
    assert run.clients[-1].data == FASCINATION
    assert run.stderr == ""


@pytest.mark.parametrize(
    "poem", [b"", b"\r\n one\r\n\r\n", bytes(range(256)), b"no end of line"], ids=repr
)
def test_a_file_is_sent_as_it_is(poem: bytes, tmp_path: Path) -> None:
    (tmp_path / "poem").write_bytes(poem)
    run = serve(str(tmp_path / "poem"), clients=[reader()])
    assert (run.clients[0].data, run.clients[0].how) == (poem, "done")


USAGE = """\
usage: slowpoetry.py [-h] [--port PORT] [--iface IFACE]
                     [--num-bytes NUM_BYTES] [--delay DELAY]
                     FILE
slowpoetry.py: error: """
POEM = "poetry/pond.txt"


@pytest.mark.parametrize(
    ("args", "error"),
    [
        ((), "the following arguments are required: FILE"),
        (("nothing.txt",), "can't read nothing.txt: No such file or directory"),
        (("poetry",), "can't read poetry: Is a directory"),
        *(
            (("--port", port, POEM), f"argument --port: {port!r} is not a port from 1 to 65535")
            for port in ("0", "99999", "abc", "²", "")
        ),
        *(
            (
                ("--num-bytes", text, POEM),
                f"argument --num-bytes: {text!r} is not a positive number of bytes",
            )
            for text in ("0", "-5", "1.5", "²", "many")
        ),
        *(
            (
                (f"--delay={text}", POEM),
                f"argument --delay: {text!r} is not a positive number of seconds",
            )
            for text in ("0", "-1", "nan", "inf", "1e9", "٣", "soon")
        ),
    ],
)
def test_it_refuses_wrong_usage_before_it_listens(args: tuple[str, ...], error: str) -> None:
    run = serve(*args, clients=[reader()])
    assert (run.status, run.stdout, run.stderr) == (2, "", f"{USAGE}{error}\n")


def test_it_refuses_a_poem_that_can_not_be_read(tmp_path: Path) -> None:
    # root may read whatever it likes; but nobody can read this file from its beginning.
    path = Path("/proc/self/mem")
    if os.getuid() or not path.exists():
        path = tmp_path / "poem"
        path.touch(mode=0o000)
    run = serve(str(path))
    assert (run.status, run.stdout) == (2, "")
    assert re.fullmatch(
        rf"{re.escape(USAGE)}can't read {path}: (Input/output error|Permission denied)\n",
        run.stderr,
    )


def test_an_interface_that_is_not_there_is_told_in_one_line() -> None:
    run = serve("--iface", "no-such-host.invalid", POEM)
    assert (run.status, run.stdout) == (1, "")
    assert run.stderr.startswith("can't listen on no-such-host.invalid:0: [Errno -2] ")
    assert run.stderr.count("\n") == 1


@pytest.mark.parametrize("clients", [[], [reader()]], ids=["nobody there", "while it sends"])
def test_ctrl_c_ends_the_server_at_once_without_a_word(clients: list[object]) -> None:
    run = serve("poetry/fascination.txt", clients=clients, signals=[(3.0, "SIGINT")])
    assert (run.status, run.seconds, run.stderr) == (130, 3.0, "")


# Each as a true process, as a reader starts it.


@pytest.mark.slow
def test_the_stages_of_the_part_work_together_as_true_processes() -> None:
    servers = [
        subprocess.Popen(
            command_of(STAGES.by_id["slow-server"], ["--delay", "0.001", f"poetry/{name}.txt"]),
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in SIZES
    ]
    try:
        ports = []
        for server, name in zip(servers, SIZES, strict=True):
            assert server.stdout
            line = server.stdout.readline()
            assert re.fullmatch(rf"Serving poetry/{name}.txt on 127\.0\.0\.1:\d+\n", line)
            ports.append(line.strip().rpartition(":")[2])
            # What it prints from here on would fill the pipe.
            threading.Thread(target=server.stdout.read, daemon=True).start()
        blocking, selecting = (real(client, *ports) for client in CLIENTS)
        taken = subprocess.run(
            [*command_of(STAGES.by_id["slow-server"]), "--port", ports[0], POEM],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        for server in servers:
            server.send_signal(signal.SIGINT)
        assert [server.wait(5) for server in servers] == [130] * 3
    elapsed = r"0:00:0\d\.\d{6}"
    for number, (port, size) in enumerate(zip(ports, SIZES.values(), strict=True), 1):
        line = f"Task {number}: got {size} bytes of poetry from 127.0.0.1:{port} in {elapsed}"
        assert re.search(f"^{line}$", blocking.stdout, re.MULTILINE)
        assert f"Task {number}: {size} bytes of poetry\n" in selecting.stdout
    for done in (blocking, selecting):
        assert (done.returncode, done.stderr) == (0, "")
        assert re.search(f"Got 3 poems in {elapsed}\n$", done.stdout)
    assert taken.returncode == 1
    refusal = rf"can't listen on localhost:{ports[0]}: \[Errno \d+\] Address already in use.*\n"
    assert re.fullmatch(refusal, taken.stderr)
