"""Does a check take longer than it did? Each stage's own file, checked by this tool and by that of
an earlier commit, by turns.

Gives the CPU seconds of all processes that a check starts, the best of ROUNDS, and the ratio. The
bound: no file takes a tenth longer than before the checks were put into groups. Linux alone.
Usage: python bench/checking.py [ROUNDS [COMMIT [STAGE ...]]]
"""

import ctypes
import os
import resource
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Sequence
from pathlib import Path

from table import Measured, Table, bound, cheapest, measured, ratio, run

from companion.tutorial.stages import ROOT, load_map

BEFORE = "736ff2c"  # the last commit before there were groups
STAGES = (
    *("slow-server", "blocking-client", "async-client", "client-1.0", "client-2.1", "client-4.0"),
    *("client-5.0", "client-8.0", "fastpoetry-1.0", "fastpoetry-3.0", "transform-server"),
    *("proxy-2.0", "hello", "countdown", "defer-8", "gen-2", "deferred-list-3"),
)
PR_SET_CHILD_SUBREAPER = 36  # of prctl(2): whoever is left behind becomes a child of this process


def cost(root: Path, file: Path, stage: str) -> float:
    """CPU seconds of a check by the tool in `root`, and of all that it starts."""
    env = {**os.environ, "PYTHONPATH": str(root), "PYTHONDONTWRITEBYTECODE": ""}
    command = [sys.executable, "-m", "companion", "check", str(file), "--as", stage]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, cwd=root, env=env, stdout=subprocess.DEVNULL, check=False)
    while True:
        try:
            os.wait()
        except ChildProcessError:
            break
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def compared(now: Sequence[float], before: Sequence[float]) -> Measured:
    """The ratio of the cheapest, and those of the single rounds."""
    rounds = len(now)
    return measured(
        lambda turn: ratio(cheapest(now, rounds, turn), cheapest(before, rounds, turn)), rounds
    )


def measure(rounds: int, commit: str = BEFORE, *stages: str) -> Table:
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    ratios: dict[str, Measured] = {}
    rows: list[tuple[str, ...]] = []
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder, "tree.tar")
        subprocess.run(["git", "archive", "-o", archive, commit], cwd=ROOT, check=True)
        with tarfile.open(archive) as tree:
            tree.extractall(folder, filter="data")
        for name in stages or STAGES:
            file = load_map().find(name).file
            roots = (ROOT, Path(folder))
            pairs = [[cost(root, file, name) for root in roots] for _ in range(rounds)]
            now, before = zip(*pairs, strict=True)
            ratios[name] = compared(now, before)
            value = f"{ratios[name].value:.2f}"
            rows.append((name, f"{min(now):.3f}", f"{min(before):.3f}", value))
    notes = f"CPU seconds of `companion check`, the best of {rounds}, beside commit {commit}."
    limits = [bound("a check, in times the one before", 1.1, ratios)]
    return Table("What a check costs", notes, ("file", "now", "before", "ratio"), rows, limits)


if __name__ == "__main__":
    rounds, *rest = sys.argv[1:] or ["5"]
    sys.exit(run(lambda: measure(int(rounds), *rest)))
