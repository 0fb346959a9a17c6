"""The end stands twice: after success, and in the except of all that fails."""

import sys

from twisted.internet import defer, reactor
from twisted.internet.error import ConnectionDone
from twisted.internet.protocol import ClientFactory, Protocol
from twisted.protocols.basic import NetstringReceiver


class Loader(Protocol):
    data = b""

    def dataReceived(self, data):
        self.data += data

    def connectionLost(self, reason):
        d, self.factory.d = self.factory.d, None
        if d and reason.check(ConnectionDone):
            d.callback(self.data)
        elif d:
            d.errback(reason)


class Shaper(NetstringReceiver):
    def connectionMade(self):
        self.sendString(self.factory.request)

    def stringReceived(self, string):
        d, self.factory.d = self.factory.d, None
        self.transport.loseConnection()
        d.callback(string)

    def connectionLost(self, reason):
        if self.factory.d:
            self.factory.d.errback(reason)


class LoadFactory(ClientFactory):
    noisy = False

    def __init__(self, protocol, request=b""):
        self.protocol, self.request, self.d = protocol, request, defer.Deferred()

    def clientConnectionFailed(self, connector, reason):
        self.d.errback(reason)


def load(address, protocol, request=b""):
    host, _, port = address.rpartition(":")
    factory = LoadFactory(protocol, request)
    reactor.connectTCP(host or "127.0.0.1", int(port), factory)
    return factory.d


def start(transform, addresses):
    done, good = [], []

    def ended(address):
        done.append(address)
        if len(done) == len(addresses) and reactor.running:
            reactor.stop()

    @defer.inlineCallbacks
    def get(address):
        try:
            poem = yield load(address, Loader)
            lines = poem.decode()
            try:
                lines = (yield load(transform, Shaper, b"cummingsify." + poem)).decode()
            except Exception as e:
                print(e, file=sys.stderr)
            print(lines)
            good.append(address)
        except Exception as e:
            print(address, e, file=sys.stderr)
            ended(address)
        else:
            ended(address)

    for address in addresses:
        get(address)
    reactor.run()
    if len(good) < len(addresses):
        sys.exit(1)


start(sys.argv[1], sys.argv[2:])
