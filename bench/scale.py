"""Many slow servers at once: what does a poem cost the clients, and what the peers?

Runs each Twisted client, asyncio streams, trio and a bare epoll loop one after another, every one
of them with N slow servers, and compares their CPU time (user and system). Status 1 where a bound
does not hold.
"""

import argparse
import sys
from dataclasses import dataclass, field

from measure import (
    TRANSFORM,
    Program,
    clients,
    cpu_of,
    every_descriptor,
    peer,
    poem_servers,
    progress,
    stage_program,
    transform_server,
    tutorial,
)
from table import Measured, Table, bound, cheapest, count, measured, ratio, run

from companion.tutorial.stages import ROOT, load_map

NUMBERS = (1, 100, 1000, 4000)
PORTS = 8  # one address is given many times
# A second, of all servers together. At twice as many, asyncio and trio can't keep up: they find
# several pieces at once, which is cheaper, and the servers are no longer what is slow.
SENDS = 13_000
SMALL, REPEAT, ROUNDS = 100, 2, 5
POEM = ROOT / "poetry" / "spring.txt"
PEERS = ("asyncio_streams", "bare_epoll", "bare_twisted", "trio_streams")
BESIDE = ("asyncio streams", "bare epoll", "bare twisted")  # with a column of their own
ASYNCIO, BARE, LINEAR = 0.7, 1.25, 1.25  # the bounds
NOTES = (
    "CPU time in microseconds a poem, without the start of the program (with its first poem, in "
    "seconds), with N slow servers that send a poem of 15 pieces. For each poem clients 6 to 9 "
    "make a second connection, to the transform server, and so do the peers named with it. "
    "Growth: what each further poem costs up to the largest N, by what each from the smallest "
    "shown to the next: 1 is linear. The start of the program is in neither; its noise is as "
    "large as what 100 poems cost, so that a number there may be below 0. Bare epoll is the least "
    "that a loop in Python can do, bare Twisted the least with the library: what a client costs "
    "beyond it is its own, and has a bound; what Twisted costs beyond bare epoll differs from one "
    "kind of processor to the next, and has none. The bounds are for the tutorial's clients, 2.1 "
    "to 8.0; client 9.0 has endpoints, coroutines and time-outs, and pays for them."
)


@dataclass
class Costs:
    """The CPU seconds that each program has taken, by the number of servers."""

    runs: dict[str, dict[int, list[float]]] = field(default_factory=dict)
    transforms: dict[str, bool] = field(default_factory=dict)

    def add(self, program: Program, number: int, cpu: float) -> None:
        self.transforms[program.name] = program.transforms
        self.runs.setdefault(program.name, {}).setdefault(number, []).append(cpu)

    @property
    def numbers(self) -> list[int]:
        return sorted(next(iter(self.runs.values())))

    @property
    def rounds(self) -> int:
        """How often each program has run with the most servers: once a round."""
        return len(next(iter(self.runs.values()))[self.numbers[-1]])

    def cpu(self, name: str, number: int, turn: int | None = None) -> float:
        """A program's CPU seconds in a round, or in all: the least, for noise only adds."""
        return cheapest(self.runs[name][number], self.rounds, turn)

    def start(self, name: str) -> float:
        """What a program costs with the least servers, one."""
        return self.cpu(name, self.numbers[0])

    def poem(self, name: str, number: int, turn: int | None = None) -> float:
        """CPU seconds a poem, without the start."""
        return (self.cpu(name, number, turn) - self.start(name)) / number

    def per_poem(self, name: str, number: int) -> Measured:
        """The same, with what single rounds say."""
        return measured(lambda turn: self.poem(name, number, turn), self.rounds)

    def beside(self, name: str, other: str) -> Measured:
        """A poem's cost by that of the peer that does the same job, at the largest N."""
        rival, most = other + self.transforms[name] * TRANSFORM, self.numbers[-1]

        def times(turn: int | None) -> float:
            return ratio(self.poem(name, most, turn), self.poem(rival, most, turn))

        return measured(times, self.rounds)

    def ratios(self, name: str) -> list[str]:
        """A poem's cost by each of BESIDE, as a table has it."""
        return [f"{self.beside(name, other).value:.2f}" for other in BESIDE]

    def growth(self, name: str) -> Measured:
        """What a further poem costs near the largest N, by what it costs near the smallest."""
        shown = self.numbers[1:] if self.numbers[3:] else self.numbers

        def times(turn: int | None) -> float:
            near = self.further(name, turn, shown[:2])
            return ratio(self.further(name, turn, shown[-2:]), near)

        return measured(times, self.rounds)

    def further(self, name: str, turn: int | None, numbers: list[int]) -> float:
        """CPU seconds for each poem that the more servers of two numbers give beyond the fewer."""
        some, more = numbers
        return (self.cpu(name, more, turn) - self.cpu(name, some, turn)) / (more - some)


