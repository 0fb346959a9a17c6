"""3,000 slow streams in one process: are their bytes sent on time?

Serves STREAMS connections 10 bytes each 0.1 s with companion.peers.servers for SECONDS, read by a
second process, and prints how late the sends were. Usage: python bench/streams.py
[STREAMS [SECONDS]]
"""

import multiprocessing
import resource
import selectors
import socket
import sys
import time
from collections.abc import Callable


def read_all(port: int, count: int) -> None:
    """A reader that costs little: one selector, everything thrown away."""
    selector = selectors.DefaultSelector()
    for _ in range(count):
        sock = socket.create_connection(("127.0.0.1", port))
        sock.setblocking(False)
        selector.register(sock, selectors.EVENT_READ, sock)
    left = count
    while left:
        for key, _ in selector.select():
            if not key.data.recv(65536):
                selector.unregister(key.data)
                key.data.close()
                left -= 1
        time.sleep(0.05)  # reading in gulps: the reader is not what is measured


def serve(streams: int, seconds: int) -> list[float]:
    """How late each send was, in seconds."""
    from twisted.internet import reactor

    from companion.peers import servers
    from companion.peers.script import Script, slow

    late: list[float] = []

    class Timed(servers.ServerProtocol):
        def at(self, t: float, call: Callable[[], object]) -> None:
            def timed() -> None:
                late.append(time.monotonic() - t)
                call()

            super().at(t, timed)

    class TimedServer(servers.ScriptedServer):
        def buildProtocol(self, addr: object) -> Timed:
            player = Timed()
            player.host, player.server = self, self.server
            return player

        def lost(self, player: servers.ServerProtocol) -> None:
            super().lost(player)
            if not self.players:
                reactor.stop()

    script = Script(slow(b"x" * (100 * seconds)).steps)
    server = TimedServer(script)
    reader = multiprocessing.Process(target=read_all, args=(server.listen(), streams), daemon=True)
    reader.start()
    reactor.run()
    reader.join()
    return late


def main() -> None:
    streams, seconds = (*map(int, sys.argv[1:]), *(3000, 10)[len(sys.argv) - 1 :])
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    before = time.process_time()
    late = sorted(serve(streams, seconds))
    cpu = time.process_time() - before
    p50, p99 = late[len(late) // 2], late[len(late) * 99 // 100]
    print(f"{streams} streams, {len(late)} sends, {seconds} s: CPU {cpu:.1f} s")
    print(f"late by: median {p50 * 1000:.1f} ms, p99 {p99 * 1000:.1f} ms", end=", ")
    print(f"most {late[-1] * 1000:.1f} ms")


if __name__ == "__main__":
    multiprocessing.set_start_method("spawn")
    main()
