"""A context manager stops the reactor, whatever happens under it."""

import sys

from twisted.internet import defer, reactor
from twisted.internet.error import ConnectionDone
from twisted.internet.protocol import ClientFactory, Protocol
from twisted.protocols.basic import NetstringReceiver


class Fetch(Protocol):
    data = b""

    def dataReceived(self, data):
        self.data += data

    def connectionLost(self, reason):
        d, self.factory.d = self.factory.d, None
        if d and reason.check(ConnectionDone):
            d.callback(self.data)
        elif d:
            d.errback(reason)


class Ask(NetstringReceiver):
    def connectionMade(self):
        self.sendString(self.factory.request)

    def stringReceived(self, string):
        d, self.factory.d = self.factory.d, None
        self.transport.loseConnection()
        d.callback(string)

    def connectionLost(self, reason):
        if self.factory.d:
            self.factory.d.errback(reason)


class Once(ClientFactory):
    noisy = False

    def __init__(self, protocol, request=b""):
        self.protocol, self.request, self.d = protocol, request, defer.Deferred()

    def clientConnectionFailed(self, connector, reason):
        self.d.errback(reason)


def connect(address, protocol, request=b""):
    host, _, port = address.rpartition(":")
    factory = Once(protocol, request)
    reactor.connectTCP(host or "127.0.0.1", int(port), factory)
    return factory.d


class LastOneOut:
    def __init__(self, count):
        self.count = count

    def __enter__(self):
        return self

    def __exit__(self, kind, error, where):
        self.count -= 1
        if error is not None:
            print("No poem:", error, file=sys.stderr)
        if not self.count and reactor.running:
            reactor.stop()
        return isinstance(error, Exception)


@defer.inlineCallbacks
def poem_from(address, transform, door, poems):
    with door:
        poem = yield connect(address, Fetch)
        poem.decode()
        try:
            poem = yield connect(transform, Ask, b"cummingsify." + poem)
        except Exception:
            print("Cummingsify failed!", file=sys.stderr)
        print(poem.decode())
        poems.append(poem)


if __name__ == "__main__":
    transform, addresses, poems = sys.argv[1], sys.argv[2:], []
    door = LastOneOut(len(addresses))
    for address in addresses:
        poem_from(address, transform, door, poems)
    reactor.run()
    sys.exit(len(poems) != len(addresses))
