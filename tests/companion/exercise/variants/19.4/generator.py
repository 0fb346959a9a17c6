"""get_poetry is a generator, which hangs up in its finally."""

import sys

from twisted.internet import defer, error, protocol, reactor
from twisted.protocols.basic import NetstringReceiver


class Poem(protocol.Protocol):
    text = b""

    def dataReceived(self, data):
        self.text += data

    def connectionLost(self, reason):
        self.factory.ended(self.text, reason)


class Download(protocol.ClientFactory):
    protocol = Poem

    def __init__(self):
        self.result = defer.Deferred()

    def ended(self, text, reason):
        if self.result is not None:
            d, self.result = self.result, None
            d.callback(text) if reason.check(error.ConnectionDone) else d.errback(reason)

    def clientConnectionFailed(self, connector, reason):
        self.ended(b"", reason)


@defer.inlineCallbacks
def get_poetry(host, port):
    download = Download()
    connector = reactor.connectTCP(host, port, download)
    try:
        poem = yield download.result
    except defer.CancelledError:
        download.result = None
        connector.disconnect()
        raise
    return poem.decode()


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
