"""The protocol keeps the Deferred; the canceller aborts its transport, or stops connecting."""

import sys

from twisted.internet import defer, error, protocol, reactor
from twisted.protocols.basic import NetstringReceiver


class Poem(protocol.Protocol):
    def __init__(self, done):
        self.done, self.text = done, b""

    def dataReceived(self, data):
        self.text += data

    def connectionLost(self, reason):
        if self.done.called:
            return
        if not reason.check(error.ConnectionDone):
            self.done.errback(reason)
            return
        try:
            self.done.callback(self.text.decode())
        except UnicodeDecodeError as err:
            self.done.errback(err)


class PoemFactory(protocol.ClientFactory):
    def __init__(self, done):
        self.done, self.poem = done, None

    def buildProtocol(self, addr):
        self.poem = Poem(self.done)
        return self.poem

    def clientConnectionFailed(self, connector, reason):
        if not self.done.called:
            self.done.errback(reason)


def get_poetry(host, port):
    def stop(_):
        done.errback(defer.CancelledError())
        if factory.poem:
            factory.poem.transport.abortConnection()
        else:
            connector.stopConnecting()

    done = defer.Deferred(stop)
    factory = PoemFactory(done)
    connector = reactor.connectTCP(host, port, factory)
    return done


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
