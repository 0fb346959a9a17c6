"""A server between two: what comes is handed on, either way."""

from twisted.internet import reactor
from twisted.internet.endpoints import TCP4ClientEndpoint, connectProtocol
from twisted.internet.protocol import Factory, Protocol
from twisted.protocols.portforward import ProxyFactory


class Upper(Protocol):
    def dataReceived(self, data):
        print("behind:", data.decode())
        self.transport.write(data.upper())


class Asker(Protocol):
    def connectionMade(self):
        self.transport.write(b"through")

    def dataReceived(self, data):
        print("before:", data.decode())
        self.transport.loseConnection()

    def connectionLost(self, reason):
        reactor.callLater(0.1, reactor.stop)


behind = reactor.listenTCP(0, Factory.forProtocol(Upper))
between = reactor.listenTCP(0, ProxyFactory("127.0.0.1", behind.getHost().port))
connectProtocol(TCP4ClientEndpoint(reactor, "127.0.0.1", between.getHost().port), Asker())
reactor.run()
# prints: behind: through
# prints: before: THROUGH
