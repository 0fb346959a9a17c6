"""What tracing costs: a traced run of each Python stage beside the same run untraced.

Both in simulated time, the best of ROUNDS each, in CPU time of the stage's process. Then a run of
EVENTS events is traced, beside the same run untraced, in CPU time of all that takes part; its trace
is kept, and shown again by `companion trace --replay`. Exit status 1 where a stage takes more than
RATIO times as long, or prints anything else, or the long run or the replay keeps no limit.
Usage: python bench/tracing.py [ROUNDS]
"""

import os
import subprocess
import sys
import tempfile
import time

from companion.event import write_events
from companion.peers import script
from companion.peers.scenario import Scenario
from companion.tutorial.stages import Stage, load_map
from companion.virtual.run import Run, play
from companion.virtual.stand_ins import VirtualError

RATIO, LONG_RATIO = 3.0, 5.0
EVENTS, SECONDS, MEMORY = 100_000, 5.0, 500e6  # CPU seconds and bytes that a replay may take


def best(stage: Stage, rounds: int, traced: bool) -> Run:
    return min(
        (play(stage, Scenario(traced=traced)) for _ in range(rounds)), key=lambda run: run.cpu
    )


def measure(stage: Stage, rounds: int) -> bool:
    """Print one row; whether it keeps the limit and tracing changed nothing."""
    plain, traced = best(stage, rounds, False), best(stage, rounds, True)
    ratio = traced.cpu / plain.cpu
    same = (plain.status, plain.lines) == (traced.status, traced.lines)
    print(
        f"{stage.id:20} {plain.cpu * 1e3:7.1f} ms {traced.cpu * 1e3:7.1f} ms {ratio:5.2f}"
        f" {len(traced.events):6} events{'' if same else ', ANOTHER OUTPUT'}"
    )
    return same and ratio <= RATIO


def long_run(traced: bool) -> tuple[Run, float]:
    """A run of many events, and its CPU seconds here and in the stage's process."""
    servers = [script.slow(b"x" * 400) for _ in range(550)]
    begun = time.process_time()
    run = play("client-4.0", Scenario(servers=servers, traced=traced), limit=120)
    return run, time.process_time() - begun + run.cpu


def replay() -> bool:
    """Print what a large trace costs to make and to show; whether it keeps the limits."""
    _, untraced = long_run(False)
    run, traced = long_run(True)
    ratio = traced / untraced
    print(f"a run of {len(run.events):,} events: {untraced:.2f} s, {traced:.2f} s, {ratio:.2f}")
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".jsonl") as file:
        write_events(run.events, file)
        file.flush()
        command = [sys.executable, "-m", "companion", "trace", "--replay", file.name]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = status
    seconds, memory = used.ru_utime + used.ru_stime, used.ru_maxrss * 1024
    print(f"replay of {len(run.events):,} events: {seconds:.1f} s, {memory / 1e6:.0f} MB")
    print(f"limits: {LONG_RATIO:g} x, {SECONDS:g} s, {MEMORY / 1e6:.0f} MB")
    kept = ratio <= LONG_RATIO and seconds <= SECONDS and memory <= MEMORY
    return kept and len(run.events) >= EVENTS and not status


def main() -> int:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    print("stage                 untraced     traced ratio")
    kept = []
    for stage in load_map().stages:
        try:
            kept.append(measure(stage, rounds))
        except VirtualError:
            continue  # no Python program
    print(f"limit: {RATIO:g} x: {'kept' if all(kept) else 'NOT kept'}")
    kept.append(replay())
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
