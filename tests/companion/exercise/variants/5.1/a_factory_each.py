"""A factory for each server, which has the connector close what is late."""

import sys

from twisted.internet import reactor
from twisted.internet.protocol import ClientFactory, Protocol

waiting = set()


class Line(Protocol):
    def connectionMade(self):
        self.buffer = []

    def dataReceived(self, data):
        self.buffer.append(data)

    def connectionLost(self, reason):
        self.factory.over(b"".join(self.buffer))


class OnePoem(ClientFactory):
    def __init__(self, port):
        self.port = port
        self.late = False
        waiting.add(self)

    def buildProtocol(self, address):
        line = Line()
        line.factory = self
        return line

    def startedConnecting(self, connector):
        self.timer = reactor.callLater(3.5, self.hang_up, connector)

    def hang_up(self, connector):
        self.late = True
        connector.disconnect()

    def over(self, poem):
        waiting.discard(self)
        if not self.late:
            self.timer.cancel()
            print(f"{self.port}: {len(poem)} bytes")
        else:
            print(f"{self.port}: too slow")
        if not waiting and reactor.running:
            reactor.stop()

    def clientConnectionFailed(self, connector, reason):
        if self.timer.active():
            self.timer.cancel()
        waiting.discard(self)
        print(f"{self.port}: {reason.getErrorMessage()}")
        if not waiting and reactor.running:
            reactor.stop()


for word in sys.argv[1:]:
    number = int(word.rpartition(":")[2])
    reactor.connectTCP("localhost", number, OnePoem(number))
reactor.run()
