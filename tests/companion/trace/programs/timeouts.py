"""A connection that is dropped when nothing comes, and a Deferred with a limit."""

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint, connectProtocol
from twisted.internet.protocol import Factory, Protocol
from twisted.protocols.policies import TimeoutMixin


class Patient(TimeoutMixin, Protocol):
    def connectionMade(self):
        self.setTimeout(0.2)

    def dataReceived(self, data):
        print("got", data.decode())
        self.resetTimeout()

    def timeoutConnection(self):
        print("too long")
        self.transport.abortConnection()


class Slow(Protocol):
    def connectionMade(self):
        reactor.callLater(0.1, self.transport.write, b"one")

    def connectionLost(self, reason):
        print(reason.type.__name__)
        never = Deferred(lambda _: print("cancelled"))
        never.addTimeout(0.1, reactor)
        never.addErrback(lambda failure: print(failure.type.__name__))
        never.addBoth(lambda _: reactor.stop())


port = reactor.listenTCP(0, Factory.forProtocol(Patient))
connectProtocol(TCP4ClientEndpoint(reactor, "127.0.0.1", port.getHost().port), Slow())
reactor.run()
# prints: got one
# prints: too long
# prints: ConnectionLost
# prints: cancelled
# prints: TimeoutError
