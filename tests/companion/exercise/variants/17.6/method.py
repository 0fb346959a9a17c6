"""A method of a class, which is decorated."""

import sys

from twisted.internet import defer, reactor
from twisted.internet.error import ConnectionDone
from twisted.internet.protocol import ClientFactory, Protocol
from twisted.protocols.basic import NetstringReceiver


class Download(Protocol):
    data = b""

    def dataReceived(self, data):
        self.data += data

    def connectionLost(self, reason):
        d, self.factory.d = self.factory.d, None
        if d and reason.check(ConnectionDone):
            d.callback(self.data)
        elif d:
            d.errback(reason)


class Change(NetstringReceiver):
    def connectionMade(self):
        self.sendString(self.factory.request)

    def stringReceived(self, string):
        d, self.factory.d = self.factory.d, None
        self.transport.loseConnection()
        d.callback(string)

    def connectionLost(self, reason):
        if self.factory.d:
            self.factory.d.errback(reason)


class OneShot(ClientFactory):
    noisy = False

    def __init__(self, protocol, request=b""):
        self.protocol, self.request, self.d = protocol, request, defer.Deferred()

    def clientConnectionFailed(self, connector, reason):
        self.d.errback(reason)


def get(address, protocol, request=b""):
    host, _, port = address.rpartition(":")
    factory = OneShot(protocol, request)
    reactor.connectTCP(host or "127.0.0.1", int(port), factory)
    return factory.d


class Reader:
    def __init__(self, transform, addresses):
        self.transform, self.addresses = transform, addresses
        self.ended = self.shown = 0

    @defer.inlineCallbacks
    def read(self, address):
        try:
            poem = yield get(address, Download)
            poem.decode()
        except (Exception, UnicodeDecodeError) as error:
            print("Failed:", address, error, file=sys.stderr)
        else:
            yield self.change_and_print(poem)
        finally:
            self.ended += 1
            if self.ended == len(self.addresses) and reactor.running:
                reactor.stop()

    @defer.inlineCallbacks
    def change_and_print(self, poem):
        try:
            poem = yield get(self.transform, Change, b"cummingsify." + poem)
        except Exception as error:
            print("Not changed:", error, file=sys.stderr)
        print(poem.decode())
        self.shown += 1

    def run(self):
        for address in self.addresses:
            self.read(address)
        reactor.run()
        return self.shown == len(self.addresses)


if __name__ == "__main__":
    sys.exit(not Reader(sys.argv[1], sys.argv[2:]).run())
