"""Every command that the tutorial prints, typed in a fresh checkout, shows what the tutorial says.

The commands are those of parts.toml. Free ports stand in for the printed ones; the tac file, whose
port is part of its text, runs in a network namespace of its own where the machine allows it. All
scenes play at once in threads, since nearly all of their time is the tutorial's own waiting; so
they belong to one worker. Demonstrations without a server are typed by the tests of their parts.
"""

import itertools
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from companion.tutorial.poems import find_poem
from companion.tutorial.stages import ROOT, load_map
from tests.helpers.ports import free_port

pytestmark = pytest.mark.slow

ECSTASY, FASCINATION, SCIENCE = (
    find_poem(name).text for name in ("ecstasy", "fascination", "science")
)
SLOW = (
    "python blocking-server/slowpoetry.py --port 10000 --num-bytes 30 poetry/ecstasy.txt",
    "python blocking-server/slowpoetry.py --port 10001 poetry/fascination.txt",
    "python blocking-server/slowpoetry.py --port 10002 poetry/science.txt",
)
TRANSFORM = (
    "python twisted-server-1/transformedpoetry.py --port 10001",
    "python twisted-server-1/fastpoetry.py --port 10002 poetry/fascination.txt",
    "python twisted-server-1/fastpoetry.py --port 10003 poetry/science.txt",
)
# A namespace has its own loopback, which is down; this takes it up without a further package.
LOOPBACK_UP = (
    "import fcntl, socket, struct;"
    "fcntl.ioctl(socket.socket(), 0x8914, struct.pack('16sh14x', b'lo', 0x49))"
)
TYPED: set[str] = set()
SCENES: list[Callable[["Desk"], None]] = []


def scene(play: Callable[["Desk"], None]) -> Callable[["Desk"], None]:
    SCENES.append(play)
    return play


class Desk:
    """A reader's desk: a fresh checkout, terminals, and ports of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ports: dict[str, str] = {}
        self.running: list[tuple[subprocess.Popen[str], Path]] = []
        self.env = {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PYTHONUNBUFFERED": "1",
        }
        tracked = subprocess.run(
            ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout.splitlines()
        for name in tracked:
            if (ROOT / name).is_file():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, folder / name)

    def real(self, line: str) -> str:
        """The line with a free port for each printed one; the same one each time."""
        return re.sub(r"\b1[01]00\d\b", lambda match: self.port(match[0]), line)

    def port(self, printed: str) -> str:
        if printed not in self.ports:
            self.ports[printed] = str(free_port())
        return self.ports[printed]

    def start(self, line: str) -> tuple[subprocess.Popen[str], Path]:
        """Type a line in a terminal of its own, and leave it running."""
        TYPED.add(line)
        log = self.folder / f"terminal-{len(self.running)}.txt"
        with log.open("w") as out:
            process = subprocess.Popen(
                f"exec {self.real(line)}", shell=True, cwd=self.folder, env=self.env, text=True,
                stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
            )  # fmt: skip
        self.running.append((process, log))
        return process, log

    def serve(self, *lines: str) -> list[tuple[subprocess.Popen[str], Path]]:
        """Start servers and wait until each says where it listens."""
        started = [self.start(line) for line in lines]
        for process, log in started:
            # All scenes start their servers at once; one that has ended is told at once.
            see(log, r"\bon 127\.0\.0\.1:\d+|starting on \d+", 30, process)
        return started

    def type(
        self, line: str, limit: float = 40, stdin: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Type a line and wait until it is done."""
        TYPED.add(line)
        return subprocess.run(
            self.real(line), shell=True, executable="/bin/bash", cwd=self.folder, env=self.env,
            input=stdin, capture_output=True, text=True, timeout=limit,
        )  # fmt: skip

    def leave(self) -> None:
        for process, _ in self.running:
            if process.poll() is None:
                process.kill()
            process.wait()


def see(
    log: Path, pattern: str, limit: float = 15, process: subprocess.Popen[str] | None = None
) -> str:
    """Wait until a terminal shows this; AssertionError with all it shows where it does not, at
    once where the process has ended."""
    end = time.monotonic() + limit
    while True:
        over = time.monotonic() > end or (process is not None and process.poll() is not None)
        if re.search(pattern, text := log.read_text()):
            break
        assert not over, f"no {pattern!r} in: {text}"
        time.sleep(0.05)
    return text


