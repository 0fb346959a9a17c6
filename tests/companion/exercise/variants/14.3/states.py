"""Three states by name, and two functions for each of those who wait."""

import argparse
import enum
from collections import deque

from twisted.internet import defer, error, protocol, reactor


class State(enum.Enum):
    EMPTY = "no poem"
    COMING = "on its way"
    FULL = "in the cache"


class Store:
    state = State.EMPTY
    poem = b""

    def __init__(self, host, port):
        self.host, self.port = host, port
        self.queue = deque()

    def fetch(self):
        result = defer.Deferred()
        if self.state is State.FULL:
            result.callback(self.poem)
            return result
        self.queue.append((result.callback, result.errback))
        if self.state is State.EMPTY:
            self.state = State.COMING
            reactor.connectTCP(self.host, self.port, Fetcher(self))
        return result

    def stored(self, poem):
        self.state, self.poem = State.FULL, poem
        while self.queue:
            self.queue.popleft()[0](poem)

    def missed(self, why):
        self.state = State.EMPTY
        queue, self.queue = self.queue, deque()
        for _, failed in queue:
            failed(why)


class FetchProtocol(protocol.Protocol):
    def __init__(self, store):
        self.store, self.buffer = store, bytearray()

    def dataReceived(self, data):
        self.buffer += data

    def connectionLost(self, reason=protocol.connectionDone):
        if reason.check(error.ConnectionDone):
            self.store.stored(bytes(self.buffer))
        else:
            self.store.missed(reason)


class Fetcher(protocol.ClientFactory):
    noisy = False

    def __init__(self, store):
        self.store = store

    def buildProtocol(self, addr):
        return FetchProtocol(self.store)

    def clientConnectionFailed(self, connector, reason):
        self.store.missed(reason)


class Front(protocol.Protocol):
    def connectionMade(self):
        d = self.factory.store.fetch()
        d.addCallback(self.transport.write)
        d.addCallback(lambda _: self.transport.loseConnection())
        d.addErrback(lambda _: self.transport.abortConnection())


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--iface", default="127.0.0.1")
    parser.add_argument("address", help="[host:]port")
    args = parser.parse_args()
    host, _, port = args.address.rpartition(":")
    front = protocol.ServerFactory.forProtocol(Front)
    front.store = Store(host or "127.0.0.1", int(port))
    reactor.listenTCP(args.port, front, interface=args.iface)
    reactor.run()
