"""An endpoint connects, and its Deferred has a canceller of its own."""

import sys

from twisted.internet import defer, endpoints, error, protocol, reactor
from twisted.protocols.basic import NetstringReceiver


class Poem(protocol.Protocol):
    def __init__(self):
        self.text = b""
        self.end = defer.Deferred(lambda _: self.transport.abortConnection())

    def dataReceived(self, data):
        self.text += data

    def connectionLost(self, reason):
        if self.end.called:
            return
        if reason.check(error.ConnectionDone):
            self.end.callback(self.text)
        else:
            self.end.errback(reason)


def get_poetry(host, port):
    point = endpoints.HostnameEndpoint(reactor, host, port)
    d = point.connect(protocol.Factory.forProtocol(Poem))
    d.addCallback(lambda poem: poem.end)
    return d.addCallback(bytes.decode)


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
