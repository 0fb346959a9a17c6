"""inlineCallbacks on both sides, and None for a list where nothing is on its way."""

import argparse

from twisted.internet import defer, reactor
from twisted.internet.error import ConnectionDone
from twisted.internet.protocol import ClientCreator, Protocol, ServerFactory
from twisted.python import failure


class Upstream(Protocol):
    def __init__(self):
        self.poem = b""
        self.done = defer.Deferred()

    def dataReceived(self, data):
        self.poem = self.poem + data

    def connectionLost(self, reason):
        self.done.callback(self.poem) if reason.check(ConnectionDone) else self.done.errback(reason)


class Service:
    cached = None
    pending = None

    def __init__(self, host, port):
        self.host = host
        self.port = port

    def get_poem(self):
        if self.cached is not None:
            return defer.succeed(self.cached)
        waiting = defer.Deferred()
        if self.pending is not None:
            self.pending.append(waiting)
            return waiting
        self.pending = [waiting]
        self.download()
        return waiting

    @defer.inlineCallbacks
    def download(self):
        creator = ClientCreator(reactor, Upstream)
        try:
            upstream = yield creator.connectTCP(self.host, self.port)
            self.cached = yield upstream.done
        except Exception:
            why = failure.Failure()
            pending, self.pending = self.pending, None
            for waiting in pending:
                waiting.errback(why)
        else:
            pending, self.pending = self.pending, None
            for waiting in pending:
                waiting.callback(self.cached)


class ProxyProtocol(Protocol):
    @defer.inlineCallbacks
    def connectionMade(self):
        try:
            poem = yield self.factory.service.get_poem()
        except Exception:
            self.transport.abortConnection()
        else:
            self.transport.write(poem)
            self.transport.loseConnection()


parser = argparse.ArgumentParser()
parser.add_argument("--port", type=int, default=0)
parser.add_argument("--iface", default="localhost")
parser.add_argument("port_of_server", type=int)
args = parser.parse_args()
factory = ServerFactory()
factory.protocol = ProxyProtocol
factory.service = Service("localhost", args.port_of_server)
reactor.listenTCP(args.port, factory, interface=args.iface)
reactor.run()
