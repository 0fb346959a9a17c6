"""A trace in real time: the events of simulated time, from a real clock and real servers."""

import os
import re
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from textwrap import dedent

import pytest
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater
from twisted.internet.threads import deferToThread

from companion.event import (
    Close,
    Enter,
    Exit,
    Got,
    Interrupt,
    Open,
    Read,
    Sent,
    Start,
    Wait,
    checked,
    read_events,
)
from companion.peers import script
from companion.peers.clients import ScriptedClients
from companion.peers.scenario import AS_MAPPED, Scenario
from companion.peers.script import RESET, Client, Script
from companion.trace.show import traced_real
from companion.trace.text import head, trace_text
from companion.trace.trace import Trace
from companion.trace.turns import lane_of
from companion.tutorial.stages import ROOT, Stage, load_map
from companion.virtual import real
from companion.virtual import run as virtual
from companion.virtual.real import RealRun
from companion.virtual.run import Run, find
from tests.helpers import native
from tests.helpers.fixtures import Typed
from tests.helpers.native import serving
from tests.helpers.ports import free_port
from tests.helpers.processes import all_gone
from tests.helpers.terminal import Terminal
from tests.helpers.traces import acts, ends

pytestmark = pytest.mark.slow

STAGES = load_map().by_id
THREE = [script.reader(at) for at in (0.0, 0.5, 1.0)]  # far apart: none comes before its turn
POEM = "床前明月光，疑是地上霜。\n".encode()
Make = Callable[[str], Stage]


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waits for ever is found out sooner."""
    monkeypatch.setattr(real, "QUIET", 0.25)


@pytest.fixture
def program(tmp_path: Path) -> Make:
    """Makes a stage of a program that is given as its text."""

    def make(text: str) -> Stage:
        file = tmp_path / "program.py"
        file.write_text(dedent(text))
        return find(file)[0]

    return make


async def traced(
    stage: Stage, scripts: Sequence[Script] = (), clients: Sequence[Client] = ()
) -> Run:
    return await real.play(stage, Scenario(scripts, clients=clients, traced=True))


def slow(name: str) -> Script:
    return replace(script.slow(POEM, 10, 0.03), poem=name)


def length(wait: Wait) -> float:
    """Seconds that a wait took that came to its end."""
    assert wait.until is not None
    return wait.until - wait.t


@pytest.mark.parametrize(
    ("id", "scripts", "clients"),
    [
        ("client-1.0-broken", [slow("one"), slow("two")], ()),
        ("client-4.0", [slow("one"), slow("two")], ()),
        ("client-3.1", [script.reset_at(POEM, 20, 10, 0.03)], ()),
        ("client-7.0", [script.transform(), slow("one")], ()),
        ("asyncio-client", [slow("one")], ()),
        ("defer-7", [], ()),
        ("fastpoetry-1.0", [], THREE),
        ("proxy-3.0", [replace(script.fast(POEM), poem="poem")], THREE),
    ],
)
async def test_it_says_the_same_as_in_simulated_time(
    id: str, scripts: list[Script], clients: list[Client]
) -> None:
    stage = STAGES[id]
    run = await traced(stage, scripts, clients)
    simulated = virtual.play(stage, Scenario(servers=scripts, clients=clients, traced=True))
    assert acts(run) == acts(simulated)
    assert ends(run) == ends(simulated)
    assert (run.how, run.status) == (simulated.how, simulated.status)
    kinds = {event.kind for event in simulated.events} - {"wait"}
    assert {event.kind for event in run.events} - {"wait", "lost"} == kinds
    for event in run.events:
        assert checked(event) is event
    times = [event.t for event in run.events]
    assert times == sorted(times)
    assert times[0] >= 0
    assert isinstance(run.events[-1], Exit)


async def test_what_happens_is_told_when_it_happens() -> None:
    run = await traced(STAGES["blocking-client"], [slow("one")])
    sent, read = run.of(Sent), run.of(Read)
    assert sum(event.bytes for event in read) == len(POEM)
    assert [event.lane for event in run.of(Open, Close)] == [1, 1]
    begin = run.of(Open)[0].t
    for number, event in enumerate(sent):  # one that is late is followed the sooner by the next
        assert 0.03 * number - 0.015 < event.t - begin < 0.03 * number + 1
    assert abs(read[-1].t - sent[-1].t) < 0.5
    assert sum(map(length, run.of(Wait))) > 0.08
    assert run.seconds == run.events[-1].t >= 0.12


async def test_a_program_is_seen_to_wait_wherever_it_does(program: Make) -> None:
    stage = program(
        """
        import select, socket, sys, time
        time.sleep(0.05)
        server = socket.create_server(("127.0.0.1", 0))
        server.settimeout(0.05)
        try:
            server.accept()
        except TimeoutError:
            pass
        peer = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
        select.select([peer], [], [], 0.05)
        for make in (select.poll, getattr(select, "epoll", None)):
            if make:
                poll = make()
                poll.register(peer, select.POLLIN)
                assert poll.poll(0.05 if make is not select.poll else 50) == []
        assert peer.recv(100) == b"at last"
        assert select.select([peer], [], [], 0) == ([], [], [])
        peer.recv(100)
        """
    )
    run = await traced(stage, [script.schedule((0.3, b"at last"))])
    waits = run.of(Wait)
    calls = ["sleep", "accept", "select", "poll", *(["epoll"] if sys.platform == "linux" else [])]
    assert [wait.call for wait in waits] == [*calls, "recv", "recv"]
    *timed, first, last = waits
    for wait in timed:
        assert 0.049 <= length(wait) < 0.5
    assert length(first) > 0
    assert last.until is None
    assert run.how == "waits for ever"
    assert run.ended.endswith("in recv")


async def test_the_lanes_are_those_of_the_command_line_and_the_clients() -> None:
    run = await traced(STAGES["proxy-3.0"], [script.fast(POEM)], THREE)
    made = [event for event in run.of(Enter) if "connectionMade" in event.function]
    assert [lane_of(event) for event in made] == ["c1", "1", "c2", "c3"]
    assert [event.client for event in run.of(Got)] == [1, 2, 3]


async def test_who_refuses_resets_or_is_silent_is_told() -> None:
    scripts = [script.refused(), script.reset_at(POEM, 10, 10, 0.01), script.silence()]
    run = await traced(STAGES["client-3.1"], scripts)
    closed = sorted((event.lane, event.how) for event in run.of(Close))
    assert closed == [(1, "refused"), (2, "reset")]
    assert {event.lane for event in run.of(Open)} == {2, 3}
    assert len(run.of(Open)) == 2
    assert run.how == "waits for ever"
    assert run.of(Wait)[-1].until is None


async def test_who_leaves_a_silent_server_is_seen_to_leave(program: Make) -> None:
    stage = program(
        """
        import socket, sys
        socks = [socket.create_connection(("127.0.0.1", int(port))) for port in sys.argv[1:]]
        """
    )
    run = await traced(stage, [script.silence(), script.silence()])
    assert [event.how for event in run.of(Close)] == ["left", "left"]


async def test_tracing_in_real_time_changes_nothing() -> None:
    stage = STAGES["client-4.0"]
    scripts = [slow("one"), script.reset_at(POEM, 10, 10, 0.05)]
    run = await traced(stage, scripts)
    with serving(*scripts) as addresses:
        status, stdout, stderr = await deferToThread(
            native.run, [sys.executable, str(stage.file)], *addresses
        )
    assert (run.how, run.status, status) == ("exit", 1, 1)
    assert run.stdout == stdout.decode() == f"{POEM.decode()}\n"
    ports = re.compile(r":\d+")
    assert ports.sub("", run.stderr) == ports.sub("", stderr)
    assert run.stderr.startswith("Poem failed: ")
    assert "non-clean" in run.stderr


async def test_a_long_silence_with_a_timer_in_it_is_no_end(program: Make) -> None:
    run = await traced(
        program(
            """
            from twisted.internet import reactor
            reactor.callLater(0.9, reactor.stop)
            reactor.run()
            print("stopped")
            """
        )
    )
    assert (run.how, run.status, run.stdout) == ("exit", 0, "stopped\n")
    (wait,) = run.of(Wait)
    assert length(wait) > 0.85


async def test_a_thread_that_works_is_no_end(program: Make) -> None:
    run = await traced(
        program(
            """
            import time
            from twisted.internet import reactor
            from twisted.internet.threads import deferToThread
            reactor.callWhenRunning(
                lambda: deferToThread(time.sleep, 0.9).addCallback(lambda _: reactor.stop())
            )
            reactor.run()
            print("stopped")
            """
        )
    )
    assert (run.how, run.status, run.stdout) == ("exit", 0, "stopped\n")


async def test_a_thread_s_own_waits_are_told_as_its() -> None:
    run = await traced(STAGES["threaded-client"], [slow("one"), slow("two")])
    waits = run.of(Wait)
    assert {event.task for event in waits} == {"Task 1", "Task 2"}
    assert {(event.call, event.by) for event in waits} == {("recv", "stage")}


@pytest.mark.parametrize(
    "text",
    [
        "while True: pass",
        "import time\nwhile True: time.sleep(0.02)",
        "import time\nprint('asleep', flush=True)\ntime.sleep(60)",
    ],
)
async def test_a_program_without_an_end_is_ended(text: str, program: Make) -> None:
    run = await real.play(program(text), Scenario(traced=True), limit=0.5)
    assert (run.how, run.status) == ("still runs", 96)
    last = run.of(Wait)[-1:]
    assert [wait.until for wait in last] == ([None] if "sleep" in text else [])


@pytest.mark.parametrize("ends", ["", "while True: time.sleep(0.02)"])
@pytest.mark.parametrize("of_its_own", [False, True])
async def test_what_a_program_has_started_ends_with_it(
    of_its_own: bool, ends: str, program: Make
) -> None:
    text = f"""
