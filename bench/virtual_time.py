"""What virtual time costs, and whether it is the same every time.

For each stage over the tutorial's three servers: the process that a reader would start, if it only
imported what the stage imports and stopped (its reactor, too); the whole run in virtual time; a run
in virtual time that imports and stops; and what is left for each step of a server. The best of
ROUNDS, in CPU time of all that takes part, so that a busy machine gives the same. Then RUNS runs on
each reactor, whose output has to be the same to the byte. Exit status 1 where a limit is not kept.
Usage: python bench/virtual_time.py [ROUNDS [RUNS]]
"""

import ast
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from companion.event import Close, Sent
from companion.peers.scenario import Scenario
from companion.tutorial.stages import ROOT, load_map
from companion.virtual.run import play

STAGES = ("blocking-client", "async-client", "client-1.0", "client-2.0", "client-4.0")
REACTORS = ("epoll", "poll", "select", "asyncio")
RATIO = 1.5  # a run to the process that imports and stops
STEP = 150.0  # microseconds for a step of a server


def imports_and_stops(script: Path) -> str:
    """A program that imports what a script imports, starts its reactor where it has one, and
    stops."""
    body = ast.parse(script.read_text()).body
    lines = [ast.unparse(node) for node in body if isinstance(node, ast.Import | ast.ImportFrom)]
    if any("reactor" in line for line in lines):
        lines += ["reactor.callWhenRunning(reactor.stop)", "reactor.run()"]
    return "\n".join(lines) + "\n"


def process_cost(file: Path) -> float:
    """CPU seconds of a process of its own."""
    process = subprocess.Popen([sys.executable, file], cwd=ROOT)
    _, status, used = os.wait4(process.pid, 0)
    assert status == 0
    return used.ru_utime + used.ru_stime


def virtual_cost(stage: str | Path) -> float:
    """CPU seconds of a run in virtual time, here and in the stage's process."""
    start = time.process_time()
    run = play(stage)
    return time.process_time() - start + run.cpu


def measure(name: str, folder: Path, rounds: int) -> bool:
    """Print one row; whether it keeps the limits."""
    file = folder / f"{name}.py"
    file.write_text(imports_and_stops(load_map().find(name).file))
    run = play(name)
    steps = sum(isinstance(event, Sent | Close) for event in run.events)
    process = min(process_cost(file) for _ in range(rounds))
    whole = min(virtual_cost(name) for _ in range(rounds))
    nothing = min(virtual_cost(file) for _ in range(rounds))
    step = (whole - nothing) / steps * 1e6
    print(
        f"{name:16} {run.seconds:7.3f} s {process * 1e3:9.1f} ms {whole * 1e3:7.1f} ms"
        f" {whole / process:6.2f} {nothing * 1e3:9.1f} ms {steps:6} {step:7.1f} us"
    )
    return whole / process <= RATIO and step <= STEP


def same(reactor: str, runs: int) -> bool:
    """Print whether client 2.0 prints the same in every run on a reactor."""
    outputs = {play("client-2.0", Scenario(reactor=reactor)).stdout for _ in range(runs)}
    print(f"{reactor:8} {runs} runs, {len(outputs)} output{'s' if len(outputs) > 1 else ''}")
    return len(outputs) == 1


def main() -> int:
    rounds, runs = (*map(int, sys.argv[1:3]), *(20, 100)[len(sys.argv) - 1 :])
    print("stage            simulated   imports+stops    run    ratio  its imports  steps  a step")
    with tempfile.TemporaryDirectory() as folder:
        kept = [measure(name, Path(folder), rounds) for name in STAGES]
    kept += [same(reactor, runs) for reactor in REACTORS]
    print(f"limits: {RATIO} x, {STEP:g} us a step: {'kept' if all(kept) else 'NOT kept'}")
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