def seconds(text: str) -> float:
    """The time in `Got 3 poems in 0:00:10.1`."""
    found = re.search(r"poems in (\d+):(\d+):([\d.]+)", text)
    assert found, text
    hours, minutes, rest = found.groups()
    return int(hours) * 3600 + int(minutes) * 60 + float(rest)


def interleaves(text: str) -> bool:
    """Whether lines of the tasks stand between each other's."""
    tasks: list[str] = re.findall(r"^Task (\d+): got", text, re.MULTILINE)
    return sum(one != two for one, two in itertools.pairwise(tasks)) > 3 * len(set(tasks))


@scene
def part_2_netcat(desk: Desk) -> None:
    desk.serve("python blocking-server/slowpoetry.py --port 10000 poetry/ecstasy.txt")
    poem, log = desk.start("netcat localhost 10000")
    first = len(see(log, "Where"))
    time.sleep(1)
    later = log.read_text()
    assert first < len(later) < len(ECSTASY), "the poem crawls out"
    assert poem.poll() is None
    desk.running[0][0].send_signal(signal.SIGINT)
    assert desk.running[0][0].wait(5) == 130
    assert "Sending 10 bytes\n" in desk.running[0][1].read_text()


@scene
def part_2_netcat_slower(desk: Desk) -> None:
    desk.serve(
        "python blocking-server/slowpoetry.py"
        " --port 10000 --num-bytes 50 --delay 5 poetry/ecstasy.txt"
    )
    _, log = desk.start("netcat localhost 10000")
    time.sleep(4)
    assert log.read_text() == ECSTASY[:50]
    time.sleep(2)
    assert log.read_text() == ECSTASY[:100]


@scene
def part_2_blocking_client(desk: Desk) -> None:
    desk.serve(*SLOW)
    done = desk.type("python blocking-client/get-poetry.py 10000 10001 10002")
    assert done.returncode == 0
    assert seconds(done.stdout) > 22.9
    assert [line.split(" from")[0] for line in done.stdout.splitlines()[:-1]] == [
        "Task 1: get poetry", "Task 1: got 3003 bytes of poetry",
        "Task 2: get poetry", "Task 2: got 620 bytes of poetry",
        "Task 3: get poetry", "Task 3: got 657 bytes of poetry",
    ]  # fmt: skip


@scene
def part_2_async_client(desk: Desk) -> None:
    desk.serve(*SLOW)
    done = desk.type("python async-client/get-poetry.py 10000 10001 10002")
    assert done.returncode == 0
    assert 10 < seconds(done.stdout) < 22, "not the 23 of the sum"
    assert interleaves(done.stdout)
    assert done.stdout.splitlines()[-4:-1] == [
        "Task 1: 3003 bytes of poetry", "Task 2: 620 bytes of poetry",
        "Task 3: 657 bytes of poetry",
    ]  # fmt: skip


@scene
def part_4_client(desk: Desk) -> None:
    desk.serve(*SLOW)
    done = desk.type("python twisted-client-1/get-poetry.py 10000 10001 10002")
    assert done.returncode == 0
    assert 10 < seconds(done.stdout) < 22, "not the 23 of the sum"
    assert interleaves(done.stdout)


@scene
def part_4_broken_client(desk: Desk) -> None:
    desk.serve(*SLOW)
    done = desk.type("python twisted-client-1/get-poetry-broken.py 10000 10001 10002")
    assert done.returncode == 0
    assert 10 < seconds(done.stdout) < 22, "as fast: the kernel has kept what came meanwhile"
    got = re.findall(r"Task \d: got (\d+)", done.stdout)
    assert sorted(got) == ["3003", "620", "657"], "one line for each whole poem"


@scene
def part_5_dead_port(desk: Desk) -> None:
    done = desk.type("python twisted-client-1/get-poetry.py 10004")
    assert done.returncode == 1
    assert "Traceback" in done.stderr
    assert "ConnectionRefusedError" in done.stderr
    done = desk.type("python twisted-client-2/get-poetry.py 10004")
    assert done.returncode == 1
    assert done.stderr.startswith(f"Failed to connect to 127.0.0.1:{desk.port('10004')}: ")
    assert "Traceback" not in done.stderr


@scene
def part_5_clients(desk: Desk) -> None:
    desk.serve(*SLOW)
    done = desk.type("python twisted-client-2/get-poetry.py 10000 10001 10002")
    assert done.returncode == 0
    assert 10 < seconds(done.stdout) < 22, "not the 23 of the sum"
    assert interleaves(done.stdout)
    done = desk.type("python twisted-client-2/get-poetry-stack.py 10000")
    assert done.returncode == 0
    assert re.search(r"tcp\.py.*in doRead(.|\n)*in dataReceived", done.stderr)