def programs(wanted: list[str], transform: str) -> list[Program]:
    """What is measured, in the order of the runs: the peers stand amid the stages of their job."""
    stages = clients(load_map(), "client-2.1", "client-9.0")
    chosen = [stage_program(s) for s in stages if not wanted or s.id in wanted]
    found: list[Program] = []
    for args in ((), ("--transform", transform)):
        job = [program for program in chosen if program.transforms == bool(args)]
        peers = [peer(name, *args) for name in PEERS] if job else []
        found += [*job[: len(job) // 2], *peers, *job[len(job) // 2 :]]
    return found


def measure(numbers: list[int], rounds: int, repeat: int, wanted: list[str]) -> Costs:
    """Run every program with each number of servers, all of them in each round.

    Those with at most SMALL servers run `repeat` times, one number after the other: they are quick,
    and the noise of the start weighs most there.
    """
    every_descriptor()
    costs = Costs()
    small = [number for number in numbers if number <= SMALL]
    phases = [(small, repeat), *(([number], 1) for number in numbers if number > SMALL)]
    with transform_server() as transform:
        chosen = programs(wanted, transform)
        for turn, (some, times) in enumerate(phases * rounds):
            with poem_servers(PORTS, max(some) / SENDS, POEM) as ports:
                for program in chosen * times:
                    for number in some:
                        words = f"phase {turn + 1} of {len(phases) * rounds}"
                        progress(f"{words}, N = {number}, {program.name}")
                        addresses = [ports[n % PORTS] for n in range(number)]
                        costs.add(program, number, cost(program, addresses, transform))
    progress("")
    return costs


def cost(program: Program, addresses: list[str], transform: str) -> float:
    """The CPU seconds of one run."""
    first = [transform] * (program.transforms and program.stage)
    size = POEM.stat().st_size + 1  # its lower case is as long; print adds a line's end
    return cpu_of(program, [*first, *addresses], len(addresses) * size)


def table(costs: Costs) -> Table:
    numbers = costs.numbers
    stages = [name for name in costs.runs if name.startswith("client")]
    peers = [name for name in costs.runs if name not in stages]
    names = sorted([*peers, *stages], key=costs.transforms.__getitem__)
    bounded = tutorial(stages)
    bounds = [
        bound(
            f"CPU a poem at N = {numbers[-1]:,} by {whose}",
            limit,
            {name: costs.beside(name, other) for name in bounded},
        )
        for other, whose, limit in (
            ("asyncio streams", "asyncio streams'", ASYNCIO),
            ("bare twisted", "bare Twisted's", BARE),
        )
    ]
    head = ["program", "start, s", *(f"N = {number:,}" for number in numbers[1:])]
    head += ["/ asyncio", "/ bare epoll", "/ bare Twisted", "growth"]
    grown = {name: costs.growth(name) for name in bounded}
    what = "CPU of a further poem at the largest N by that at the smallest"
    bounds.append(bound(what, LINEAR, grown))
    rows = [row(costs, name, numbers) for name in names]
    return Table("Many slow servers at once", NOTES, tuple(head), rows, bounds)


def row(costs: Costs, name: str, numbers: list[int]) -> tuple[str, ...]:
    cells = [name, f"{costs.start(name):.2f}"]
    cells += [f"{costs.poem(name, number) * 1e6:.0f}" for number in numbers[1:]]
    return (*cells, *costs.ratios(name), f"{costs.growth(name).value:.2f}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--numbers", type=count, nargs="+", default=NUMBERS, metavar="N")
    parser.add_argument("--rounds", type=count, default=ROUNDS)
    parser.add_argument("--repeat", type=count, default=REPEAT, help=f"of N up to {SMALL}")
    parser.add_argument("--stage", action="append", default=[], help="measure this stage alone")
    args = parser.parse_args()
    if max(args.numbers) == 1:
        parser.error("--numbers needs one above 1")
    return run(
        lambda: table(measure(sorted({1, *args.numbers}), args.rounds, args.repeat, args.stage))
    )


if __name__ == "__main__":
    sys.exit(main())
