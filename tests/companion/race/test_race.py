"""The race: real processes over real sockets, told as events."""

import os
import resource
import signal
import sys
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from twisted.internet import reactor
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.error import ProcessDone
from twisted.internet.task import Clock, deferLater
from twisted.python.failure import Failure

from companion.event import Close, Event, Exit, Listen, One, Print, Read, Sent, Start, checked
from companion.processes.build import RunError
from companion.race.conductor import Conductor
from companion.race.course import allow_descriptors, course_of
from companion.race.process import STDERR, STDOUT, TELL, Command, Lines, StageProcess
from companion.race.race import Race
from companion.race.standings import StageStanding, Standings
from companion.tutorial.poems import find_poem
from companion.tutorial.stages import Stage, load_map
from tests.helpers.processes import alive

STAGES = load_map()
CONNECT = """
import os, signal, socket, sys, time
socks = [socket.create_connection(("127.0.0.1", int(port))) for port in sys.argv[1:]]
"""
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
READ = "for sock in socks:\n    while sock.recv(100): pass\n"


def client(folder: Path, name: str, *lines: str) -> Path:
    """A program that connects to all of its servers, and then does this."""
    path = folder / f"{name}.py"
    path.write_text(CONNECT + "\n".join(lines), encoding="utf-8")
    return path


