"""The first piece comes only after the first pause; the pieces are cut beforehand."""

import argparse
from collections import deque

from twisted.internet import reactor
from twisted.internet.protocol import Factory, Protocol


class SlowPoetry(Protocol):
    def __init__(self, pieces, delay):
        self.pieces = deque(pieces)
        self.delay = delay
        self.pending = None

    def connectionMade(self):
        self.pending = reactor.callLater(self.delay, self.send)

    def send(self):
        self.pending = None
        if self.pieces:
            self.transport.write(self.pieces.popleft())
        if self.pieces:
            self.pending = reactor.callLater(self.delay, self.send)
        else:
            self.transport.loseConnection()

    def connectionLost(self, reason):
        if self.pending:
            self.pending.cancel()


class SlowPoetryFactory(Factory):
    def __init__(self, poem, size, delay):
        self.pieces = [poem[n : n + size] for n in range(0, len(poem), size)]
        self.delay = delay

    def buildProtocol(self, addr):
        return SlowPoetry(self.pieces, self.delay)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--iface", default="localhost")
    parser.add_argument("--num-bytes", type=int, default=10)
    parser.add_argument("--delay", type=float, default=0.1)
    parser.add_argument("poem_file", type=argparse.FileType("rb"))
    args = parser.parse_args()
    factory = SlowPoetryFactory(args.poem_file.read(), args.num_bytes, args.delay)
    reactor.listenTCP(args.port, factory, interface=args.iface)
    reactor.run()
