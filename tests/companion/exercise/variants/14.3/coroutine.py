"""A coroutine downloads, and endpoints connect; those who wait stand in a set."""

import argparse

from twisted.internet import reactor
from twisted.internet.defer import Deferred, succeed
from twisted.internet.endpoints import TCP4ClientEndpoint, TCP4ServerEndpoint, connectProtocol
from twisted.internet.error import ConnectionDone
from twisted.internet.protocol import Factory, Protocol
from twisted.python.failure import Failure


class Reader(Protocol):
    def __init__(self):
        self.pieces = []
        self.whole = Deferred()

    def dataReceived(self, data):
        self.pieces.append(data)

    def connectionLost(self, reason):
        if reason.type is ConnectionDone:
            self.whole.callback(b"".join(self.pieces))
        else:
            self.whole.errback(reason)


class Cache:
    def __init__(self, endpoint):
        self.endpoint = endpoint
        self.poem = None
        self.waiters = set()

    async def download(self):
        try:
            reader = await connectProtocol(self.endpoint, Reader())
            result = self.poem = await reader.whole
        except Exception:
            result = Failure()
        waiters, self.waiters = self.waiters, set()
        for waiter in waiters:
            waiter.callback(result)

    def poem_or_later(self):
        if self.poem is not None:
            return succeed(self.poem)
        idle = not self.waiters
        waiter = Deferred()
        self.waiters.add(waiter)
        if idle:
            Deferred.fromCoroutine(self.download())
        return waiter


class Proxy(Protocol):
    def connectionMade(self):
        Deferred.fromCoroutine(self.serve())

    async def serve(self):
        try:
            self.transport.write(await self.factory.cache.poem_or_later())
            self.transport.loseConnection()
        except Exception as err:
            print("no poem:", err)
            self.transport.abortConnection()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("-p", "--port", type=int, default=0)
    parser.add_argument("server", type=int)
    args = parser.parse_args()
    factory = Factory.forProtocol(Proxy)
    factory.cache = Cache(TCP4ClientEndpoint(reactor, "127.0.0.1", args.server))
    TCP4ServerEndpoint(reactor, args.port, interface="127.0.0.1").listen(factory)
    reactor.run()


main()
