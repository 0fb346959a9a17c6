"""TimeoutMixin brings the timer with it."""

import argparse
import logging

from twisted.internet import reactor
from twisted.internet.protocol import ClientFactory, Protocol
from twisted.protocols.policies import TimeoutMixin

logging.basicConfig(level=logging.INFO)


class PoetryProtocol(Protocol, TimeoutMixin):
    def connectionMade(self):
        self.poem = bytearray()
        self.gave_up = False
        self.setTimeout(self.factory.seconds)

    def dataReceived(self, data):
        self.poem.extend(data)
        logging.info("%d bytes", len(data))

    def timeoutConnection(self):
        self.gave_up = True
        self.transport.loseConnection()

    def connectionLost(self, reason):
        self.setTimeout(None)
        if self.gave_up:
            self.factory.finished("a poem that was late")
        else:
            self.factory.finished(f"a poem of {len(self.poem)} bytes")


class PoetryClientFactory(ClientFactory):
    protocol = PoetryProtocol

    def __init__(self, count, seconds):
        self.count = count
        self.seconds = seconds

    def finished(self, what):
        print(what)
        self.count -= 1
        if self.count == 0 and reactor.running:
            reactor.stop()

    def clientConnectionFailed(self, connector, reason):
        self.finished(f"no poem: {reason.value}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("-s", "--seconds", type=int, default=15)
    parser.add_argument("addresses", nargs="+")
    args = parser.parse_args()
    factory = PoetryClientFactory(len(args.addresses), args.seconds)
    for address in args.addresses:
        host, _, port = address.rpartition(":")
        reactor.connectTCP(host or "127.0.0.1", int(port), factory)
    reactor.run()


main()
