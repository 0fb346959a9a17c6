"""A number that goes down, and no list."""

import sys

from twisted.internet import defer, reactor
from twisted.internet.error import ConnectionDone
from twisted.internet.protocol import ClientFactory, Protocol
from twisted.protocols.basic import NetstringReceiver


class Poem(Protocol):
    data = b""

    def dataReceived(self, data):
        self.data += data

    def connectionLost(self, reason):
        d, self.factory.d = self.factory.d, None
        if d and reason.check(ConnectionDone):
            d.callback(self.data)
        elif d:
            d.errback(reason)


class Transform(NetstringReceiver):
    def connectionMade(self):
        self.sendString(self.factory.request)

    def stringReceived(self, string):
        d, self.factory.d = self.factory.d, None
        self.transport.loseConnection()
        d.callback(string)

    def connectionLost(self, reason):
        if self.factory.d:
            self.factory.d.errback(reason)


class Factory(ClientFactory):
    noisy = False

    def __init__(self, protocol, request=b""):
        self.protocol, self.request, self.d = protocol, request, defer.Deferred()

    def clientConnectionFailed(self, connector, reason):
        self.d.errback(reason)


def retrieve(address, protocol, request=b""):
    host, _, port = address.rpartition(":")
    factory = Factory(protocol, request)
    reactor.connectTCP(host or "127.0.0.1", int(port), factory)
    return factory.d


def main(transform, *addresses):
    missing = running = len(addresses)

    @defer.inlineCallbacks
    def show(address):
        nonlocal missing, running
        try:
            raw = yield retrieve(address, Poem)
            text = raw.decode()
            try:
                raw = yield retrieve(transform, Transform, b"cummingsify." + raw)
                text = raw.decode()
            except Exception:
                print("not transformed", file=sys.stderr)
            print(text)
            missing -= 1
        except Exception as why:
            print(f"{address}: {why}", file=sys.stderr)
        finally:
            running -= 1
            if running == 0 and reactor.running:
                reactor.stop()

    for address in addresses:
        show(address)
    reactor.run()
    return 1 if missing else 0


sys.exit(main(*sys.argv[1:]))