import subprocess, time
print(subprocess.Popen(["sleep", "100"], start_new_session={of_its_own}).pid)
{ends}
"""
    run = await real.play(program(text), Scenario(traced=True), limit=1.0)
    assert all_gone(int(run.stdout))


async def test_a_plugin_of_one_s_own_is_what_twistd_runs(tmp_path: Path) -> None:
    text = STAGES["fastpoetry-3.0"].file.read_text(encoding="utf-8")
    mine = tmp_path / "mine.py"
    mine.write_text(text.replace("PoetryProtocol", "OwnProtocol"), encoding="utf-8")
    stage = STAGES["fastpoetry-3.0"].played_by(mine)
    scenario = Scenario(clients=(script.reader(),), traced=True)
    for run in (await real.play(stage, scenario, limit=2.0), virtual.play(stage, scenario)):
        called = {event.function for event in run.of(Enter)}
        assert "OwnProtocol.connectionMade" in called
        assert "PoetryProtocol.connectionMade" not in called
        assert run.clients[0].how == "done"


async def test_what_is_known_when_it_is_broken_off_is_told() -> None:
    scenario = Scenario([script.endless(b"la ", 0.02)], traced=True)
    trace = RealRun(STAGES["client-4.0"], scenario)
    running = Deferred.fromCoroutine(trace.run())
    # The process is known, and it is known to have begun.
    while not (trace.pid and trace.read and any(kind == "sent" for _, kind, _ in trace.emitted)):
        await deferLater(reactor, 0.01)
    begin = time.monotonic()
    trace.signal = 2
    trace.interrupt()
    run = await running
    assert time.monotonic() - begin < 2
    assert run is not None
    assert (run.how, len(run.of(Interrupt))) == ("still runs", 1)
    assert run.of(Read, Enter)
    (start,) = run.of(Start)
    with pytest.raises(ProcessLookupError):
        os.kill(start.pid or 0, 0)


async def test_a_trace_says_which_time_it_is_of() -> None:
    run = await traced(STAGES["defer-1"])
    assert re.fullmatch(r"defer-1: \d\.\d{3} s of real time", head(Trace(run.events)))
    assert head(Trace(virtual.play("defer-1").events)) == "defer-1: 0.000 s of simulated time"


async def test_a_client_that_resets_and_one_that_comes_too_late(program: Make) -> None:
    stage = program(
        """
        import socket, time
        server = socket.create_server(("127.0.0.1", 0))
        peer, _ = server.accept()
        server.close()
        time.sleep(0.4)
        """
    )
    run = await traced(stage, (), [Client(steps=((0.05, RESET),)), script.reader(0.2)])
    closed = [(event.client, event.how) for event in run.of(Close)]
    assert closed == [(1, "reset"), (2, "refused")]
    assert [event.client for event in run.of(Open)] == [1]


async def test_a_client_that_connects_is_waited_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        clients = ScriptedClients([script.deaf()], lambda kind, fields: None)
        clients.connect(clients.players[0], server.getsockname()[1])
        assert clients.waiting
        await clients.made[0]
        assert not clients.waiting
        clients.stop()


async def test_a_client_that_never_reads_stays_until_the_end() -> None:
    run = await traced(STAGES["fastpoetry-1.0"], (), [script.deaf(), script.leaver(leave_at=10)])
    assert [event.how for event in run.of(Close) if event.client == 2] == ["left"]
    assert not [event for event in run.of(Got) if event.client == 1]


def left_over(mark: str) -> Iterator[int]:
    """The processes that have this in their environment."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (folder / "environ").read_bytes():
                yield int(folder.name)
        except OSError:
            continue


