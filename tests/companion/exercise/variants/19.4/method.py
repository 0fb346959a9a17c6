"""The canceller is a method of the factory, which knows its connector."""

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
    connector = None

    def __init__(self):
        self.result = defer.Deferred(self.give_up)
        self.given_up = False

    def startedConnecting(self, connector):
        self.connector = connector

    def give_up(self, result):
        self.given_up = True
        self.connector.disconnect()

    def ended(self, text, reason):
        if self.given_up:
            return
        if reason.check(error.ConnectionDone):
            self.result.callback(text)
        else:
            self.result.errback(reason)

    def clientConnectionFailed(self, connector, reason):
        self.ended(b"", reason)


def get_poetry(host, port):
    download = Download()
    reactor.connectTCP(host, port, download)
    return download.result.addCallback(bytes.decode)


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
