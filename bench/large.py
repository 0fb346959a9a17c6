"""Large poems: does accumulating one take linear time?

Clients 2 to 8 and the blocking client each download a large poem and one four times as large,
with their output in a file; their CPU time (user and system) is compared. Status 1 where a bound
does not hold.
"""

import argparse
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from measure import (
    clients,
    cpu_of,
    poem_servers,
    progress,
    stage_program,
    transform_server,
)
from table import Table, bound, count, ratio, run

from companion.tutorial.stages import ROOT, load_map

MEGABYTES, ROUNDS = 16, 5
POEM = ROOT / "poetry" / "ecstasy.txt"
FOUR_TIMES, BLOCKING = 5.0, 4.0  # the bounds
NOTES = (
    "CPU seconds of the program, the least of its runs: for a short poem, which is little but its"
    " start, and for the large ones. Net: the same ratio without the start. The blocking client"
    " neither decodes nor prints its poem. Clients 6 to 8 ask for a transform of it, which is"
    " refused: it is too long for a netstring."
)


def measure(megabytes: int, rounds: int, wanted: list[str]) -> Table:
    stages = clients(load_map(), "client-2.0", "client-8.0")
    found = [load_map().find("blocking-client"), *stages]
    programs = [stage_program(s) for s in found if s not in stages or not wanted or s.id in wanted]
    sizes = (0, megabytes << 20, 4 * megabytes << 20)
    costs: dict[str, dict[int, list[float]]] = {p.name: {} for p in programs}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        transform = stack.enter_context(transform_server())
        poem = POEM.read_bytes()
        addresses = {}
        for size in sizes:
            path = folder / f"{size}.txt"
            path.write_bytes(poem * max(1, size // len(poem)))
            addresses[size] = stack.enter_context(poem_servers(1, 0, path))
        for turn in range(rounds):
            for program in programs:
                for size in sizes:
                    progress(f"round {turn + 1} of {rounds}, {size >> 20} MB, {program.name}")
                    args = [transform] * program.transforms + addresses[size]
                    costs[program.name].setdefault(size, []).append(cpu_of(program, args))
    progress("")
    least = {name: [min(taken[size]) for size in sizes] for name, taken in costs.items()}
    return table(least, megabytes)


def table(least: dict[str, list[float]], megabytes: int) -> Table:
    """`least` holds a program's CPU seconds for a short poem, the large and the larger one."""
    blocking = least["blocking-client"][2]
    rows = [
        (
            name,
            f"{start:.3f}",
            f"{large:.3f}",
            f"{larger:.3f}",
            f"{ratio(larger, large):.2f}",
            f"{ratio(larger - start, large - start):.2f}",
            f"{ratio(larger, blocking):.2f}",
        )
        for name, (start, large, larger) in least.items()
    ]
    sizes = f"{megabytes} MB", f"{4 * megabytes} MB"
    head = ("client", "start", *sizes, f"/ {sizes[0]}", "net", "/ blocking")
    stages = {name: cpu for name, cpu in least.items() if name != "blocking-client"}
    bounds = [
        bound(
            f"CPU of {sizes[1]} by that of {sizes[0]}",
            FOUR_TIMES,
            {name: ratio(cpu[2], cpu[1]) for name, cpu in stages.items()},
        ),
        bound(
            f"CPU of {sizes[1]} by the blocking client's",
            BLOCKING,
            {name: ratio(cpu[2], blocking) for name, cpu in stages.items()},
        ),
    ]
    return Table("Large poems", NOTES, head, rows, bounds)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=count, default=MEGABYTES, help="of the smaller one")
    parser.add_argument("--rounds", type=count, default=ROUNDS)
    parser.add_argument("--stage", action="append", default=[], help="measure this client alone")
    args = parser.parse_args()
    return run(lambda: measure(args.megabytes, args.rounds, args.stage))


if __name__ == "__main__":
    sys.exit(main())
