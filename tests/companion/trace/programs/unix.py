"""A server and its client on a Unix socket."""

import os
import tempfile

from twisted.internet import reactor
from twisted.internet.endpoints import UNIXClientEndpoint, UNIXServerEndpoint, connectProtocol
from twisted.internet.protocol import Factory, Protocol


class Reverse(Protocol):
    def dataReceived(self, data):
        self.transport.write(data[::-1])


class Asker(Protocol):
    def connectionMade(self):
        self.transport.write(b"stressed")

    def dataReceived(self, data):
        print(data.decode())
        self.transport.loseConnection()

    def connectionLost(self, reason):
        reactor.stop()


with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "socket")
    UNIXServerEndpoint(reactor, path).listen(Factory.forProtocol(Reverse))
    connectProtocol(UNIXClientEndpoint(reactor, path), Asker())
    reactor.run()
# prints: desserts
