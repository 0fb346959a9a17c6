"""An option of optparse without a default: no time-out where it is left out."""

import optparse

from twisted.internet import reactor
from twisted.internet.protocol import ClientFactory, Protocol


def parse():
    parser = optparse.OptionParser(usage="%prog [options] [host:]port ...")
    parser.add_option("-w", "--wait", type="int", metavar="N", help="give up after N seconds")
    options, words = parser.parse_args()
    if not words:
        parser.error("no servers")
    places = []
    for word in words:
        host, _, port = word.rpartition(":")
        places.append((host or "localhost", int(port)))
    return options.wait, places


class PoetryProtocol(Protocol):
    data = b""
    alarm = None
    late = False

    def connectionMade(self):
        if self.factory.wait:
            self.alarm = reactor.callLater(self.factory.wait, self.too_late)

    def dataReceived(self, data):
        self.data += data

    def too_late(self):
        self.late = True
        self.transport.abortConnection()

    def connectionLost(self, reason):
        if self.alarm and self.alarm.active():
            self.alarm.cancel()
        self.factory.done(None if self.late else self.data)


class PoetryFactory(ClientFactory):
    protocol = PoetryProtocol

    def __init__(self, count, wait):
        self.count, self.wait, self.poems = count, wait, []

    def done(self, poem):
        self.poems.append(poem)
        if len(self.poems) == self.count and reactor.running:
            reactor.stop()

    def clientConnectionFailed(self, connector, reason):
        print("Could not connect to", connector.getDestination())
        self.done(None)


if __name__ == "__main__":
    wait, places = parse()
    factory = PoetryFactory(len(places), wait)
    for host, port in places:
        reactor.connectTCP(host, port, factory)
    reactor.run()
    for poem in factory.poems:
        print("nothing" if poem is None else f"{len(poem)} bytes")
