"""3,000 slow streams in one process: are their bytes sent on time?

Serves STREAMS connections 10 bytes each 0.1 s with companion.servers, read by a second process,
for SECONDS, and prints how late the sends were. Usage: python bench/streams.py [STREAMS [SECONDS]]
"""

import multiprocessing
import resource
import selectors
import socket
import sys
import time


def read_all(port: int, count: int) -> None:
    """A reader that costs little: one selector, everything thrown away."""
    selector = selectors.DefaultSelector()
    for _ in range(count):
        sock = socket.create_connection(("127.0.0.1", port))
        sock.setblocking(False)
        selector.register(sock, selectors.EVENT_READ)
    left = count
    while left:
        for key, _ in selector.select():
            if not key.fileobj.recv(65536):  # type: ignore[union-attr]
                selector.unregister(key.fileobj)
                left -= 1
        time.sleep(0.05)  # reading in gulps: the reader is not what is measured


def main() -> None:
    streams, seconds = (*map(int, sys.argv[1:]), *(3000, 10)[len(sys.argv) - 1 :])
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    from twisted.internet import reactor

    from companion import servers
    from companion.script import Script, slow

    late: list[float] = []

    class Timed(servers.Player):
        def take(self, action: object) -> None:
            if isinstance(action, bytes):
                late.append(reactor.seconds() - self.start - self.due)
                self.due += 0.1
            super().take(action)

        due = 0.0

    class TimedServer(servers.ScriptedServer):
        def buildProtocol(self, addr: object) -> Timed:
            player = Timed()
            player.server = self
            return player

        def lost(self, player: servers.Player, how: str) -> None:
            super().lost(player, how)
            if not self.players:
                reactor.stop()

    script = Script(slow(b"x" * (100 * seconds)).steps)
    server = TimedServer(script, servers.Wheel())
    reader = multiprocessing.Process(target=read_all, args=(server.listen(), streams), daemon=True)
    reader.start()
    before = time.process_time()
    reactor.run()
    cpu = time.process_time() - before
    late.sort()
    p50, p99 = late[len(late) // 2], late[len(late) * 99 // 100]
    print(f"{streams} streams, {len(late)} sends, {seconds} s: CPU {cpu:.1f} s")
    print(f"late by: median {p50 * 1000:.1f} ms, p99 {p99 * 1000:.1f} ms", end=", ")
    print(f"most {late[-1] * 1000:.1f} ms")


if __name__ == "__main__":
    multiprocessing.set_start_method("spawn")
    main()