@pytest.mark.parametrize(
    ("lang", "line"), [("en", "hello had not begun: there is nothing to show"), ("zh", "没有开始")]
)
def test_a_signal_before_the_start_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], lang: str, line: str
) -> None:
    def broken_off(run: RealRun) -> None:
        raise SystemExit(130)

    monkeypatch.setattr(real, "run_alone", broken_off)
    with pytest.raises(SystemExit, match="130"):
        traced_real(STAGES["hello"], AS_MAPPED, lang=lang)
    out, err = capsys.readouterr()
    assert out == ""
    assert line in err


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.parametrize("wait", [0.0, 2.5])
def test_ctrl_c_ends_it_at_once_with_what_is_known(wait: float) -> None:
    mark = uuid.uuid4().hex
    command = [sys.executable, "-m", "companion", "trace", "countdown", "--real"]
    with Terminal(command, TRACE_TEST=mark) as terminal:
        terminal.read_until("countdown runs in real time")
        time.sleep(wait)
        terminal.type(b"\x03")
        begin = time.monotonic()
        text = terminal.read_all()
        assert terminal.status() == 130
    assert time.monotonic() - begin < 2
    assert "Traceback" not in text
    assert "still runs" in text
    assert "s of real time" in text
    end = time.monotonic() + 5
    while list(left_over(mark)) and time.monotonic() < end:
        time.sleep(0.02)
    assert not list(left_over(mark))