def three_poems(desk: Desk, line: str) -> None:
    desk.serve(*SLOW)
    done = desk.type(line)
    assert (done.returncode, done.stderr) == (0, "")
    # In the order in which they are whole: the first of the command line takes longest.
    assert done.stdout in (
        f"{FASCINATION}\n{SCIENCE}\n{ECSTASY}\n",
        f"{SCIENCE}\n{FASCINATION}\n{ECSTASY}\n",  # half a second apart: a busy machine's order
    )


@scene
def part_5_simple_client(desk: Desk) -> None:
    three_poems(desk, "python twisted-client-2/get-poetry-simple.py 10000 10001 10002")


@scene
def part_6_client(desk: Desk) -> None:
    three_poems(desk, "python twisted-client-3/get-poetry.py 10000 10001 10002")


@scene
def part_8_client(desk: Desk) -> None:
    three_poems(desk, "python twisted-client-4/get-poetry.py 10000 10001 10002")


@scene
def part_6_dead_port(desk: Desk) -> None:
    waiting, log = desk.start("python twisted-client-3/get-poetry.py 10004")
    done = desk.type("python twisted-client-3/get-poetry-1.py 10004")
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        f"Poem failed: 127.0.0.1:{desk.port('10004')}: "
        "Connection was refused by other side: 111: Connection refused."
    ]
    time.sleep(2)
    assert (waiting.poll(), log.read_text()) == (None, ""), "3.0 waits for ever"
    waiting.send_signal(signal.SIGINT)
    assert waiting.wait(5) == 1


@scene
def part_8_stack(desk: Desk) -> None:
    desk.serve("python blocking-server/slowpoetry.py --port 10000 poetry/pond.txt")
    done = desk.type("python twisted-client-4/get-poetry-stack.py 10000")
    calls = [
        "reactor.run", "in connectionLost", "in poemReceived", "in poem_finished",
        "d.callback", "in got_poem",
    ]  # fmt: skip
    positions = [done.stderr.find(call) for call in calls]
    assert -1 not in positions
    assert positions == sorted(positions)


@scene
def part_10_slowly(desk: Desk) -> None:
    desk.serve("python blocking-server/slowpoetry.py --port 10000 poetry/fascination.txt")
    done = desk.type("python twisted-client-5/get-poetry.py 10000")
    assert (done.returncode, bool(done.stdout), bool(done.stderr)) in (
        (0, True, False),
        (1, False, True),
    )


@scene
def part_10_outcomes(desk: Desk) -> None:
    desk.serve("python twisted-server-1/fastpoetry.py --port 10000 poetry/fascination.txt")
    poem = f"{FASCINATION}\n"
    outcomes = {
        (0, poem.lower(), False),
        (0, f"Cummingsify failed!\n{poem}", False),
        (1, "", True),
    }
    for client in ("get-poetry.py", "get-poetry-1.py"):
        seen = set()
        for _ in range(40):
            done = desk.type(f"python twisted-client-5/{client} 10000")
            failed = done.stderr.startswith("The poem download failed")
            seen.add((done.returncode, done.stdout, failed))
            if seen == outcomes:
                break
        assert seen == outcomes
    done = desk.type("python twisted-client-5/get-poetry.py 10004")
    assert done.returncode == 1
    assert "The poem download failed: 127.0.0.1:" in done.stderr


@scene
def part_11(desk: Desk) -> None:
    (server, _) = desk.serve(
        "python twisted-server-1/fastpoetry.py --port 10000 poetry/ecstasy.txt"
    )[0]
    for _ in range(2):
        assert desk.type("netcat localhost 10000").stdout == ECSTASY
        assert desk.type("python twisted-client-4/get-poetry.py 10000").stdout == f"{ECSTASY}\n"
    server.send_signal(signal.SIGINT)
    assert server.wait(5) == 130


@scene
def part_12(desk: Desk) -> None:
    desk.serve("python twisted-server-1/transformedpoetry.py --port 11000")
    assert desk.type("./twisted-server-1/transform-test 11000").stdout == "15:here is my poem,"


