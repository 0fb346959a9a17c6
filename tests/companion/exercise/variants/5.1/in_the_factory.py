"""A constant number of seconds; the factory keeps the timers of its protocols."""

import sys
from datetime import datetime

from twisted.internet import protocol, reactor

PATIENCE = 7


class Poem(protocol.Protocol):
    def connectionMade(self):
        self.text = b""
        self.factory.begin(self)

    def dataReceived(self, data):
        self.text += data

    def connectionLost(self, reason):
        self.factory.end(self)


class Poems(protocol.ClientFactory):
    protocol = Poem

    def __init__(self, number):
        self.left = number
        self.timers = {}
        self.sizes = []

    def begin(self, poem):
        self.timers[poem] = reactor.callLater(PATIENCE, self.late, poem)

    def late(self, poem):
        del self.timers[poem]
        poem.transport.loseConnection()
        print("gave up on", poem.transport.getPeer().port)

    def end(self, poem):
        timer = self.timers.pop(poem, None)
        if timer:
            timer.cancel()
            self.sizes.append(len(poem.text))
        self.one_less()

    def clientConnectionFailed(self, connector, reason):
        print("no connection to", connector.getDestination().port)
        self.one_less()

    def one_less(self):
        self.left -= 1
        if not self.left and reactor.running:
            reactor.stop()


begun = datetime.now()
ports = [int(word.rpartition(":")[2]) for word in sys.argv[1:]]
poems = Poems(len(ports))
for port in ports:
    reactor.connectTCP("127.0.0.1", port, poems)
reactor.run()
for size in poems.sizes:
    print(size, "bytes of poetry")
print("that took", datetime.now() - begun)
