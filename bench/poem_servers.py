"""Poem servers for the benches, all in one process whose CPU time is not what is measured.

Prints its ports in one line and serves until its standard input ends.
Usage: python bench/poem_servers.py PORTS DELAY FILE: 10 bytes each DELAY seconds; all at once at 0.
"""

import resource
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from twisted.internet import reactor, stdio
from twisted.internet.error import ReactorNotRunning
from twisted.internet.protocol import Protocol

from companion.peers.script import fast, slow
from companion.peers.servers import ScriptedServer


class UntilEnd(Protocol):
    def connectionLost(self, reason: object = None) -> None:
        with suppress(ReactorNotRunning):
            reactor.stop()


def main() -> None:
    ports, delay, poem = int(sys.argv[1]), float(sys.argv[2]), Path(sys.argv[3]).read_bytes()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    script = replace(slow(poem, delay=delay), one_at_a_time=False) if delay else fast(poem)
    print(*(ScriptedServer(script).listen() for _ in range(ports)), flush=True)
    stdio.StandardIO(UntilEnd())  # type: ignore[no-untyped-call]
    reactor.run()


if __name__ == "__main__":
    main()
