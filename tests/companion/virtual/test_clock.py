"""Virtual time: exact, the same on every run, and honest about what it can't do."""

import hashlib
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from companion.event import Exit, Print, Start, Wait
from companion.peers import script
from companion.peers.scenario import Scenario
from companion.tutorial.stages import ROOT
from companion.virtual import real
from companion.virtual import run as virtual
from companion.virtual.stand_ins import VirtualError
from tests.helpers.fixtures import Play, Python

REACTORS = ["epoll", "poll", "select", "asyncio"]
SHORT = script.slow(b"x" * 50)


# Exact.


@pytest.mark.parametrize("reactor", REACTORS)
@pytest.mark.parametrize("stage", ["client-1.0", "client-2.0", "client-4.0"])
def test_every_reactor_is_on_time(stage: str, reactor: str) -> None:
    run = virtual.play(stage, Scenario(reactor=reactor))
    assert run.seconds == pytest.approx(10.1, abs=1e-3)
    assert run.status == 0


@pytest.mark.parametrize("reactor", REACTORS)
def test_a_timer_fires_at_its_time_on_every_reactor(reactor: str, play: Play) -> None:
    run = play(
        """
        from twisted.internet import reactor
        for delay in (0.0004, 0.25, 1.0005, 3):
            reactor.callLater(delay, print, delay)
        reactor.callLater(3, reactor.stop)
        reactor.run()
        """,
        reactor=reactor,
    )
    for t, _, text in run.lines:
        assert t == pytest.approx(float(text), abs=1.01e-3)
    assert len(run.lines) == 4


def test_every_clock_shows_the_simulated_time(play: Play) -> None:
    run = play(
        """
        import datetime, time
        from datetime import datetime as early
        time.sleep(86399.5)
        print(datetime.datetime.now(), early.now(datetime.timezone.utc), datetime.date.today())
        print(time.time(), time.monotonic(), time.perf_counter(), time.monotonic_ns(), time.ctime())
        time.sleep(0.5)
        print(datetime.datetime.now(), time.strftime("%d %H:%M"), time.gmtime().tm_mday)
        print(isinstance(datetime.datetime(2026, 1, 1), datetime.datetime), datetime.date(1, 1, 1))
        """
    )
    assert run.stdout == (
        "2026-01-01 23:59:59.500000 2026-01-01 23:59:59.500000+00:00 2026-01-01\n"
        "1767311999.5 86399.5 86399.5 86399500000000 Thu Jan  1 23:59:59 2026\n"
        "2026-01-02 00:00:00 02 00:00 2\n"
        "True 0001-01-01\n"
    )


def test_a_loop_that_only_looks_moves_on(play: Play) -> None:
    run = play(
        """
        import select, time
        looks = 0
        while time.monotonic() < 0.01:
            select.select([], [], [], 0)
            looks += 1
        print(10 < looks < 1000)
        """
    )
    assert (run.stdout, run.status) == ("True\n", 0)
    assert run.seconds == pytest.approx(0.01)


# The same every time.


@pytest.mark.parametrize("times", [5, pytest.param(100, marks=pytest.mark.slow)])
@pytest.mark.parametrize("reactor", REACTORS)
def test_the_same_to_the_byte_in_every_run(reactor: str, times: int) -> None:
    scripts = [
        script.fast((b"x" * 149 + b"\n") * 1000),
        script.slow(b"x" * 99),
        script.slow(b"y" * 99),
    ]
    runs = [
        virtual.play("client-2.0", Scenario(servers=scripts, reactor=reactor)) for _ in range(times)
    ]
    assert len({(run.stdout, run.lines, run.seconds) for run in runs}) == 1


def test_runs_beside_each_other_do_not_meet() -> None:
    with ThreadPoolExecutor(8) as pool:
        runs = list(pool.map(virtual.play, ["client-2.0"] * 16))
    assert {hashlib.sha256(run.stdout.encode()).hexdigest() for run in runs} == {
        hashlib.sha256(virtual.play("client-2.0").stdout.encode()).hexdigest()
    }