def test_a_trace_in_a_pipe_can_be_kept_and_shown_again(typed: Typed, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "companion", "trace", "hello", "--real", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert (done.returncode, done.stderr) == (0, "")
    events = list(read_events(done.stdout.splitlines()))
    file = tmp_path / "trace.jsonl"
    file.write_text(done.stdout, encoding="utf-8")
    again = (
        f"{trace_text(Trace(events))}\n\nNext: companion trace --replay {file} --html trace.html\n"
    )
    assert typed("trace", "--replay", str(file)) == (0, again, "")
    assert "s of real time" in head(Trace(events))
    assert events[-1].fields["how"] == "waits for ever"


def test_a_program_that_is_no_stage_gets_what_is_typed(tmp_path: Path) -> None:
    def trace(*words: str) -> str:
        command = [sys.executable, "-m", "companion", "trace", *words]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    lines = str(ROOT / "docs" / "examples" / "lines.py")
    client = ("--client", r"0 one\r\n 0.2 close", "--signal", "SIGINT@0.5")
    text = trace(lines, *client, "--real")
    assert "s of real time" in text
    assert "> asked: one" in text
    assert "19 bytes, left" in text
    port = free_port()
    (tmp_path / "fetch.py").write_text(
        "import socket, sys\n"
        "end = socket.create_connection(('127.0.0.1', int(sys.argv[1])))\n"
        "while end.recv(999): pass\n"
    )
    assert "657 bytes" in trace("fetch.py", str(port), "--serve", f"{port}=science", "--real")
    own_client = str(Path(__file__).parents[1] / "trace" / "programs" / "timeouts.py")
    assert "client" not in trace(own_client, "--real")


def test_a_port_that_is_taken_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "nothing.py").write_text("")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        words = ["nothing.py", "--serve", f"{port}=science", "--real"]
        command = [sys.executable, "-m", "companion", "trace", *words]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"companion: Couldn't listen on 127.0.0.1:{port}: ")
    assert done.stderr.count("\n") == 1
