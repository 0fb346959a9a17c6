"""A producer that stops when its consumer has enough, and goes on when there is room."""

from twisted.internet import reactor
from twisted.internet.endpoints import TCP4ClientEndpoint, connectProtocol
from twisted.internet.interfaces import IPushProducer
from twisted.internet.protocol import Factory, Protocol
from zope.interface import implementer


@implementer(IPushProducer)
class Numbers:
    def __init__(self, transport):
        self.transport, self.left, self.paused, self.pauses = transport, 8, True, 0

    def resumeProducing(self):
        self.paused = False
        while self.left and not self.paused:
            self.left -= 1
            self.transport.write(b"%065536d" % self.left)
        if not self.left:
            self.transport.unregisterProducer()
            self.transport.loseConnection()

    def pauseProducing(self):
        self.paused = True
        self.pauses += 1

    def stopProducing(self):
        self.left = 0


class Server(Protocol):
    def connectionMade(self):
        self.numbers = Numbers(self.transport)
        self.transport.registerProducer(self.numbers, True)
        self.numbers.resumeProducing()

    def connectionLost(self, reason):
        print("paused:", self.numbers.pauses > 0)


class Count(Protocol):
    size = 0

    def dataReceived(self, data):
        self.size += len(data)

    def connectionLost(self, reason):
        print(self.size, "bytes")
        reactor.callLater(0.1, reactor.stop)


port = reactor.listenTCP(0, Factory.forProtocol(Server))
connectProtocol(TCP4ClientEndpoint(reactor, "127.0.0.1", port.getHost().port), Count())
reactor.run()
# prints: paused: True
# prints: 524288 bytes