def test_addresses_of_objects_are_numbered(play: Play) -> None:
    run = play("a, b = object(), object(); print(a, b); print(a)")
    assert run.stdout == "<object object at 0x1> <object object at 0x2>\n<object object at 0x1>\n"


# The endless wait.


@pytest.mark.parametrize(
    ("stage", "line"),
    [
        ("blocking-client", "waits for ever from t=0.500 s in recv"),
        ("async-client", "waits for ever from t=0.500 s in select"),
        # connectTCP's own time-out is still set, and goes off for nothing.
        ("client-2.0", "waits for ever from t=30.000 s in epoll"),
    ],
)
def test_a_stage_that_can_never_go_on_is_found_out_at_once(stage: str, line: str) -> None:
    began = time.monotonic()
    run = virtual.play(stage, Scenario(servers=[SHORT, script.silence()]))
    assert time.monotonic() - began < 2
    assert (run.how, run.ended, run.status) == ("waits for ever", line, 95)
    waits = run.of(Wait)
    assert waits[-1].until is None
    assert line.endswith(f"from t={waits[-1].t:.3f} s in {waits[-1].call}")


def test_a_stage_that_goes_on_for_ever_is_ended_at_a_time(play: Play) -> None:
    run = virtual.play("client-2.0", Scenario(servers=[script.endless(delay=1)], until=100))
    assert (run.how, run.ended, run.status) == ("still runs", "still runs at t=100.000 s", 96)
    assert len(run.lines) == 101


# What it does not cover.


def test_a_call_that_would_really_block_is_named_within_a_second(play: Play) -> None:
    began = time.monotonic()
    run = play(
        """
        import fcntl, tempfile
        def wait():
            with tempfile.NamedTemporaryFile() as one, open(one.name) as two:
                fcntl.flock(one, fcntl.LOCK_EX)
                print("before")
                fcntl.flock(two, fcntl.LOCK_EX)
        wait()
        """
    )
    assert time.monotonic() - began < 2
    assert (run.how, run.status, run.stdout) == ("blocks", 97, "before\n")
    assert run.ended == (
        "blocks for real in fcntl.flock(two, fcntl.LOCK_EX) at program.py:7 at t=0.000 s, "
        "which simulated time does not cover; use --real"
    )


def test_a_blocking_call_in_the_library_is_told_with_the_line_of_the_stage(play: Play) -> None:
    run = play(
        """
        import os, pathlib, tempfile
        with tempfile.TemporaryDirectory() as folder:
            os.mkfifo(folder + "/fifo")
            pathlib.Path(folder + "/fifo").read_text()
        """
    )
    assert run.ended.startswith("blocks for real in ")
    assert run.ended.endswith(
        "from program.py:5 at t=0.000 s, which simulated time does not cover; use --real"
    )


LOOKS = {
    "time": "time.time()",
    "monotonic": "time.monotonic()",
    "perf_counter_ns": "time.perf_counter_ns() / 1e9",
    "clock_gettime": "time.clock_gettime(time.CLOCK_MONOTONIC)",
    "datetime": "datetime.datetime.now().timestamp()",
}


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
def test_a_busy_loop_until_a_deadline_comes_to_its_end(look: str, play: Play) -> None:
    run = play(
        f"""
        import datetime, time
        time.sleep(2)
        end = {look} + 1
        while {look} < end:
            pass
        print(time.monotonic() >= 3)
        time.sleep(1)
        """
    )
    assert (run.how, run.stdout) == ("exit", "True\n"), run.ended
    assert run.seconds == pytest.approx(4, abs=0.01)


def test_a_loop_that_never_ends_is_ended_and_told(play: Play) -> None:
    run = play("import time\ntime.sleep(2)\nwhile True:\n    pass\n", limit=0.3)
    assert (run.how, run.status) == ("busy", 98)
    assert run.ended.startswith("busy at t=2.000 s without ever waiting, in ")
    assert "at program.py:" in run.ended


