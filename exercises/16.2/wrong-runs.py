"""It runs the reactor itself, and twistd never comes to its turn."""

import contextlib
import sys

from twisted.application import internet, service
from twisted.internet import reactor
from twisted.internet.defer import Deferred, succeed
from twisted.internet.error import ConnectionDone
from twisted.internet.protocol import ClientFactory, Protocol, ServerFactory


def say(line):
    """Print a line, if anybody reads it; to serve does not depend on that."""
    with contextlib.suppress(OSError):
        print(line, flush=True)


class PoetryProxyProtocol(Protocol):
    def connectionMade(self):
        d = self.factory.service.get_poem()
        d.addCallbacks(self.send_poem, self.poem_failed)

    def send_poem(self, poem):
        self.transport.write(poem)
        self.transport.loseConnection()

    def poem_failed(self, err):
        self.transport.abortConnection()  # a clean end would say: an empty poem
        print(f"Poem failed: {err.getErrorMessage()}", file=sys.stderr)


class PoetryProxyFactory(ServerFactory):
    protocol = PoetryProxyProtocol

    def __init__(self, service):
        self.service = service


class PoetryProtocol(Protocol):
    def connectionMade(self):
        self.chunks = []

    def dataReceived(self, data):
        self.chunks.append(data)

    def connectionLost(self, reason):
        if reason.check(ConnectionDone):
            self.factory.poem_finished(b"".join(self.chunks))
        else:
            self.factory.poem_failed(reason)


class PoetryClientFactory(ClientFactory):
    protocol = PoetryProtocol
    noisy = False  # no line in the log for each connection

    def __init__(self, deferred):
        self.deferred = deferred

    def poem_finished(self, poem):
        if self.deferred is not None:
            d, self.deferred = self.deferred, None
            d.callback(poem)

    def poem_failed(self, err):
        if self.deferred is not None:
            d, self.deferred = self.deferred, None
            d.errback(err)

    def clientConnectionFailed(self, connector, reason):
        self.poem_failed(reason)


class ProxyService:
    poem = None

    def __init__(self, host, port):
        self.host = host
        self.port = port

    def get_poem(self):
        if self.poem:  # not an empty one: a server out of descriptors sends that, too
            say("Using cached poem.")
            return succeed(self.poem)

        say("Fetching poem from server.")
        d = Deferred()
        factory = PoetryClientFactory(d)
        reactor.connectTCP(self.host, self.port, factory)
        return d.addCallback(self.set_poem)

    def set_poem(self, poem):
        self.poem = poem
        return poem


port = 10000
iface = "localhost"
server_host, server_port = "127.0.0.1", 10001

factory = PoetryProxyFactory(ProxyService(server_host, server_port))
tcp_service = internet.TCPServer(port, factory, backlog=4096, interface=iface)

application = service.Application("poetry-proxy")
tcp_service.setServiceParent(application)
reactor.run()  # wrong: runs
