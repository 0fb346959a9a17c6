"""Many slow servers at once: what does a poem cost the clients, and what the peers?

Runs each Twisted client beside asyncio streams, trio and a bare epoll loop, one after another,
with N slow servers, and compares CPU time (user and system). Status 1 where a bound does not hold.
"""

import argparse
import sys
from contextlib import ExitStack
from dataclasses import dataclass, field

from measure import (
    TRANSFORM,
    BenchError,
    Program,
    clients,
    cpu_of,
    every_descriptor,
    peer,
    poem_servers,
    progress,
    stage_program,
    transform_server,
)
from table import Table, as_text, bound, ratio

from companion.stages import ROOT, load_map

NUMBERS = (1, 100, 1000, 4000)
ROUNDS = 2
PORTS = 8  # one address is given many times
SENDS = 20_000  # a second, of all servers together: what one process can send on time
POEM = ROOT / "poetry" / "spring.txt"
ASYNCIO, BARE, LINEAR = 0.7, 2.0, 1.25  # the bounds
PEERS = ("asyncio_streams", "trio_streams", "bare_epoll")
NOTES = (
    "CPU time in microseconds a poem, without the start of the program (one poem, in seconds), with"
    " N slow servers that send the same poem, 10 bytes at a time. For each poem clients 6 to 8 make"
    " a second connection, to the transform server, and so do the peers named with it. Growth: what"
    " a further poem costs in the last step of N by what it costs in the one before."
)


@dataclass
class Costs:
    """The least CPU seconds that each program has taken, by the number of servers."""

    least: dict[str, dict[int, float]] = field(default_factory=dict)
    transforms: dict[str, bool] = field(default_factory=dict)

    def add(self, program: Program, number: int, cpu: float) -> None:
        self.transforms[program.name] = program.transforms
        taken = self.least.setdefault(program.name, {})
        taken[number] = min(cpu, taken.get(number, cpu))

    def per_poem(self, name: str, number: int) -> float:
        """CPU seconds a poem, without what one poem costs with the program's start."""
        taken = self.least[name]
        return (taken[number] - taken[min(taken)]) / number

    def growth(self, name: str) -> float:
        """What a further poem costs in the last step of N, by what it costs in the one before."""
        taken = self.least[name]
        start, middle, end = sorted(taken)[-3:]
        before = (taken[middle] - taken[start]) / (middle - start)
        return ratio((taken[end] - taken[middle]) / (end - middle), before)


def programs(wanted: list[str], transform: str) -> list[Program]:
    """The peers and the stages, in the order in which they run."""
    stages = [s for s in clients(load_map(), "client-2.1", "client-8.0")]
    chosen = [stage_program(s) for s in stages if not wanted or s.id in wanted]
    plain = [program for program in chosen if not program.transforms]
    other = [program for program in chosen if program.transforms]
    found = [*(peer(name) for name in PEERS), *plain] if plain else []
    if other:
        found += [*(peer(name, "--transform", transform) for name in PEERS), *other]
    return found


def measure(numbers: list[int], rounds: int, wanted: list[str]) -> Costs:
    """Run every program with each number of servers, all of them once in each round."""
    every_descriptor()
    costs = Costs()
    size = POEM.stat().st_size + 1  # its lower case is as long; print adds a line's end
    with ExitStack() as stack:
        transform = stack.enter_context(transform_server())
        chosen = programs(wanted, transform)
        for turn in range(rounds):
            for number in sorted(numbers):
                delay = max(0.01, number / SENDS)
                # The smallest are quick, and their noise weighs most.
                again = 3 if number <= 100 and rounds > 1 else 1
                with poem_servers(PORTS, delay, POEM) as addresses:
                    for program in again * chosen:
                        progress(f"round {turn + 1} of {rounds}, N = {number}, {program.name}")
                        args = [addresses[n % PORTS] for n in range(number)]
                        if program.transforms and program.name.startswith("client"):
                            args.insert(0, transform)
                        costs.add(program, number, cpu_of(program, args, number * size))
    progress("")
    return costs


def beside(costs: Costs, name: str, other: str) -> float:
    """A program's CPU a poem by that of the peer that does the same job, at the largest N."""
    most = max(costs.least[name])
    rival = other + costs.transforms[name] * TRANSFORM
    return ratio(costs.per_poem(name, most), costs.per_poem(rival, most))


def table(costs: Costs) -> Table:
    numbers = sorted(next(iter(costs.least.values())))
    stages = [name for name in costs.least if name.startswith("client")]
    bounds = [
        bound(
            f"CPU a poem at N = {numbers[-1]:,} by {whose}",
            limit,
            {name: beside(costs, name, other) for name in stages},
        )
        for other, whose, limit in (
            ("asyncio streams", "asyncio streams'", ASYNCIO),
            ("bare epoll", "the bare loop's", BARE),
        )
    ]
    head = ["program", "start, s", *(f"N = {number:,}" for number in numbers[1:])]
    head += ["/ asyncio", "/ bare epoll"]
    if len(numbers) > 2:
        grown = {name: costs.growth(name) for name in stages}
        what = f"a further poem's CPU, to N = {numbers[-1]:,} by that to N = {numbers[-2]:,}"
        bounds.append(bound(what, LINEAR, grown))
        head.append("growth")
    rows = [row(costs, name, numbers) for name in costs.least]
    return Table("Many slow servers at once", NOTES, tuple(head), rows, bounds)


def row(costs: Costs, name: str, numbers: list[int]) -> tuple[str, ...]:
    cells = [name, f"{costs.least[name][numbers[0]]:.2f}"]
    cells += [f"{costs.per_poem(name, number) * 1e6:.0f}" for number in numbers[1:]]
    cells += [f"{beside(costs, name, other):.2f}" for other in ("asyncio streams", "bare epoll")]
    if len(numbers) > 2:
        cells.append(f"{costs.growth(name):.2f}")
    return tuple(cells)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--numbers", type=int, nargs="+", default=NUMBERS, metavar="N")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--stage", action="append", default=[], help="measure this stage alone")
    args = parser.parse_args()
    try:
        result = table(measure(sorted({1, *args.numbers}), args.rounds, args.stage))
    except BenchError as err:
        sys.exit(f"bench: {err}")
    print(as_text(result))
    return result.status


if __name__ == "__main__":
    sys.exit(main())