def test_a_call_that_does_not_listen_to_signals_is_killed(play: Play) -> None:
    run = play("print('on'); sum(range(10**12))", limit=0.3)
    assert (run.how, run.status, run.stdout) == ("busy", 98, "on\n")
    assert run.ended == "killed at t=0.000 s: it is in one call that does not end"


@pytest.mark.parametrize("call", ["print('x' * 10**6)", "sys.stdout.write('x' * 10**7)"])
def test_a_program_that_prints_for_ever_is_ended_before_it_fills_the_disk(
    play: Play, call: str
) -> None:
    run = play(f"import sys\nwhile True:\n    {call}")
    assert (run.how, run.status) == ("busy", 98)
    place = f"in {call} at program.py:3"
    assert run.ended == f"busy at t=0.000 s with 64 MB of output and events, {place}"
    assert len(run.stdout) < 1 << 26


def test_a_file_and_the_memory_of_a_program_are_bounded(play: Play, tmp_path: Path) -> None:
    big = tmp_path / "big"
    run = play(f"with open({str(big)!r}, 'wb') as file:\n    while True: file.write(b'x' * 10**8)")
    assert (run.status, run.stderr.splitlines()[-1]) == (1, "OSError: [Errno 27] File too large")
    big.unlink()
    run = play("all = []\nwhile True: all.append(bytearray(10**7))", limit=60.0)
    assert (run.status, run.stderr.splitlines()[-1]) == (1, "MemoryError")


def test_a_stage_that_is_no_python_program_is_refused() -> None:
    with pytest.raises(VirtualError, match=r"^erlang-client-1 is not a Python program that "):
        virtual.play("erlang-client-1")


# A process like any other.


@pytest.mark.parametrize(
    ("text", "status", "err"),
    [
        ("", 0, ""),
        ("import sys; sys.exit(3)", 3, ""),
        ("import sys; sys.exit('no poem')", 1, "no poem\n"),
        ("import sys; sys.exit(256 + 7)", 7, ""),
        ("import os; print('kept'); os._exit(4)", 4, ""),
        ("import os, signal; os.kill(os.getpid(), signal.SIGTERM)", -15, ""),
        ("raise SystemExit", 0, ""),
    ],
)
async def test_the_exit_status_is_that_of_a_process(
    text: str, status: int, err: str, play: Play, tmp_path: Path
) -> None:
    for run in play(text), await real.play(tmp_path / "program.py"):
        assert (run.status, run.stderr, run.how) == (status, err, "exit")


def test_argv_and_path_are_those_of_a_script(play: Play, tmp_path: Path) -> None:
    text = """
        import sys
        print(sys.argv[1:], sys.path[0], __name__, __file__, sys.stdin.read())
        print(sys.stdout.isatty(), sys.stdout.encoding, end="")
        """
    run = play(text, SHORT, args=["--to", "localhost:{1}"], stdin="one\ntwo\n")
    where = f"{tmp_path} __main__ {tmp_path}/program.py"
    assert run.stdout == f"['--to', 'localhost:10000'] {where} one\ntwo\n\nFalse utf-8"


def test_the_harness_is_in_no_stack(play: Play) -> None:
    run = play(
        """
        import time, traceback
        def show():
            traceback.print_stack()
        show()
        time.sleep(-1)
        """
    )
    assert "companion" not in run.stderr
    told = [line.strip() for line in run.stderr.splitlines() if not line.startswith("    ^")]
    assert [line for line in told if not line.startswith("File ")] == [
        "show()",
        "traceback.print_stack()",
        "Traceback (most recent call last):",
        "time.sleep(-1)",
        "ValueError: sleep length must be non-negative",
    ]


def test_the_harness_is_in_no_stack_that_faulthandler_shows(play: Play) -> None:
    run = play(
        """
        import faulthandler, threading
        def show():
            faulthandler.dump_traceback(1)
        show()
        threading.Thread(target=show).start()
        """
    )
    assert "companion" not in run.stdout
    frames = [line.rpartition("/")[2] for line in run.stdout.splitlines() if "program.py" in line]
    assert frames == [
        'program.py", line 4 in show',
        'program.py", line 5 in <module>',
        'program.py", line 4 in show',
        'program.py", line 6 in <module>',
    ]


