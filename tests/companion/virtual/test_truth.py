"""Virtual time tells the truth: in real time, the same scripts make each stage print the same.

Lines due at the same simulated moment may come in any order in real time. A busy machine may be
late, and bring two chunks at once: so a run that differs is made again, slower, and has to differ
at every pace to count.
"""

import itertools
import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_twisted
from twisted.internet import reactor
from twisted.internet.defer import Deferred, gatherResults

from companion.peers import script
from companion.peers.scenario import Scenario
from companion.peers.script import CLOSE, Script
from companion.tutorial.stages import Stage, load_map
from companion.virtual import real
from companion.virtual import run as virtual
from companion.virtual.run import Run
from tests.helpers.netstrings import netstring
from tests.helpers.ports import free_port

pytestmark = pytest.mark.slow
STAGES = load_map()
PYTHON = [stage for stage in STAGES.stages if stage.path.endswith(".py")]
CLIENTS = [stage for stage in PYTHON if stage.kind == "client"]
SERVERS = [stage for stage in PYTHON if stage.kind in ("server", "proxy")]
PACES = (0.02, 0.05, 0.12, 0.25)  # seconds: what the times of the scripts are multiplied with
POEM = "床前明月光\n疑是地上霜\n".encode()


def sends(start: float, *pieces: bytes) -> Script:
    """A piece every 4 units, from `start` on, and then the end."""
    steps = [(start + 4 * number, piece) for number, piece in enumerate(pieces)]
    return script.schedule(*steps, (start + 4 * len(pieces), CLOSE))


# Case by case the scripts of the poetry servers and the signal, in units of time.
CASES: dict[str, tuple[list[Script], tuple[float, str] | None]] = {
    "three slow servers": (
        [script.slow(b"A leaf falls", 5, 4), sends(1, b"It has", b" begun\n"), sends(2, b"Snow\n")],
        None,
    ),
    "split characters, no poem, not UTF-8": (
        [sends(0, POEM[:4], POEM[4:20], POEM[20:]), sends(2), sends(3, "café".encode("latin-1"))],
        None,
    ),
    "a refused port and an unknown name": (
        [script.refused(), script.unknown_name(), sends(1, b"Here", b" I am\n")],
        None,
    ),
    "a reset half-way": ([script.reset_at(b"Cut short", 6, 3, 4), sends(2, b"Whole\n")], None),
    "silence": ([script.silence(), sends(1, b"Speech\n")], None),
    "an endless server": ([script.endless(b"la ", 4), sends(1, b"An end\n")], (22.5, "SIGINT")),
    "a slow connection": ([script.slow_connect(sends(0, b"Late\n"), 6), sends(1, b"Now\n")], None),
    "SIGTERM": ([sends(0, *[b"one by one"] * 9)], (10.5, "SIGTERM")),
}
# A real server can't keep the kernel from accepting at once, so a slow connection is slow in
# virtual time alone. It shows where a stage connects to all of its servers before it reads, or
# numbers its tasks as they are connected.
SEES_CONNECTIONS = {"async-client", "client-1.0", "client-1.0-broken", "client-2.0"}


def paced(one: Script, pace: float) -> Script:
    """A script with its unit of time as long as that, in seconds."""
    steps = itertools.islice(one.steps(), 50)
    return replace(
        script.schedule(*((t * pace, action) for t, action in steps)),
        connect=one.connect,
        wait=one.wait * pace,
        one_at_a_time=one.one_at_a_time,
        answer=one.answer,
    )


# What was printed, in a form that is the same in both ways.


