"""Every demonstration once as a true process, as a reader starts it: it shows what it shows in
simulated time, no deprecated name warns, and what waits for ever uses no CPU until Ctrl-C.

All run at once in threads, since most of their time is waiting; so they belong to one worker.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from companion.tutorial.stages import ROOT, Stage, load_map
from tests.helpers.demonstrations import gist, played

pytestmark = pytest.mark.slow

STAGES = [
    stage
    for stage in load_map().stages
    if stage.kind in ("demo", "tool") and stage.path.endswith(".py") and not stage.needs
]
# Those that wait longest begin first.
SLOW = ["defer-block", "inline-callbacks-1", "defer-cancel-9", "defer-cancel-10", "defer-cancel-11"]
ENDLESS = ["simple", "simple-poll", "hello", "stack"]
AT_ONCE = 12


@dataclass(frozen=True)
class Finished:
    """A true run; `seconds` from its start to its end, `idle_cpu` seconds used while it waited."""

    stdout: str
    stderr: str
    status: int
    seconds: float
    idle_cpu: float = 0.0


def start(stage: Stage) -> Finished:
    begin = time.monotonic()
    with subprocess.Popen(
        [sys.executable, "-W", "error::DeprecationWarning", stage.path, *stage.args],
        cwd=ROOT,
        env={**os.environ, "PYTHONUNBUFFERED": "1", "TZ": "UTC", "COLUMNS": "80"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        idle_cpu = interrupt_when_idle(process) if stage.id in ENDLESS else 0.0
        try:
            stdout, stderr = process.communicate(timeout=35)
        finally:
            process.kill()
    return Finished(stdout, stderr, process.returncode, time.monotonic() - begin, idle_cpu)


def interrupt_when_idle(process: "subprocess.Popen[str]") -> float:
    """Wait until a process waits, look what it uses in a second of that, and press Ctrl-C."""
    samples = [0.0]
    while samples[-1] == 0 or len(samples) < 4 or len(set(samples[-4:])) > 1:
        time.sleep(0.5)  # on a busy machine a process that starts stands still at times, too
        samples.append(cpu_seconds(process.pid))
    now = samples[-1]
    time.sleep(1)
    used = cpu_seconds(process.pid) - now
    process.send_signal(signal.SIGINT)
    return used


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.fixture(scope="module")
def starts() -> Iterator[dict[str, "Future[Finished]"]]:
    order = sorted(STAGES, key=lambda stage: stage.id not in [*SLOW, *ENDLESS])
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield {stage.id: pool.submit(start, stage) for stage in order}


@pytest.mark.parametrize("name", [stage.id for stage in STAGES if stage.id not in ENDLESS])
def test_a_true_start_shows_what_simulated_time_shows(
    name: str, starts: dict[str, "Future[Finished]"]
) -> None:
    true, virtual = starts[name].result(), played(name)
    assert virtual.how == "exit"
    assert gist(true.stdout) == gist(virtual.stdout)
    assert gist(true.stderr) == gist(virtual.stderr)
    assert true.status == virtual.status
    assert true.seconds > virtual.seconds


@pytest.mark.parametrize("name", ENDLESS)
def test_one_that_waits_for_ever_uses_no_cpu_and_ends_at_ctrl_c(
    name: str, starts: dict[str, "Future[Finished]"]
) -> None:
    true, virtual = starts[name].result(), played(name)
    assert virtual.how == "waits for ever"
    assert true.idle_cpu == 0
    assert gist(true.stdout) == gist(virtual.stdout)
    assert gist(true.stderr) == gist(virtual.stderr)
    assert true.status == 0, "reactor.run() returns at Ctrl-C, and the program ends"
