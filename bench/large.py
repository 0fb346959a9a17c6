"""Large poems: does accumulating one take linear time?

Clients 2 to 9 and the blocking client each download a large poem and one four times as large,
with their output in a file; their CPU time (user and system) is compared. Status 1 where a bound
does not hold.
"""

import argparse
import sys
import tempfile
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from measure import (
    clients,
    cpu_of,
    poem_servers,
    progress,
    stage_program,
    transform_server,
    tutorial,
)
from table import Table, bound, cheapest, count, measured, ratio, run

from companion.tutorial.stages import ROOT, load_map

MEGABYTES, ROUNDS = 16, 5
POEM = ROOT / "poetry" / "ecstasy.txt"
FOUR_TIMES, BLOCKING = 5.0, 4.0  # the bounds
NOTES = (
    "CPU seconds of the program, the least of its runs: for a short poem, which is little but its"
    " start, and for the large ones. Net: the same ratio without the start. The blocking client"
    " neither decodes nor prints its poem. Clients 6 to 9 ask for a transform of it, which is"
    " refused: it is too long for a netstring. The bounds are for the tutorial's clients, to 8.0."
)


def measure(megabytes: int, rounds: int, wanted: list[str]) -> Table:
    stages = clients(load_map(), "client-2.0", "client-9.0")
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
    return table({name: list(taken.values()) for name, taken in costs.items()}, megabytes, rounds)


def table(costs: dict[str, list[list[float]]], megabytes: int, rounds: int) -> Table:
    """`costs` holds a program's CPU seconds in each round, for a short poem, the large one and the
    larger."""

    def cpu(name: str, size: int, turn: int | None = None) -> float:
        return cheapest(costs[name][size], rounds, turn)

    def by_large(name: str, turn: int | None = None) -> float:
        return ratio(cpu(name, 2, turn), cpu(name, 1, turn))

    def by_blocking(name: str, turn: int | None = None) -> float:
        return ratio(cpu(name, 2, turn), cpu("blocking-client", 2, turn))

    def row(name: str) -> tuple[str, ...]:
        start, large, larger = (cpu(name, size) for size in range(3))
        net = ratio(larger - start, large - start)
        ratios = by_large(name), net, by_blocking(name)
        return (name, *(f"{n:.3f}" for n in (start, large, larger)), *(f"{n:.2f}" for n in ratios))

    sizes = f"{megabytes} MB", f"{4 * megabytes} MB"
    head = ("client", "start", *sizes, f"/ {sizes[0]}", "net", "/ blocking")
    bounds = []
    for whose, limit, times in (
        (f"that of {sizes[0]}", FOUR_TIMES, by_large),
        ("the blocking client's", BLOCKING, by_blocking),
    ):
        numbers = {name: measured(partial(times, name), rounds) for name in tutorial(costs)}
        bounds.append(bound(f"CPU of {sizes[1]} by {whose}", limit, numbers))
    return Table("Large poems", NOTES, head, [row(name) for name in costs], bounds)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=count, default=MEGABYTES, help="of the smaller one")
    parser.add_argument("--rounds", type=count, default=ROUNDS)
    parser.add_argument("--stage", action="append", default=[], help="measure this client alone")
    args = parser.parse_args()
    return run(lambda: measure(args.megabytes, args.rounds, args.stage))


if __name__ == "__main__":
    sys.exit(main())