def transforming(desk: Desk, number: int) -> None:
    """Clients 6.0 to 9.0 show the same."""
    line = f"python twisted-client-{number}/get-poetry.py 10001 10002 10003"
    servers = desk.serve(*TRANSFORM)
    done = desk.type(line)
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(done.stdout.split("\n\n")) == sorted(
        f"{FASCINATION}\n{SCIENCE}\n".lower().split("\n\n")
    )
    servers[0][0].kill()
    servers[0][0].wait()
    done = desk.type(line)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("Cummingsify failed!\n") == 2
    for poem in (FASCINATION, SCIENCE):
        assert poem in done.stdout
    servers[1][0].kill()
    servers[1][0].wait()
    done = desk.type(line)
    assert done.returncode == 1
    assert f"The poem download failed: 127.0.0.1:{desk.port('10002')}: " in done.stderr
    assert SCIENCE in done.stdout


@scene
def part_13(desk: Desk) -> None:
    transforming(desk, 6)


@scene
def part_17(desk: Desk) -> None:
    transforming(desk, 7)


@scene
def part_18(desk: Desk) -> None:
    transforming(desk, 8)


@scene
def part_14(desk: Desk) -> None:
    desk.serve("python twisted-server-1/fastpoetry.py --port 10001 poetry/ecstasy.txt")
    for proxy in ("twisted-server-1/poetry-proxy.py", "twisted-server-2/poetry-proxy.py"):
        process, log = desk.serve(f"python {proxy} --port 10000 10001")[0]
        for _ in range(2):
            done = desk.type("python twisted-client-4/get-poetry.py 10000")
            assert (done.returncode, done.stdout) == (0, f"{ECSTASY}\n")
        assert log.read_text().splitlines()[1:] == [
            "Fetching poem from server.",
            "Using cached poem.",
        ]
        process.send_signal(signal.SIGINT)
        assert process.wait(5) == 130


@scene
def part_15(desk: Desk) -> None:
    done = desk.type("trial tests/test_poetry.py")
    assert done.returncode == 0
    assert done.stdout.count("[OK]") == 2
    assert "PASSED (successes=2)" in done.stdout
    assert (desk.folder / "_trial_temp" / "test.log").is_file()


def in_namespace(script: str) -> str:
    """A script with the machine's port 10000 to itself, where namespaces can be made."""
    can = subprocess.run(["unshare", "-rn", "true"], capture_output=True, check=False)
    if can.returncode:
        return script
    return f"""unshare -rn bash <<'END'
python -c "{LOOPBACK_UP}"
{script}
END"""


@scene
def part_16_tac(desk: Desk) -> None:
    done = desk.type("python twisted-server-3/fastpoetry.py")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    waits = "for i in $(seq 100); do netcat -z localhost 10000 && break; sleep 0.1; done"
    serve = "twistd --nodaemon --python twisted-server-3/fastpoetry.py"
    fetch, kill = "netcat localhost 10000", "kill `cat twistd.pid`"
    TYPED.update([serve, fetch, kill])
    script = f"{serve} & {waits}; {fetch}; {kill}; wait; ls"
    done = subprocess.run(
        ["bash", "-c", in_namespace(script)], cwd=desk.folder, env=desk.env,
        capture_output=True, text=True, timeout=30, stdin=subprocess.DEVNULL, check=False,
    )  # fmt: skip
    assert ECSTASY in done.stdout
    log = re.sub(r"(?m)^\S+ \[[^]]*\] ", "", done.stdout)
    for line in (
        "loaded a poem from: poetry/ecstasy.txt",
        "sending 3003 bytes of poetry to 127.0.0.1:",
        "Received SIGTERM, shutting down.",
        "Server Shut Down.",
    ):
        assert line in log
    assert "PoetryFactory starting on 10000" in log
    assert "twistd.pid" not in done.stdout.splitlines()


@scene
def part_16_plugins(desk: Desk) -> None:
    done = desk.type("twistd")
    assert re.search(r"^ +fastpoetry +A fast poetry service\.$", done.stdout, re.MULTILINE)
    assert "--anonymous" not in done.stdout
    assert "--userAnonymous" in desk.type("twistd ftp --help").stdout
    ftp, log = desk.start("twistd --nodaemon ftp --port 10001")
    see(log, r"FTPFactory starting on \d+")
    ftp.send_signal(signal.SIGINT)
    ftp.wait(5)
    assert "--poem" in desk.type("twistd fastpoetry --help").stdout


