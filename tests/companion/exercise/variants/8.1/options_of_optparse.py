"""optparse, and a class that stands for one download."""

import optparse
import sys

from twisted.internet import protocol, reactor
from twisted.internet.defer import Deferred


class SlowPoet(Exception):
    pass


class Download(protocol.ClientFactory):
    noisy = False

    def __init__(self, address, patience):
        self.address, self.poem, self.d = address, "", Deferred()
        host, _, port = address.rpartition(":")
        self.alarm = reactor.callLater(patience, self.ring)
        self.connector = reactor.connectTCP(host or "localhost", int(port), self)

    def buildProtocol(self, addr):
        wire = protocol.Protocol()
        self.pieces = []
        wire.dataReceived = self.pieces.append
        wire.connectionLost = self.lost
        return wire

    def lost(self, reason=None):
        self.settle(lambda d: d.callback(b"".join(self.pieces).decode()))

    def clientConnectionFailed(self, connector, reason):
        self.settle(lambda d: d.errback(reason))

    def ring(self):
        self.settle(lambda d: d.errback(SlowPoet(self.address)))
        self.connector.disconnect()

    def settle(self, how):
        d, self.d = self.d, None
        if d:
            if self.alarm.active():
                self.alarm.cancel()
            how(d)


def get_poetry(address, patience):
    return Download(address, patience).d


if __name__ == "__main__":
    parser = optparse.OptionParser("usage: %prog [options] address ...")
    parser.add_option("--patience", type="float", default=20, help="seconds")
    options, addresses = parser.parse_args()
    open_ = set(addresses)

    def close(_, address):
        open_.discard(address)
        if not open_:
            reactor.stop()

    for address in addresses:
        d = get_poetry(address, options.patience)
        d.addCallback(sys.stdout.write)
        d.addCallback(lambda _: sys.stdout.write("\n"))
        d.addErrback(lambda f: sys.stderr.write(f"{f.type.__name__}: {f.getErrorMessage()}\n"))
        d.addBoth(close, address)
    reactor.run()