def test_an_interrupted_program_shows_its_own_lines_alone(play: Play) -> None:
    run = play("import time\ntime.sleep(9)\n", signals=[(2.5, "SIGINT")])
    assert (run.status, run.seconds) == (-2, 2.5)
    frame, code = run.stderr.splitlines()[1:3]
    assert frame.endswith('program.py", line 2, in <module>')
    assert code == "    time.sleep(9)"
    assert run.stderr.endswith("\nKeyboardInterrupt\n")


def test_a_signal_comes_at_its_time() -> None:
    interrupted = virtual.play("client-2.0", Scenario(signals=[(3.05, "SIGINT")]))
    assert interrupted.seconds == pytest.approx(3.05)
    assert interrupted.lines[-1][0] == pytest.approx(3.05)
    terminated = virtual.play("blocking-client", Scenario(signals=[(3.05, "SIGTERM")]))
    assert (terminated.status, terminated.seconds) == (-15, 3.05)


def test_an_error_that_nobody_handled_is_told_when_the_program_ends() -> None:
    run = virtual.play("defer-unhandled")
    assert run.stdout == "Finished\n"
    assert run.stderr.startswith("Unhandled error in Deferred:\n")


def test_chance_is_fixed_from_outside(play: Play) -> None:
    text = "import random\nprint([random.choice(['a', 'b', 'c']) for _ in range(4)])"
    assert play(text, choices=["c", 0, "b"]).stdout == "['c', 'a', 'b', 'b']\n"
    assert play(text).stdout == play(text).stdout


# Names, threads, asyncio.


def test_the_system_s_chance_is_the_same_in_every_run(play: Play) -> None:
    program = """
        import os, random, secrets, tempfile, uuid
        print(os.urandom(4), random.SystemRandom().random(), secrets.token_hex(4), uuid.uuid4())
        print(random.Random().random(), next(tempfile._get_candidate_names()))
        """
    first = play(program)
    assert first.status == 0, first.stderr
    assert {play(program).stdout for _ in range(3)} == {first.stdout}


def test_an_error_in_a_timer_that_is_still_set_is_told_when_the_program_ends(
    play: Play, python: Python
) -> None:
    program = """
        from twisted.internet import reactor
        from twisted.internet.defer import fail
        reactor.callLater(9, print, fail(KeyError("lost")))
        reactor.callLater(0, reactor.stop)
        reactor.run()
        print("over")
        """
    run, real = play(program), python(program)
    assert (run.stdout, run.stderr) == (real.stdout, real.stderr)
    assert "KeyError" in run.stderr


def test_threads_of_a_pool_wait_on_the_same_clock(play: Play) -> None:
    run = play(
        """
        import socket, time
        from twisted.internet import defer, reactor, threads
        def fetch():
            with socket.create_connection(("localhost", 10000)) as sock:
                return sum(map(len, iter(lambda: sock.recv(9), b"")))
        def sleep(seconds):
            time.sleep(seconds)
            return seconds
        def show(result, what):
            print(what, getattr(result, "value", result))
        reactor.callWhenRunning(lambda: defer.DeferredList([
            *(threads.deferToThread(sleep, n).addCallback(show, "slept") for n in (3, 0.5, 2)),
            threads.deferToThread(fetch).addCallback(show, "fetched"),
            reactor.resolve("localhost").addCallback(show, "found"),
            reactor.resolve("no.such.name").addErrback(show, "not found"),
        ]).addCallback(lambda _: reactor.stop()))
        reactor.run()
        """,
        script.slow(b"x" * 100),
    )
    assert [(round(t, 6), text) for t, _, text in run.lines] == [
        (0.0, "found 127.0.0.1"),
        (0.0, "not found DNS lookup failed: no.such.name."),
        (0.5, "slept 0.5"),
        (1.0, "fetched 100"),
        (2.0, "slept 2"),
        (3.0, "slept 3"),
    ]