@scene
def part_16_daemon(desk: Desk) -> None:
    done = desk.type("twistd fastpoetry --port 10000 --poem poetry/ecstasy.txt")
    assert (done.returncode, done.stdout) == (0, ""), "the prompt returns"
    log, pid = desk.folder / "twistd.log", desk.folder / "twistd.pid"
    see(log, r"starting on \d+")
    assert int(pid.read_text()) > 0
    assert desk.type("netcat localhost 10000").stdout == ECSTASY
    see(log, "sending 3003 bytes of poetry")
    assert desk.type("kill `cat twistd.pid`").returncode == 0
    see(log, r"Server Shut Down\.")
    end = time.monotonic() + 5
    while pid.exists():
        assert time.monotonic() < end, "twistd.pid goes with its process"
        time.sleep(0.05)


@scene
def part_19(desk: Desk) -> None:
    slow, proxy = desk.serve(
        "python blocking-server/slowpoetry.py --port 10001 poetry/ecstasy.txt",
        "python twisted-server-4/poetry-proxy.py --port 10000 10001",
    )
    curl, _ = desk.start("curl --http0.9 localhost:10000")
    see(slow[1], "(Sending 10 bytes\n){5}")
    curl.send_signal(signal.SIGINT)
    see(proxy[1], "Fetching poem from server.\nCanceling poem download.\n")
    see(slow[1], "left before the end")
    sent = slow[1].read_text().count("Sending")
    time.sleep(0.5)
    assert slow[1].read_text().count("Sending") == sent, "the slow server stops"


@scene
def part_22_threads_and_tasks(desk: Desk) -> None:
    desk.serve(*SLOW)
    for client in ("threaded", "asyncio"):
        done = desk.type(f"python {client}-client/get-poetry.py 10000 10001 10002")
        assert (done.returncode, done.stderr) == (0, "")
        assert 10 < seconds(done.stdout) < 22, "not the 23 of the sum"
        got = [line for line in done.stdout.splitlines() if " got " in line]
        assert [line[:6] for line in got] == ["Task 2", "Task 3", "Task 1"]


@scene
def part_22_traces(desk: Desk) -> None:
    for client in ("threaded", "asyncio"):
        done = desk.type(f"companion trace {client}-client")
        assert (done.returncode, done.stderr) == (0, "")
        assert all(f"\nTask {number} " in done.stdout for number in (1, 2, 3))


@scene
def part_22_client(desk: Desk) -> None:
    transforming(desk, 9)


@scene
def part_22_silence(desk: Desk) -> None:
    desk.serve("python blocking-server/slowpoetry.py --port 10000 --delay 60 poetry/pond.txt")
    began = time.monotonic()
    done = desk.type("python twisted-client-9/get-poetry.py 10001 10000", limit=120)
    assert time.monotonic() - began > 30
    assert (done.returncode, done.stdout) == (1, "")
    line = f"127.0.0.1:{desk.port('10000')}: nothing has come for 30 seconds\n"
    assert done.stderr == f"The poem download failed: {line}"


@scene
def part_22_race(desk: Desk) -> None:
    clients = "blocking-client threaded-client async-client client-8.0 client-9.0 asyncio-client"
    done = desk.type(f"companion race {clients}", limit=90)
    assert (done.returncode, done.stderr) == (0, "")
    assert all(name in done.stdout for name in clients.split())


@pytest.fixture(scope="module")
def plays(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Future[None]]]:
    """Every scene, begun at once."""

    def play(one: Callable[[Desk], None], folder: Path) -> None:
        desk = Desk(folder)
        try:
            one(desk)
        finally:
            desk.leave()

    with ThreadPoolExecutor(len(SCENES)) as pool:
        yield {
            one.__name__: pool.submit(play, one, tmp_path_factory.mktemp(one.__name__))
            for one in SCENES
        }


@pytest.mark.parametrize("name", [one.__name__ for one in SCENES])
def test_what_the_tutorial_prints_works_as_printed(
    name: str, plays: dict[str, Future[None]]
) -> None:
    if shutil.which("netcat") is None or shutil.which("curl") is None:
        pytest.skip("netcat or curl is missing; on Debian: apt-get install netcat-openbsd curl")
    plays[name].result()


def test_no_printed_command_of_a_network_stage_is_left_out(plays: dict[str, Future[None]]) -> None:
    for play in plays.values():
        play.exception()
    demonstrations = {
        f"python {stage.path}" for stage in load_map().stages if stage.kind != "client"
    }
    parts = tomllib.loads((ROOT / "parts.toml").read_text())["part"]
    printed = {
        line
        for part in parts
        if part["number"] not in (20, 21)  # Erlang and Haskell have tests of their own
        for attempt in part.get("try", ())
        for line in (*attempt.get("servers", ()), *attempt["type"])
    }
    assert printed - TYPED - demonstrations <= set()
