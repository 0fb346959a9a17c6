"""A fast server: what does a connection cost FastPoetry 1.0, and what an asyncio Protocol?

Each of the two serves a poem to many clients, 100 at once, in turns; their CPU time (user and
system) is compared. Status 1 where the bound does not hold.
"""

import argparse
import os
import re
import selectors
import socket
import sys

from measure import (
    Program,
    Running,
    every_descriptor,
    peer,
    progress,
    stage_program,
)
from table import BenchError, Table, bound, cheapest, count, measured, ratio, run

from companion.tutorial.stages import ROOT, load_map

CONNECTIONS, AT_ONCE, ROUNDS = 10_000, 100, 7
POEM = ROOT / "poetry" / "fascination.txt"
LIMIT = 0.85  # the bound
PORT = re.compile(rb":(\d+)$", re.MULTILINE)
NOTES = (
    "CPU time in microseconds a connection, without the start of the server (with its first"
    " connection, in seconds); 100 clients at once, each connects and reads a poem to its end."
)


def port_of(running: Running) -> int:
    """Wait until the server says its port."""
    while running.process.poll() is None:
        if match := PORT.search(os.pread(running.output.fileno(), 1000, 0)):
            return int(match[1])
    raise BenchError(f"{running.program.name} did not start")


def visit(port: int, connections: int, poem: bytes) -> None:
    """Read the poem so many times. Raises BenchError where one is not whole."""
    selector = selectors.DefaultSelector()
    read: dict[socket.socket, bytes] = {}
    while connections or read:
        while connections and len(read) < AT_ONCE:
            connections -= 1
            sock = socket.socket()
            sock.setblocking(False)
            sock.connect_ex(("127.0.0.1", port))
            selector.register(sock, selectors.EVENT_READ)
            read[sock] = b""
        for key, _ in selector.select():
            sock = key.fileobj  # type: ignore[assignment]
            if data := sock.recv(65536):
                read[sock] += data
                continue
            selector.unregister(sock)
            sock.close()
            if read.pop(sock) != poem:
                raise BenchError("a poem was not served whole")
    selector.close()


def cost(program: Program, connections: int) -> float:
    """The CPU seconds that a server takes for so many connections, with its start."""
    with Running(program, [str(POEM)]) as running:
        visit(port_of(running), connections, POEM.read_bytes())
        running.process.terminate()
        return running.wait()


def measure(connections: int, rounds: int) -> Table:
    every_descriptor()
    servers = [stage_program(load_map().find("fastpoetry-1.0")), peer("asyncio_protocol")]
    starts: dict[str, list[float]] = {}
    costs: dict[str, list[float]] = {}
    for turn in range(rounds):
        for server in servers:
            progress(f"round {turn + 1} of {rounds}, {server.name}")
            starts.setdefault(server.name, []).append(cost(server, 1))
            costs.setdefault(server.name, []).append(cost(server, connections))
    progress("")

    def each(name: str, turn: int | None = None) -> float:
        return (cheapest(costs[name], rounds, turn) - min(starts[name])) / connections

    def beside(name: str, turn: int | None = None) -> float:
        return ratio(each(name, turn), each("asyncio protocol", turn))

    rows = [
        (name, f"{min(starts[name]):.2f}", f"{each(name) * 1e6:.0f}", f"{beside(name):.2f}")
        for name in costs
    ]
    what, ours = f"CPU a connection, of {connections:,}, by an asyncio Protocol's", servers[0].name
    bounds = [bound(what, LIMIT, {ours: measured(lambda turn: beside(ours, turn), rounds)})]
    head = ("server", "start, s", "CPU", "/ asyncio")
    return Table("A fast server", NOTES, head, rows, bounds)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--connections", type=count, default=CONNECTIONS, metavar="N")
    parser.add_argument("--rounds", type=count, default=ROUNDS)
    args = parser.parse_args()
    return run(lambda: measure(args.connections, args.rounds))


if __name__ == "__main__":
    sys.exit(main())
