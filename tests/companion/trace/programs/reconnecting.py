"""A client that comes again until somebody listens."""

from twisted.internet import reactor
from twisted.internet.protocol import Factory, Protocol, ReconnectingClientFactory


class Hello(Protocol):
    def connectionMade(self):
        self.transport.write(b"hello")
        self.transport.loseConnection()


class Hear(Protocol):
    def dataReceived(self, data):
        print("heard", data.decode())
        self.factory.stopTrying()
        reactor.stop()


class Again(ReconnectingClientFactory):
    protocol = Hear
    factor, jitter = 1, 0
    failures = 0

    def clientConnectionFailed(self, connector, reason):
        self.failures += 1
        print("failure", self.failures)
        if self.failures == 2:
            reactor.listenTCP(port, Factory.forProtocol(Hello))
        super().clientConnectionFailed(connector, reason)


probe = reactor.listenTCP(0, Factory())
port = probe.getHost().port
probe.stopListening()
reactor.callLater(0, reactor.connectTCP, "127.0.0.1", port, Again())
reactor.run()
# prints: failure 1
# prints: failure 2
# prints: heard hello