class Seen:
    """A race that has been run: its events, and what they add up to."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def of(self, kind: type[One]) -> list[One]:
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def stages(self) -> list[StageStanding]:
        return list(Standings(self.events).stages.values())

    @property
    def stage(self) -> StageStanding:
        (only,) = self.stages
        return only


def prepared(
    entries: Sequence[str | Path], poems: Sequence[str] = ("pond",), **options: Any
) -> tuple[Race, Seen]:
    options.setdefault("delay", 0.004)
    chosen: list[Stage | Path] = [STAGES.find(e) if isinstance(e, str) else e for e in entries]
    seen = Seen()
    course = course_of(chosen, [find_poem(name) for name in poems], **options)
    return Race(course, seen.events.append), seen


async def raced(*entries: str | Path, **options: Any) -> Seen:
    race, seen = prepared(entries, **options)
    await race.run()
    return seen


async def test_the_blocking_client_takes_the_sum_and_the_select_client_the_longest() -> None:
    seen = await raced("blocking-client", "async-client", poems=("fascination", "science"))
    blocking, select = seen.stages
    assert (blocking.longest, blocking.sum) == pytest.approx((0.264, 0.512))
    assert blocking.download is not None
    assert select.download is not None
    assert blocking.download >= 0.512
    assert 0.264 <= select.download < 0.512
    for stage in (blocking, select):
        assert (stage.status, stage.whole, stage.bytes, stage.chunks) == (0, 2, 1277, 128)
        first, second = stage.lanes.values()
        assert first.opened is not None
        assert second.opened is not None
        assert first.closed is not None
        assert (second.opened >= first.closed) == (stage is blocking)
    assert blocking.last.startswith("Got 2 poems in 0:00:00.")


async def test_every_event_is_of_a_documented_kind_and_in_seconds_from_one_start() -> None:
    seen = await raced("blocking-client", "async-client")
    for event in seen.events:
        assert checked(event) is event
        assert 0 <= event.t < 10
    starts = seen.of(Start)
    assert {event.stage for event in starts} == {"blocking-client", "async-client"}
    assert abs(starts[0].t - starts[1].t) < 0.5
    for event in starts:
        python, script, port = event.argv
        assert (python, script) == ("python", STAGES.find(event.stage).path)
        assert port.isdigit()
    assert seen.of(Listen)[0].fields == {
        "lane": 1,
        "poem": "pond",
        "size": 34,
        "num_bytes": 10,
        "delay": 0.004,
        "reads": sys.platform == "linux",
    }


@pytest.mark.slow
async def test_poems_in_every_script_travel_byte_by_byte() -> None:
    poems = ("moonlight", "midnight", "loved")
    seen = await raced("async-client", poems=poems, num_bytes=1, delay=0.001)
    assert (seen.stage.status, seen.stage.whole) == (0, 3)
    sizes = [find_poem(name).size for name in poems]
    assert (seen.stage.bytes, seen.stage.chunks) == (sum(sizes), sum(sizes))
    assert [line for line in (e.text for e in seen.of(Print)) if "of poetry" in line][-3:] == [
        f"Task {number}: {size} bytes of poetry" for number, size in enumerate(sizes, 1)
    ]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what is read")
async def test_the_broken_client_lets_its_poems_wait_in_the_kernel() -> None:
    poems = ("science", "fascination")
    broken, sound = (await raced("client-1.0-broken", "client-1.0", poems=poems, delay=0.01)).stages
    for stage in (broken, sound):
        assert (stage.status, stage.whole) == (0, 2)
        for lane in stage.lanes.values():
            assert lane.read_bytes == lane.size
    assert len(broken.lanes[1].read) > 3
    assert broken.lanes[1].closed is not None
    assert sound.lanes[1].closed is not None
    assert broken.lanes[2].read[0][0] >= broken.lanes[1].closed
    assert sound.lanes[2].read[0][0] < sound.lanes[1].closed


async def test_what_is_read_never_exceeds_what_is_sent() -> None:
    seen = await raced("async-client", poems=("science",), delay=0.002)
    sent = read = 0
    for event in seen.events:
        sent += event.bytes if isinstance(event, Sent) else 0
        read += event.bytes if isinstance(event, Read) else 0
        assert read <= sent
    assert sys.platform != "linux" or read == sent == 657


@pytest.mark.parametrize(("cost", "pause"), [(0.0, 0.05), (0.001, 0.05), (0.3, 10.0)])
def test_the_kernel_is_asked_less_often_where_asking_costs_more(
    cost: float, pause: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()

    def unread(wanted: object) -> dict[object, int]:
        clock.advance(cost)
        return {}

    monkeypatch.setattr("companion.race.race.reactor", clock)
    monkeypatch.setattr("companion.race.race.time.monotonic", clock.seconds)
    monkeypatch.setattr("companion.race.unread.available", lambda: True)
    monkeypatch.setattr("companion.race.unread.unread", unread)
    race, _ = prepared(["blocking-client"])
    race.runners[0].ends, race.runners[0].unread = {1: (1, 2)}, {1: 100}
    race.poll()
    (call,) = clock.getDelayedCalls()
    assert call.getTime() - clock.seconds() == pytest.approx(pause)


async def test_a_stage_that_crashes_is_told_and_the_race_goes_on(tmp_path: Path) -> None:
    crash = client(
        tmp_path,
        "crash",
        "print('诗歌')",
        "print('no end', end='')",
        "raise ValueError('I fall down.')",
    )
    seen = await raced(crash, "blocking-client", poems=("hope",))
    crashed, blocking = seen.stages
    assert (crashed.label, crashed.status, crashed.failed) == (str(crash), 1, True)
    assert crashed.last_error == "ValueError: I fall down."
    said = [e for e in seen.of(Print) if e.stage == str(crash)]
    assert [e.text for e in said if e.stream == "stdout"] == ["诗歌", "no end"]
    assert (crashed.whole, blocking.whole, blocking.status) == (0, 1, 0)


async def test_a_killed_stage_has_no_poem_whole_that_it_left_unread(tmp_path: Path) -> None:
    killed = client(tmp_path, "killed", "time.sleep(0.15)", "os.kill(os.getpid(), 9)")
    seen = await raced(killed, poems=("pond", "science"), delay=0.01)
    assert (seen.stage.status, seen.stage.ending()) == (-9, "signal 9")
    short, long = seen.stage.lanes.values()
    assert (short.how, long.how) == ("lost", "left")
    assert (seen.stage.whole, short.sent_bytes, short.read_bytes) == (0, 34, 0)


async def test_a_program_that_cant_be_started_fails_alone(tmp_path: Path) -> None:
    bad = tmp_path / "bad.sh"
    bad.write_text("#!/no/such/interpreter\n")
    bad.chmod(0o755)
    seen = await raced(bad, "blocking-client")
    failed, blocking = seen.stages
    assert (failed.status, blocking.status) == (127, 0)
    assert failed.last_error == (
        f"can't start {bad}: the program that its first line names is missing"
    )


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("gone", "#!/no/such/sh\n", "the program that its first line names is missing"),
        ("plain", "echo\n", "it is no program; a script needs a first line such as #!/bin/sh"),
        (os.fsdecode(b"\xff\n"), "#!/no/such/sh\n", "the program that its first line names is "),
    ],
)
async def test_why_a_program_cant_be_started_is_told(
    name: str, text: str, why: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_text(text)
    path.chmod(0o755)
    seen = await raced(path)
    assert seen.stage.status == 127
    (line,) = [event.text for event in seen.of(Print)]
    shown = name.translate(dict.fromkeys((0xDCFF, ord("\n")), "\ufffd"))
    assert line.startswith(f"can't start {tmp_path}/{shown}: {why}")
    assert seen.stage.label == f"{tmp_path}/{shown}"


async def test_a_pipe_that_breaks_ends_a_program_as_in_a_shell(tmp_path: Path) -> None:
    mine = tmp_path / "mine.sh"
    mine.write_text("#!/bin/sh\nkill -s PIPE $$\necho still here\n")
    mine.chmod(0o755)
    seen = await raced(mine)
    assert (seen.stage.status, seen.stage.last) == (-signal.SIGPIPE, "")


async def test_a_launcher_that_hears_nothing_is_killed_and_its_stage_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("companion.race.race.STOP_TIME", 0.05)
    race, seen = prepared([client(tmp_path, "sleeper", "time.sleep(60)")])
    running = Deferred.fromCoroutine(race.run())
    (runner,) = race.runners
    while not seen.of(Start):
        await deferLater(reactor, 0.01)
    os.kill(runner.process.process.pid, signal.SIGSTOP)
    race.interrupt()
    await running
    assert not runner.process.going
    assert [event.status for event in seen.of(Exit)] == [-9]
    await gone(seen.of(Start)[0].pid or 0)


async def test_a_process_whose_end_cant_be_told_has_ended_all_the_same() -> None:
    def report(*_: object) -> None:
        raise OSError("no room")

    race, _ = prepared(["blocking-client"])
    process = StageProcess(race.course.racers[0].command, report)
    process.running = True
    process.exit = (0.0, 0, 0.0, 0)
    with pytest.raises(OSError, match="no room"):
        process.processEnded(Failure(ProcessDone(0)))
    await gatherResults([process.ready, process.ended])


@pytest.mark.parametrize(
    "problem", [OSError("no room"), UnicodeEncodeError("ascii", "é", 0, 1, "")]
)
async def test_whatever_a_view_raises_ends_the_race_and_is_told(problem: Exception) -> None:
    def note(event: Event) -> None:
        raise problem

    conductor = Conductor(prepared(["blocking-client"])[0].course, note, None)
    await conductor.race.run()
    assert conductor.problem is problem
    assert conductor.race.interrupted


@pytest.mark.slow
async def test_memory_and_cpu_are_the_stages_own(tmp_path: Path) -> None:
    hungry = client(
        tmp_path,
        "hungry",
        "held = bytes(80_000_000).replace(b'\\0', b'x')",
        "del held",
        "while time.process_time() < 0.2: pass",
        READ,
    )
    plain = client(tmp_path, "plain", READ)
    hungry_stage, plain_stage = (await raced(hungry, plain)).stages
    assert hungry_stage.rss is not None
    assert hungry_stage.cpu is not None
    assert plain_stage.rss is not None
    assert plain_stage.cpu is not None
    assert hungry_stage.rss > 80_000_000
    assert 6_000_000 < plain_stage.rss < 40_000_000
    assert hungry_stage.cpu >= 0.2
    assert 0 < plain_stage.cpu < 0.2


async def test_a_small_program_has_no_memory_to_tell_apart(tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.write_text("#!/bin/sh\nexit 3\n")
    small.chmod(0o755)
    seen = await raced(small)
    assert seen.stage.status == 3
    if sys.platform == "linux":
        assert seen.stage.rss is None


async def test_what_a_stage_leaves_running_is_ended_with_it(tmp_path: Path) -> None:
    leaver = tmp_path / "leaver"
    leaver.write_text("#!/bin/sh\nsleep 60 &\necho $!\n")
    leaver.chmod(0o755)
    seen = await raced(leaver)
    assert seen.stage.status == 0
    await gone(int(seen.stage.last))


@LINUX  # elsewhere init gets what a program leaves
async def test_what_a_stage_leaves_in_sessions_of_their_own_is_ended_with_it(
    tmp_path: Path,
) -> None:
    leaver = tmp_path / "leaver"
    leaver.write_text(
        """#!/bin/sh
        setsid sh -c 'setsid sh -c "echo \\$\\$; exec sleep 60" & wait' &
        sleep 0.2
        """
    )
    leaver.chmod(0o755)
    seen = await raced(leaver)
    assert (seen.stage.status, seen.stage.last.isdigit()) == (0, True)
    await gone(int(seen.stage.last))


@LINUX
async def test_a_pipe_that_another_holds_open_does_not_keep_the_race(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("companion.race.race.STOP_TIME", 0.1)
    race, _ = prepared(["blocking-client"], delay=0.5)
    running = Deferred.fromCoroutine(race.run())
    (runner,) = race.runners
    await runner.process.ready
    pid = runner.process.process.pid
    with open(f"/proc/{pid}/fd/1", "wb"), open(f"/proc/{pid}/fd/4", "wb"):
        race.interrupt()
        await running
    assert not runner.process.going


async def test_what_waits_in_a_pipe_at_the_end_is_read(tmp_path: Path) -> None:
    mine = client(tmp_path, "mine", "sys.stdout.write(f'{399 * chr(42)}\\n' * 150)")
    race, seen = prepared([mine])

    def note_slowly(event: Event) -> None:
        seen.events.append(event)
        if isinstance(event, Print):
            time.sleep(0.003)

    race.runners[0].note = note_slowly
    await race.run()
    assert [event.text for event in seen.of(Print)] == [399 * "*"] * 150


async def test_a_stage_that_leaves_its_group_is_stopped_too(tmp_path: Path) -> None:
    hopper = client(
        tmp_path, "hopper", "os.setpgid(0, os.getppid())", "print('ready')", "time.sleep(60)"
    )
    race, seen = prepared([hopper])
    running = Deferred.fromCoroutine(race.run())
    while not seen.of(Print):
        await deferLater(reactor, 0.01)
    race.interrupt()
    await running
    assert [stage.ending() for stage in seen.stages] == ["stopped"]
    await gone(seen.of(Start)[0].pid or 0)


@pytest.mark.parametrize("late", [False, True], ids=["before it is told to go", "just then"])
async def test_a_launcher_that_ends_before_the_start_is_told(late: bool) -> None:
    race, seen = prepared(["blocking-client"])
    running = Deferred.fromCoroutine(race.run())
    process = race.runners[0].process
    if late:
        await process.ready
    process.process.signalProcess("KILL")
    await running
    assert (seen.stage.status, seen.stage.last_error) == (127, "what was to start it has ended")


async def test_an_interrupt_stops_every_stage_at_once(tmp_path: Path) -> None:
    stubborn = client(
        tmp_path,
        "stubborn",
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)",
        "signal.signal(signal.SIGINT, signal.SIG_IGN)",
        "print('ready')",
        "time.sleep(60)",
    )
    race, seen = prepared((stubborn, "blocking-client"), poems=("science",), delay=1.0)
    running = Deferred.fromCoroutine(race.run())
    while "ready" not in [event.text for event in seen.of(Print)]:
        await deferLater(reactor, 0.01)
    race.interrupt()
    race.interrupt()
    await running
    assert [stage.ending() for stage in seen.stages] == ["stopped", "stopped"]
    assert [event.status for event in seen.of(Exit)] == [-9, -9]
    for event in seen.of(Start):
        await gone(event.pid or 0)


async def test_a_stage_that_has_just_been_told_to_go_is_stopped_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    race, seen = prepared(("blocking-client",), poems=("science",), delay=1.0)
    go = StageProcess.go

    def go_and_interrupt(process: StageProcess) -> None:
        go(process)
        race.interrupt()

    monkeypatch.setattr(StageProcess, "go", go_and_interrupt)
    await race.run()
    assert [stage.ending() for stage in seen.stages] == ["stopped"]


async def test_an_interrupt_before_the_start_starts_nothing() -> None:
    race, seen = prepared(("blocking-client", "async-client"))
    running = Deferred.fromCoroutine(race.run())
    race.interrupt()
    await running
    assert {event.kind for event in seen.events} == {"listen"}


async def gone(pid: int) -> None:
    """Wait until there is no such process, or only its name, for its parent to collect."""
    for _ in range(200):
        if not alive(pid):
            return
        await deferLater(reactor, 0.01)
    os.kill(pid, signal.SIGKILL)
    pytest.fail("a process was left behind")


@pytest.mark.slow
async def test_a_client_of_part_13_gets_its_transform_server() -> None:
    seen = await raced("client-6.0", poems=("hope",), delay=0.002)
    assert (seen.stage.status, seen.stage.whole, len(seen.stage.lanes)) == (0, 1, 1)
    poem = find_poem("hope").text.lower().splitlines()
    assert [event.text for event in seen.of(Print)][: len(poem)] == poem


@pytest.mark.slow
async def test_a_hundred_servers_a_stage() -> None:
    seen = await raced("async-client", poems=("pond", "spring"), servers=100, delay=0.01)
    assert (seen.stage.status, seen.stage.whole, len(seen.stage.lanes)) == (0, 100, 100)
    assert seen.stage.bytes == 50 * (34 + 148)
    assert len({event.lane for event in seen.of(Sent)}) == 100
    assert len({event.lane for event in seen.of(Close)}) == 100


def test_a_race_that_needs_more_files_than_are_allowed_is_refused() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allow_descriptors(soft)
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == (soft, hard)
    if hard != resource.RLIM_INFINITY:
        with pytest.raises(RunError, match=f"^such a race needs {hard + 1} open files, and {hard}"):
            allow_descriptors(hard + 1)
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == (soft, hard)


def test_the_default_pace_is_the_tutorials_at_three_seconds() -> None:
    poems = [find_poem(name) for name in ("ecstasy", "fascination", "science")]
    course = course_of([STAGES.find("blocking-client")], poems)
    assert [lane.num_bytes for lane in course.lanes] == [30, 10, 10]
    assert [lane.chunks for lane in course.lanes] == [101, 62, 66]
    assert course.delay == 0.03


@pytest.mark.parametrize(
    ("options", "num_bytes", "delay"),
    [
        ({"num_bytes": 1}, 1, 0.019),
        ({"delay": 0.5}, 10, 0.5),
        ({"num_bytes": 1000}, 1000, 3.0),
        # A hundred servers at most send so often that they are still on time.
        ({"servers": 100, "num_bytes": 1}, 1, 0.019),
        ({"servers": 100, "num_bytes": 1, "stages": 6}, 1, 0.03),
    ],
)
def test_the_pace_follows_from_the_options(
    options: dict[str, Any], num_bytes: int, delay: float
) -> None:
    stages = [STAGES.find("blocking-client")] * options.pop("stages", 1)
    course = course_of(stages, [find_poem("spring"), find_poem("pond")], **options)
    assert {lane.num_bytes for lane in course.lanes} == {num_bytes}
    assert course.delay == pytest.approx(delay, abs=0.002)


def test_servers_take_the_poems_in_turn() -> None:
    poems = [find_poem("spring"), find_poem("pond")]
    for servers, names in ((1, ["spring"]), (3, ["spring", "pond", "spring"])):
        course = course_of([STAGES.find("blocking-client")], poems, servers=servers)
        assert [lane.poem.name for lane in course.lanes] == names


def test_a_stage_that_races_twice_has_two_names() -> None:
    course = course_of([STAGES.find("client-1.0")] * 3, [find_poem("pond")])
    assert [racer.label for racer in course.racers] == [
        "client-1.0",
        "client-1.0 (2)",
        "client-1.0 (3)",
    ]


def test_what_is_no_client_is_refused_in_one_line(tmp_path: Path) -> None:
    poems = [find_poem("pond")]
    with pytest.raises(RunError, match=r"^slow-server is a server; only clients race$"):
        course_of([STAGES.find("slow-server")], poems)
    plain = tmp_path / "plain"
    plain.write_text("no program")
    with pytest.raises(RunError, match=r"^\S+ can't be executed; try: chmod \+x \S+$"):
        course_of([plain], poems)


def test_a_line_that_comes_before_the_word_of_the_start_is_kept() -> None:
    told: list[tuple[str, dict[str, Any]]] = []
    command = Command(("true",), Path("/"), ("true",))
    process = StageProcess(command, lambda kind, fields, t: told.append((kind, fields)))
    process.childDataReceived(TELL, b"ready\n")
    process.childDataReceived(STDOUT, b"early\n")
    process.childDataReceived(TELL, b"start 1.5 ")
    process.childDataReceived(TELL, b"4711\n")
    process.childDataReceived(STDERR, b"late\n")
    assert told == [
        ("start", {"argv": ["true"], "pid": 4711}),
        ("print", {"text": "early", "stream": "stdout"}),
        ("print", {"text": "late", "stream": "stderr"}),
    ]


def test_lines_are_put_together_from_chunks_that_cut_characters() -> None:
    text = "床前明月光\r\n疑是\n\n地上霜"
    data = text.encode()
    for size in (1, 2, 7, 100):
        lines = Lines()
        got = [
            line
            for start, end in pairwise([*range(0, len(data), size), len(data)])
            for line in lines.add(data[start:end])
        ]
        assert [*got, *lines.add(b"", final=True)] == ["床前明月光", "疑是", "", "地上霜"]


def test_output_that_is_not_utf_8_or_without_end_is_told_all_the_same() -> None:
    lines = Lines()
    assert lines.add(b"caf\xe9\n") == ["caf\ufffd"]
    assert [len(line) for line in lines.add(b"x" * 100_000)] == [100_000]
    assert lines.add(b"\n") == [""]
