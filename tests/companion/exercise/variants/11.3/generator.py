"""The pieces come from a generator; the timer is made anew for each."""

import argparse

from twisted.internet import reactor
from twisted.internet.protocol import Protocol, ServerFactory


def pieces(poem, size):
    while poem:
        yield poem[:size]
        poem = poem[size:]


class PoetryProtocol(Protocol):
    def connectionMade(self):
        args = self.factory.args
        self.pieces = pieces(args.poem, args.num_bytes)
        self.next_piece()

    def next_piece(self):
        for piece in self.pieces:
            self.transport.write(piece)
            self.call = reactor.callLater(self.factory.args.delay, self.next_piece)
            break
        else:
            self.transport.loseConnection()

    def connectionLost(self, reason):
        call = getattr(self, "call", None)
        if call and call.active():
            call.cancel()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--iface", default="localhost")
    parser.add_argument("--num-bytes", type=int, default=10)
    parser.add_argument("--delay", type=float, default=0.1)
    parser.add_argument("file", type=argparse.FileType("rb"))
    args = parser.parse_args()
    args.poem = args.file.read()
    factory = ServerFactory.forProtocol(PoetryProtocol)
    factory.args = args
    reactor.listenTCP(args.port, factory, interface=args.iface)
    reactor.run()


main()
