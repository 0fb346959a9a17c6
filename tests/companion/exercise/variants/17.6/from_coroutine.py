"""Deferred.fromCoroutine, started when the reactor runs."""

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


waiting = 0
failures = 0


async def transformed(service, poem):
    try:
        return await connect(service, Ask, b"cummingsify." + poem)
    except Exception as reason:
        print("left as it was:", reason, file=sys.stderr)
        return poem


async def task(service, address):
    global waiting, failures
    waiting += 1
    try:
        poem = await connect(address, Fetch)
        poem.decode()
        print((await transformed(service, poem)).decode())
    except Exception as reason:
        failures += 1
        print(address, reason, file=sys.stderr)
    finally:
        waiting -= 1
        if waiting == 0 and reactor.running:
            reactor.stop()


def begin(service, addresses):
    for address in addresses:
        defer.Deferred.fromCoroutine(task(service, address))


reactor.callWhenRunning(begin, sys.argv[1], sys.argv[2:])
reactor.run()
sys.exit(1 if failures else 0)
