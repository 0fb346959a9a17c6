"""One Deferred of the download's, from which a branch is made for each client."""

import argparse

from twisted.internet import reactor
from twisted.internet.defer import Deferred, succeed
from twisted.internet.error import ConnectionDone
from twisted.internet.protocol import ClientFactory, Protocol, ServerFactory


class Download(Protocol):
    data = b""

    def dataReceived(self, data):
        self.data += data

    def connectionLost(self, reason):
        if reason.check(ConnectionDone):
            self.factory.d.callback(self.data)
        else:
            self.factory.d.errback(reason)


class DownloadFactory(ClientFactory):
    protocol = Download

    def __init__(self, d):
        self.d = d

    def clientConnectionFailed(self, connector, reason):
        self.d.errback(reason)


class Poems:
    def __init__(self, port):
        self.port = port
        self.kept = None
        self.trunk = None

    def get(self):
        if self.kept is not None:
            return succeed(self.kept)
        if self.trunk is None:
            self.trunk = Deferred()
            self.trunk.addCallbacks(self.came, self.failed)
            reactor.connectTCP("127.0.0.1", self.port, DownloadFactory(self.trunk))
        return self.branch()

    def branch(self):
        """A Deferred of its own, with the trunk's result; the trunk's own error ends in it."""
        twig = Deferred()

        def both(result):
            twig.callback(result)
            return result

        self.trunk.addBoth(both)
        return twig

    def came(self, poem):
        self.kept = poem
        return poem

    def failed(self, err):
        trunk, self.trunk = self.trunk, None
        reactor.callLater(0, trunk.addErrback, lambda err: None)
        return err


class Server(Protocol):
    def connectionMade(self):
        self.factory.poems.get().addCallbacks(self.send, self.give_up)

    def send(self, poem):
        self.transport.write(poem)
        self.transport.loseConnection()

    def give_up(self, err):
        self.transport.abortConnection()


parser = argparse.ArgumentParser()
parser.add_argument("--port", type=int, default=0)
parser.add_argument("--iface", default="localhost")
parser.add_argument("upstream", type=int)
args = parser.parse_args()
factory = ServerFactory.forProtocol(Server)
factory.poems = Poems(args.upstream)
reactor.listenTCP(args.port, factory, interface=args.iface)
reactor.run()
