"""The timer lives in the protocol; a constant number of seconds."""

import sys

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.protocol import ClientFactory, Protocol
from twisted.python.failure import Failure


class PoetryTimeoutError(Exception):
    def __str__(self):
        return "the poem took too long"


class PoetryProtocol(Protocol):
    def connectionMade(self):
        self.chunks = []
        self.timer = reactor.callLater(5, self.on_timeout)

    def dataReceived(self, data):
        self.chunks.append(data)

    def on_timeout(self):
        self.factory.fire(Failure(PoetryTimeoutError()))
        self.transport.abortConnection()

    def connectionLost(self, reason):
        if self.timer.active():
            self.timer.cancel()
        self.factory.fire(b"".join(self.chunks).decode("utf-8"))


class PoetryClientFactory(ClientFactory):
    protocol = PoetryProtocol

    def __init__(self, deferred):
        self.deferred = deferred

    def fire(self, result):
        if self.deferred:
            d, self.deferred = self.deferred, None
            d.callback(result)

    def clientConnectionFailed(self, connector, reason):
        self.fire(reason)


def get_poetry(host, port):
    d = Deferred()
    reactor.connectTCP(host, port, PoetryClientFactory(d))
    return d


def main(words):
    poems, done = [], []

    def count(_):
        done.append(1)
        if len(done) == len(words):
            reactor.stop()

    for word in words:
        host, _, port = word.rpartition(":")
        d = get_poetry(host or "localhost", int(port))
        d.addCallback(poems.append)
        d.addErrback(lambda err: print("Oops:", err.value))
        d.addBoth(count)
    reactor.run()
    print("\n".join(poems))


main(sys.argv[1:])
