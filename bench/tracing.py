"""What tracing costs: a traced run of each Python stage beside the same run untraced.

Both in simulated time, the best of ROUNDS each, in CPU time of the stage's process. Exit status 1
where a stage takes more than RATIO times as long, or prints anything else.
Usage: python bench/tracing.py [ROUNDS]
"""

import sys

from companion.clock import VirtualError, VirtualRun, run_virtual
from companion.stages import Stage, load_map

RATIO = 3.0
PROBE = "companion.probe:install"


def best(stage: Stage, rounds: int, probe: str) -> VirtualRun:
    return min((run_virtual(stage, probe=probe) for _ in range(rounds)), key=lambda run: run.cpu)


def measure(stage: Stage, rounds: int) -> bool:
    """Print one row; whether it keeps the limit and tracing changed nothing."""
    plain, traced = best(stage, rounds, ""), best(stage, rounds, PROBE)
    ratio = traced.cpu / plain.cpu
    same = (plain.status, plain.lines) == (traced.status, traced.lines)
    print(
        f"{stage.id:20} {plain.cpu * 1e3:7.1f} ms {traced.cpu * 1e3:7.1f} ms {ratio:5.2f}"
        f" {len(traced.events):6} events{'' if same else ', ANOTHER OUTPUT'}"
    )
    return same and ratio <= RATIO


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
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
