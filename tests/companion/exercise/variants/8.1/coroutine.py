"""get_poetry is a coroutine, which waits for the first of two: the poem, or the time."""

import sys

from twisted.internet import defer, reactor, task
from twisted.internet.protocol import ClientFactory, Protocol

SECONDS = 12


class PoemIsLate(Exception):
    pass


class Fetcher(Protocol):
    def connectionMade(self):
        self.factory.transport = self.transport
        self.got = bytearray()

    def dataReceived(self, data):
        self.got += data

    def connectionLost(self, reason):
        if not self.factory.fired:
            self.factory.fired = True
            self.factory.deferred.callback(bytes(self.got))


class FetcherFactory(ClientFactory):
    protocol = Fetcher
    transport = None

    def __init__(self):
        self.deferred, self.fired = defer.Deferred(), False

    def clientConnectionFailed(self, connector, reason):
        if not self.fired:
            self.fired = True
            self.deferred.errback(reason)


async def get_poetry(host, port):
    factory = FetcherFactory()
    reactor.connectTCP(host, port, factory)
    clock = task.deferLater(reactor, SECONDS, lambda: None)
    both = defer.DeferredList(
        [factory.deferred, clock], fireOnOneCallback=True, fireOnOneErrback=True, consumeErrors=True
    )
    try:
        poem, first = await both
    except defer.FirstError as err:
        clock.cancel()
        err.subFailure.raiseException()
    if first == 0:
        clock.cancel()
        return poem.decode()
    factory.fired = True
    factory.transport.loseConnection()
    raise PoemIsLate(f"{port} is late")


async def show(host, port):
    try:
        print(await get_poetry(host, port))
    except Exception as err:
        print("Sorry:", err)


def main():
    places = [word.rpartition(":") for word in sys.argv[1:]]
    shown = [defer.ensureDeferred(show(host or "127.0.0.1", int(port))) for host, _, port in places]
    defer.DeferredList(shown).addCallback(lambda _: reactor.stop())
    reactor.run()


main()
