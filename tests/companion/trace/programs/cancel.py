"""A download that nobody wants any more."""

from twisted.internet import reactor
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint, connectProtocol
from twisted.internet.protocol import Factory, Protocol


class Silent(Protocol):
    def connectionLost(self, reason):
        print("server:", reason.type.__name__)
        reactor.stop()


class Fetch(Protocol):
    def __init__(self):
        self.poem = Deferred(lambda _: self.transport.abortConnection())


def fetch(protocol):
    reactor.callLater(0.2, protocol.poem.cancel)
    return protocol.poem


def failed(failure):
    failure.trap(CancelledError)
    print("cancelled")


port = reactor.listenTCP(0, Factory.forProtocol(Silent))
made = connectProtocol(TCP4ClientEndpoint(reactor, "127.0.0.1", port.getHost().port), Fetch())
made.addCallback(fetch).addErrback(failed)
reactor.run()
# prints: cancelled
# prints: server: ConnectionLost
