"""One LoopingCall looks each second which connection is too old."""

import argparse
import time

from twisted.internet import reactor, task
from twisted.internet.protocol import ClientFactory, Protocol

parser = argparse.ArgumentParser()
parser.add_argument("--max-age", type=float, default=4)
parser.add_argument("ports", nargs="+")
args = parser.parse_args()
young = []
got = {}


class Reader(Protocol):
    def connectionMade(self):
        self.born, self.pieces = time.time(), []
        young.append(self)

    def dataReceived(self, piece):
        print("read", len(piece))
        self.pieces.append(piece)

    def connectionLost(self, reason):
        if self in young:
            young.remove(self)
            got[self] = b"".join(self.pieces)
        count_down()


class Readers(ClientFactory):
    protocol = Reader

    def clientConnectionFailed(self, connector, reason):
        print("failed:", reason.getErrorMessage())
        count_down()


left = [None] * len(args.ports)


def count_down():
    left.pop()
    if not left:
        reactor.callLater(0, lambda: reactor.running and reactor.stop())


def look():
    for reader in list(young):
        if time.time() - reader.born >= args.max_age:
            young.remove(reader)
            print("too old:", reader.transport.getPeer().port)
            reader.transport.loseConnection()


task.LoopingCall(look).start(1, now=False)
readers = Readers()
for word in args.ports:
    reactor.connectTCP("localhost", int(word.split(":")[-1]), readers)
reactor.run()
print("poems of", sorted(map(len, got.values())), "bytes")
