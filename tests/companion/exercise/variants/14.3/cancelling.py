"""A client that leaves takes its Deferred off the list; the others stay there."""

import argparse
import sys

from twisted.internet import reactor
from twisted.internet.defer import CancelledError, Deferred, succeed
from twisted.internet.error import ConnectionDone
from twisted.internet.protocol import ClientFactory, Protocol, ServerFactory


class PoetryProxyProtocol(Protocol):
    def connectionMade(self):
        self.deferred = self.factory.service.get_poem()
        self.deferred.addCallbacks(self.send_poem, self.poem_failed)

    def connectionLost(self, reason):
        self.deferred.cancel()

    def send_poem(self, poem):
        self.transport.write(poem)
        self.transport.loseConnection()

    def poem_failed(self, err):
        if not err.check(CancelledError):
            print("failed:", err.getErrorMessage(), file=sys.stderr)
            self.transport.abortConnection()


class PoetryProtocol(Protocol):
    def connectionMade(self):
        self.chunks = []

    def dataReceived(self, data):
        self.chunks.append(data)

    def connectionLost(self, reason):
        whole = reason.check(ConnectionDone)
        self.factory.finished(b"".join(self.chunks) if whole else reason)


class PoetryClientFactory(ClientFactory):
    protocol = PoetryProtocol

    def __init__(self, finished):
        self.finished = finished

    def clientConnectionFailed(self, connector, reason):
        self.finished(reason)


class ProxyService:
    poem = None
    downloading = False

    def __init__(self, port):
        self.port = port
        self.waiting = {}

    def get_poem(self):
        if self.poem is not None:
            return succeed(self.poem)
        d = Deferred(self.forget)
        self.waiting[d] = None
        if not self.downloading:
            self.downloading = True
            reactor.connectTCP("127.0.0.1", self.port, PoetryClientFactory(self.finished))
        return d

    def forget(self, d):
        self.waiting.pop(d, None)

    def finished(self, result):
        self.downloading = False
        if isinstance(result, bytes):
            self.poem = result
        while self.waiting:
            d, _ = self.waiting.popitem()
            d.callback(result)


parser = argparse.ArgumentParser()
parser.add_argument("--port", type=int, default=0)
parser.add_argument("--iface", default="127.0.0.1")
parser.add_argument("address", type=int)
args = parser.parse_args()
factory = ServerFactory.forProtocol(PoetryProxyProtocol)
factory.service = ProxyService(args.address)
reactor.listenTCP(args.port, factory, interface=args.iface)
reactor.run()