def test_a_pool_of_ten_threads_takes_25_pieces_of_work_in_three_turns(play: Play) -> None:
    run = play(
        """
        import time
        from twisted.internet import defer, reactor, threads
        def work(number):
            time.sleep(1)
            return number
        reactor.callWhenRunning(lambda: defer.gatherResults(
            threads.deferToThread(work, n).addCallback(print) for n in range(25)
        ).addCallback(lambda _: reactor.stop()))
        reactor.run()
        """
    )
    assert [(t, text) for t, _, text in run.lines] == [(1.0 + n // 10, str(n)) for n in range(25)]


def test_a_program_s_own_threads_sleep_and_are_joined(play: Play) -> None:
    run = play(
        """
        import threading, time
        def work(seconds):
            time.sleep(seconds)
            print(seconds, time.monotonic())
        threads = [threading.Thread(target=work, args=(n,)) for n in (3, 1, 2)]
        for thread in threads:
            thread.start()
        threads[1].join()
        print("joined", time.monotonic())
        threads[0].join(timeout=0.5)
        print(threads[0].is_alive(), time.monotonic())
        """
    )
    assert run.stdout == "1 1.0\njoined 1.0\nTrue 1.5\n2 2.0\n3 3.0\n"


def test_plain_asyncio_runs_too(play: Play) -> None:
    run = play(
        """
        import asyncio, time
        async def fetch(port):
            reader, writer = await asyncio.open_connection("localhost", port)
            print(port, len(await reader.read()))
            writer.close()
        async def main():
            await asyncio.gather(fetch(10000), fetch(10001), asyncio.to_thread(time.sleep, 2))
            try:
                await asyncio.wait_for(asyncio.Event().wait(), 5)
            except TimeoutError:
                print("late")
        asyncio.run(main())
        """,
        script.slow(b"x" * 100),
        script.slow(b"x" * 30),
    )
    assert [(round(t, 3), text) for t, _, text in run.lines] == [
        (0.3, "10001 30"),
        (1.0, "10000 100"),
        (7.0, "late"),
    ]


def test_a_program_can_talk_to_itself(play: Play) -> None:
    run = play(
        """
        from twisted.internet import protocol, reactor
        class Echo(protocol.Protocol):
            def dataReceived(self, data):
                self.transport.write(data)
        class Caller(protocol.Protocol):
            def connectionMade(self):
                reactor.callLater(1, self.transport.write, b"hello")
            def dataReceived(self, data):
                print(data, self.transport.getPeer().port, self.transport.getHost().port)
                reactor.stop()
        port = reactor.listenTCP(0, protocol.Factory.forProtocol(Echo))
        factory = protocol.ClientFactory.forProtocol(Caller)
        reactor.connectTCP("127.0.0.1", port.getHost().port, factory)
        reactor.run()
        """
    )
    assert (run.stdout, run.seconds) == ("b'hello' 10000 40001\n", pytest.approx(1))


def test_a_port_is_taken_once(play: Play) -> None:
    run = play(
        """
        import socket
        first = socket.create_server(("localhost", 12345))
        print(first.getsockname())
        socket.create_server(("localhost", 12345))
        """
    )
    assert run.stdout == "('127.0.0.1', 12345)\n"
    assert run.stderr.splitlines()[-1].startswith("OSError: [Errno 98] Address already in use")


# Servers and clients.


def test_a_slow_connection_is_made_after_its_time(play: Play) -> None:
    text = """
        import socket, time
        for port in (10000, 10001):
            try:
                socket.create_connection(("localhost", port), timeout=3)
            except OSError as err:
                print(err)
            print(time.monotonic())
        """
    run = play(text, script.slow_connect(SHORT, 2), script.slow_connect(SHORT, 9))
    assert run.stdout == "2.0\ntimed out\n5.0\n"
    for client, err in (
        ("client-3.1", "Poem failed: 127.0.0.1:10000: User timeout caused connection failure.\n"),
        ("client-2.0", "Failed to connect to 127.0.0.1:10000: "
         "User timeout caused connection failure.\n"),
    ):  # fmt: skip
        run = virtual.play(client, Scenario(servers=[script.slow_connect(SHORT, 60)]))
        assert (run.seconds, run.stderr) == (pytest.approx(30), err)


def test_a_server_that_takes_one_at_a_time_keeps_the_others_waiting() -> None:
    for one, seconds in ((SHORT, 1.0), (script.schedule((0.5, b"x"), (0.5, "close")), 0.5)):
        run = virtual.play("client-2.1", Scenario(args=["{1}", "{1}"], servers=[one]))
        assert run.seconds == pytest.approx(seconds)


def test_a_big_poem_arrives_in_no_time() -> None:
    poem = b"0123456789abcdef" * (1 << 18)  # 4 MB
    for stage in ("blocking-client", "async-client", "client-2.0"):
        run = virtual.play(stage, Scenario(servers=[script.fast(poem)]))
        assert f"{len(poem)} bytes of poetry" in run.stdout
        assert (run.status, run.seconds) == (0, 0.0)


def test_scripted_clients_come_and_go() -> None:
    clients = [
        script.reader(),
        script.leaver(leave_at=25, at=0.1),
        script.Client(0.2, num_bytes=5, every=1.0),
        script.deaf(at=0.3),
        script.reader(at=90),
    ]
    run = virtual.play(
        "slow-server", Scenario(args=["poetry/pond.txt"], clients=clients, signals=[(60, "SIGINT")])
    )
    poem = (ROOT / "poetry/pond.txt").read_bytes()
    first, left, slow, deaf, late = run.clients
    assert (first.data, first.how, first.t) == (poem, "done", pytest.approx(0.4))
    assert (left.data, left.how, left.t) == (poem[:25], "left", pytest.approx(0.6))
    assert (slow.data, slow.how) == (poem, "done")
    assert slow.t == pytest.approx(0.7 + 7)
    assert deaf.data == b""
    assert late.how == ""
    assert run.status == 130


def test_a_client_of_a_stage_that_does_not_listen_is_refused() -> None:
    run = virtual.play("countdown", Scenario(clients=[script.reader(2)]))
    assert [(client.how, client.t) for client in run.clients] == [("refused", 2.0)]


# Events.


def test_the_events_tell_what_crosses_each_lane() -> None:
    run = virtual.play(
        "client-2.0", Scenario(servers=[script.slow(b"12345678901"), script.refused()])
    )
    told = [
        (round(event.t, 3), event.kind, dict(event.fields))
        for event in run.events
        if not isinstance(event, Print | Start | Exit | Wait)
    ]
    assert told == [
        (0.0, "close", {"lane": 2, "how": "refused"}),
        (0.0, "open", {"lane": 1, "poem": "", "size": 11}),
        (0.0, "sent", {"lane": 1, "bytes": 10}),
        (0.0, "read", {"lane": 1, "bytes": 10}),
        (0.1, "sent", {"lane": 1, "bytes": 1}),
        (0.1, "read", {"lane": 1, "bytes": 1}),
        (0.2, "close", {"lane": 1, "how": "done"}),
    ]
    assert isinstance(run.events[0], Start)
    assert run.of(Start)[0].argv == ["python", "twisted-client-2/get-poetry.py", "10000", "10001"]
    assert isinstance(run.events[-1], Exit)
    assert run.events[-1].fields == {"status": 1, "how": "exit"}
    assert [event.t for event in run.events] == sorted(event.t for event in run.events)


def test_a_probe_is_put_in_before_the_script_starts(play: Play) -> None:
    run = play("print('begun')", probe="builtins:print")
    probed, begun = run.stdout.splitlines()
    assert "Journal.emit" in probed
    assert begun == "begun"


def test_a_probe_that_is_not_there_is_told(play: Play) -> None:
    run = play("print('begun')", probe="companion.nothing:put")
    told = "the simulation is broken: ModuleNotFoundError: No module named 'companion.nothing'"
    assert (run.how, run.status, run.ended, run.stdout) == ("broken", 99, told, "")
