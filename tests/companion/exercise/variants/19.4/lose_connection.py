"""The factory keeps its protocol, and the canceller looks which state it is in."""

import sys

from twisted.internet import defer, error, protocol, reactor
from twisted.protocols.basic import NetstringReceiver


class Poem(protocol.Protocol):
    def connectionMade(self):
        self.pieces = []
        self.factory.current = self

    def dataReceived(self, data):
        self.pieces.append(data)

    def connectionLost(self, reason):
        d, self.factory.deferred = self.factory.deferred, None
        if d is None:
            return
        if reason.check(error.ConnectionDone):
            d.callback(b"".join(self.pieces).decode(errors="replace"))
        else:
            d.errback(reason)


class PoemFactory(protocol.ClientFactory):
    protocol = Poem
    current = None

    def clientConnectionFailed(self, connector, reason):
        if self.deferred is not None:
            self.deferred.errback(reason)


def get_poetry(host, port):
    factory = PoemFactory()
    connector = None

    def canceller(deferred):
        factory.deferred = None
        if factory.current is not None:
            factory.current.transport.loseConnection()
        else:
            connector.stopConnecting()

    factory.deferred = d = defer.Deferred(canceller)
    connector = reactor.connectTCP(host, port, factory)
    return d


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


class AskFactory(protocol.ClientFactory):
    protocol = Ask

    def __init__(self, request):
        self.request, self.d = request, defer.Deferred()

    def clientConnectionFailed(self, connector, reason):
        self.d.errback(reason)


def address(text):
    host, _, port = text.rpartition(":")
    return host or "127.0.0.1", int(port)


@defer.inlineCallbacks
def show(transform, place):
    poem = yield get_poetry(*place)
    try:
        factory = AskFactory(f"cummingsify.{poem}".encode())
        reactor.connectTCP(*transform, factory)
        poem = (yield factory.d).decode()
    except Exception:
        print("as it was", file=sys.stderr)
    print(poem)


def over(results):
    for success, failure in results:
        if not success:
            print("failed:", failure.getErrorMessage(), file=sys.stderr)
    if reactor.running:
        reactor.stop()


if __name__ == "__main__":
    service, *places = map(address, sys.argv[1:])
    shown = [show(service, place) for place in places]
    defer.DeferredList(shown, consumeErrors=True).addCallback(over)
    reactor.run()