def normal(text: str, ports: dict[str, str]) -> str:
    """A line without elapsed times, the system's words for an unknown name, and real ports."""
    text = re.sub(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+0000 ", "", text)
    text = re.sub(r"\b\d:\d\d:\d\d(\.\d+)?", "0:00:00", text)
    text = re.sub(r"\[Errno -\d\] .*", "unknown", text)
    return re.sub(r"\b[1-6]\d{4}\b", lambda found: ports.get(found[0], "a port"), text)


def difference(simulated: Run, real: Run) -> str:
    """What differs, or nothing."""
    if simulated.status != real.status and "exit" in (simulated.how, real.how):
        return f"status {simulated.status} in virtual time, {real.status} in real time"
    ports = {
        arg.rpartition(":")[2]: f"port {number}"
        for run in (simulated, real)
        for number, arg in enumerate(run.argv)
    }
    moments = itertools.groupby(simulated.lines, key=lambda line: line[0])
    wanted = [
        sorted(f"{stream}: {normal(text, ports)}" for _, stream, text in lines)
        for _, lines in moments
    ]
    lines = iter([f"{stream}: {normal(text, ports)}" for _, stream, text in real.lines])
    got = [sorted(itertools.islice(lines, len(group))) for group in wanted] + [list(lines)]
    if got == [*wanted, []]:
        return ""
    return "\n".join(["virtual:", *map(str, wanted), "real:", *map(str, got)])


async def the_same(
    stages: Sequence[Stage], both: Callable[[Stage, float], Any], paces: Sequence[float] = PACES
) -> None:
    """Run all the stages side by side; those that differ once more, slower."""
    differences: dict[str, str] = {}
    for pace in paces:
        results = await gatherResults(
            [Deferred.fromCoroutine(both(stage, pace)) for stage in stages], consumeErrors=True
        )
        differences = {stage.id: text for stage, text in zip(stages, results, strict=True) if text}
        stages = [stage for stage in stages if stage.id in differences]
        if not stages:
            return
    pytest.fail("\n\n".join(f"{name}: {text}" for name, text in differences.items()))


@pytest.fixture(autouse=True)
def a_thread_for_each() -> Iterator[None]:
    reactor.suggestThreadPoolSize(len(CLIENTS))  # type: ignore[attr-defined]
    yield
    reactor.suggestThreadPoolSize(10)  # type: ignore[attr-defined]


# Clients.


def scripts_for(stage: Stage, scripts: Sequence[Script], pace: float) -> list[Script]:
    first = [script.transform()] if stage.transforms else []
    return [paced(one, pace) for one in [*first, *scripts]]


async def client_both_ways(
    stage: Stage,
    scripts: list[Script],
    stop: tuple[float, str] | None,
    pace: float,
) -> str:
    scenario = Scenario(scripts, choices=["success"], signals=[stop] if stop else [])
    simulated = virtual.play(stage, scenario)
    if simulated.how == "waits for ever" and not stop:
        scenario = replace(scenario, signals=[(30 * pace, "SIGINT")])
        simulated = virtual.play(stage, scenario)
    limit = 10 if simulated.how == "exit" else 60 * pace
    return difference(simulated, await real.play(stage, scenario, limit=limit))


@pytest.mark.parametrize("case", CASES)
@pytest_twisted.ensureDeferred
async def test_a_client_prints_the_same_in_virtual_and_in_real_time(case: str) -> None:
    scripts, stop = CASES[case]

    def both(stage: Stage, pace: float) -> Any:
        at = (stop[0] * pace, stop[1]) if stop else None
        return client_both_ways(stage, scripts_for(stage, scripts, pace), at, pace)

    stages = [
        stage
        for stage in CLIENTS
        if (case != "a slow connection" or stage.id not in SEES_CONNECTIONS)
        # Its time-out is half a minute of real time, at whatever pace.
        and (case != "silence" or "timeout" not in stage.lesson)
    ]
    await the_same(stages, both)


# Servers and proxies.


GUESTS = {
    "poems": [
        script.reader(),
        script.sender(b"garbage", at=1),
        script.Client(2, num_bytes=7, every=2),
        script.leaver(after=1.5, at=3),
        script.leaver(leave_at=12, at=4),
        script.sender(b"GET", end=True, at=6),
    ],
    "transform": [
        script.sender(netstring(b"cummingsify.HERE IS MY POEM")),
        script.sender(b"garbage", at=1),
        script.sender(netstring(b"nodot"), at=2),
        script.sender(netstring(b"__class__.x"), at=3),
        script.sender(b"99999999:x", at=4),
        script.sender(netstring(b"cummingsify.CAF\xe9"), at=5),
        script.sender(*[bytes([byte]) for byte in netstring(b"cummingsify.SLOW")], at=6, every=1),
        script.sender(netstring(b"cummingsify.NOBODY WAITS"), end=True, at=7),
        script.leaver(after=2, at=8),
    ],
    "proxy": [
        script.reader(),
        script.reader(2),
        script.leaver(after=5, at=3),
        script.reader(20),
    ],
}
UPSTREAM = {
    "up": sends(0, b"A leaf", b" falls\n"),
    "down": script.refused(),
    "cut short": script.reset_at(b"A leaf falls\n", 6, 3, 4),
}
CONSTANTS = re.compile(r'^port = 10000$(.*)^poem_file = "[^"]*"$', re.MULTILINE | re.DOTALL)


def server_args(stage: Stage, port: int, pace: float) -> list[str]:
    args = ["--port", str(port)]
    if stage.id == "slow-server":
        args += ["--num-bytes", "20", "--delay", str(2 * pace), "poetry/pond.txt"]
    elif stage.id == "fastpoetry-3.0":
        args += ["--poem", "poetry/pond.txt"]
    elif stage.id.startswith("fastpoetry"):
        args += ["poetry/pond.txt"]
    return args


async def server_both_ways(
    stage: Stage, upstream: Sequence[Script], guests: str, pace: float
) -> str:
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        if stage.id == "fastpoetry-2.0":  # a tac file: its port and its poem are constants
            file = Path(folder, "fastpoetry.py")
            constants = rf'port = {port}\1poem_file = "poetry/pond.txt"'
            text, found = CONSTANTS.subn(constants, stage.file.read_text())
            assert found == 1
            file.write_text(text)
            stage, args = replace(stage, path=str(file)), []
        else:
            args = server_args(stage, port, pace)
        clients = [
            replace(
                client,
                at=client.at * pace,
                every=client.every * pace,
                steps=tuple((t * pace, action) for t, action in client.steps),
            )
            for client in GUESTS[guests]
        ]
        scenario = Scenario(
            [paced(one, pace) for one in upstream],
            args=[*args, *(f"{{{number}}}" for number in range(1, len(upstream) + 1))],
            clients=clients,
            signals=[(40 * pace, "SIGINT")],
        )
        simulated, ran = virtual.play(stage, scenario), await real.play(stage, scenario)
    wanted, got = ([(one.data, one.how) for one in run.clients] for run in (simulated, ran))
    if got != wanted:
        return f"the clients got\n{wanted} in virtual time\n{got} in real time"
    return difference(simulated, ran)


@pytest_twisted.ensureDeferred
async def test_a_server_prints_and_sends_the_same_in_virtual_and_in_real_time() -> None:
    def both(stage: Stage, pace: float) -> Any:
        guests = "transform" if "answers" in stage.traits else "poems"
        return server_both_ways(stage, [], guests, pace)

    await the_same([stage for stage in SERVERS if stage.kind == "server"], both)


@pytest.mark.parametrize("state", UPSTREAM)
@pytest_twisted.ensureDeferred
async def test_a_proxy_prints_and_sends_the_same_in_virtual_and_in_real_time(state: str) -> None:
    def both(stage: Stage, pace: float) -> Any:
        return server_both_ways(stage, [UPSTREAM[state]], "proxy", pace)

    await the_same([stage for stage in SERVERS if stage.kind == "proxy"], both)
