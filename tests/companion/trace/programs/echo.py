"""An echo server, and a client that says one thing to it."""

from twisted.internet import reactor
from twisted.internet.protocol import ClientFactory, Factory, Protocol


class Echo(Protocol):
    def dataReceived(self, data):
        self.transport.write(data)


class Caller(Protocol):
    def connectionMade(self):
        self.transport.write(b"is anybody there?")

    def dataReceived(self, data):
        print("echo:", data.decode())
        self.transport.loseConnection()

    def connectionLost(self, reason):
        print(reason.getErrorMessage())
        reactor.stop()


port = reactor.listenTCP(0, Factory.forProtocol(Echo), interface="127.0.0.1")
reactor.connectTCP("127.0.0.1", port.getHost().port, ClientFactory.forProtocol(Caller))
reactor.run()
# prints: echo: is anybody there?
# prints: Connection was closed cleanly.
