"""One Deferred for all, whose callbacks hand on the poem that they were given."""

import optparse

from twisted.internet import protocol, reactor
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone


class Get(protocol.Protocol):
    def __init__(self, d):
        self.d = d
        self.poem = []

    def dataReceived(self, data):
        self.poem.append(data)

    def connectionLost(self, reason):
        if reason.check(ConnectionDone):
            self.d.callback(b"".join(self.poem))
        else:
            self.d.errback(reason)


class GetFactory(protocol.ClientFactory):
    def __init__(self, d):
        self.d = d

    def buildProtocol(self, addr):
        return Get(self.d)

    def clientConnectionFailed(self, connector, reason):
        self.d.errback(reason)


class Serve(protocol.Protocol):
    def connectionMade(self):
        self.factory.get().addCallbacks(self.send, self.abort)

    def send(self, poem):
        self.transport.write(poem)
        self.transport.loseConnection()
        return poem

    def abort(self, err):
        self.transport.abortConnection()
        return err  # for whoever waits behind


class ServeFactory(protocol.ServerFactory):
    """The Deferred is the cache, too: one that has fired calls at once whoever comes."""

    protocol = Serve

    def __init__(self, port):
        self.port = port
        self.d = None

    def get(self):
        if self.d is None:
            self.d = Deferred()
            self.d.addErrback(self.failed)
            reactor.connectTCP("127.0.0.1", self.port, GetFactory(self.d))
        return self.d

    def failed(self, err):
        d, self.d = self.d, None
        reactor.callLater(0, d.addErrback, lambda err: None)
        return err


if __name__ == "__main__":
    parser = optparse.OptionParser()
    parser.add_option("--port", type="int", default=0)
    parser.add_option("--iface", default="localhost")
    options, (address,) = parser.parse_args()
    reactor.listenTCP(options.port, ServeFactory(int(address)), interface=options.iface)
    reactor.run()
