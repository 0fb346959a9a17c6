"""A coroutine for each client, cancelled when the client leaves."""

import argparse
from pathlib import Path

from twisted.internet import reactor
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.endpoints import TCP4ServerEndpoint
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.task import deferLater


class PoetryProtocol(Protocol):
    def connectionMade(self):
        self.sending = Deferred.fromCoroutine(self.send())
        self.sending.addErrback(lambda failure: failure.trap(CancelledError))

    async def send(self):
        poem, size, delay = self.factory.poem, self.factory.size, self.factory.delay
        for start in range(0, len(poem), size):
            self.transport.write(poem[start : start + size])
            await deferLater(reactor, delay)
        self.transport.loseConnection()

    def connectionLost(self, reason):
        self.sending.cancel()


parser = argparse.ArgumentParser()
parser.add_argument("--port", type=int, default=0)
parser.add_argument("--iface", default="localhost")
parser.add_argument("--num-bytes", type=int, default=10)
parser.add_argument("--delay", type=float, default=0.1)
parser.add_argument("poem", type=Path)
args = parser.parse_args()
factory = Factory.forProtocol(PoetryProtocol)
factory.poem, factory.size, factory.delay = args.poem.read_bytes(), args.num_bytes, args.delay
TCP4ServerEndpoint(reactor, args.port, interface=args.iface).listen(factory)
reactor.run()
