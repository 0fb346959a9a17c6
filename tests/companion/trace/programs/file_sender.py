"""A file that is sent in pieces, and whoever takes it."""

import io

from twisted.internet import reactor
from twisted.internet.endpoints import TCP4ClientEndpoint, connectProtocol
from twisted.internet.protocol import Factory, Protocol
from twisted.protocols.basic import FileSender


class Sender(Protocol):
    def connectionMade(self):
        file = io.BytesIO(b"0123456789" * 30000)
        d = FileSender().beginFileTransfer(file, self.transport)
        d.addCallback(self.sent)

    def sent(self, last):
        print("last byte:", last.decode())
        self.transport.loseConnection()


class Taker(Protocol):
    size = 0

    def dataReceived(self, data):
        self.size += len(data)

    def connectionLost(self, reason):
        print(self.size, "bytes")
        reactor.stop()


port = reactor.listenTCP(0, Factory.forProtocol(Sender))
connectProtocol(TCP4ClientEndpoint(reactor, "127.0.0.1", port.getHost().port), Taker())
reactor.run()
# prints: last byte: 9
# prints: 300000 bytes
