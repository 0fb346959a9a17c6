"""The server's address is asked for, and another one taken."""

import contextlib
import sys

from twisted.application import internet, service
from twisted.internet.defer import Deferred, succeed
from twisted.internet.error import ConnectionDone
from twisted.internet.protocol import ClientFactory, Protocol, ServerFactory
from twisted.plugin import IPlugin
from twisted.python import usage
from zope.interface import implementer


def parse_port(text):
    if text.isascii() and text.isdigit() and 0 < int(text) < 65536:
        return int(text)
    raise ValueError(f"{text!r} is not a port from 1 to 65535")


def parse_address(text):
    host, _, port = text.rpartition(":")
    host = host.strip("[]")  # an IPv6 address stands in brackets
    host.encode("idna")  # a ValueError where no host can have this name
    return host or "127.0.0.1", parse_port(port)


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
        from twisted.internet import reactor  # only now: twistd chooses which

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


class Options(usage.Options):
    optParameters = [
        ["port", "p", 10000, "The port to listen on.", parse_port],
        ["iface", None, "localhost", "The interface to listen on."],
        ["server", "s", None, "The poetry server, [host]:port.", parse_address],
    ]

    def postOptions(self):
        if self["server"] is None:
            raise usage.UsageError("--server is needed: the poetry server's address")


@implementer(service.IServiceMaker, IPlugin)
class PoetryProxyServiceMaker:
    tapname = "poetryproxy"
    description = "A proxy that keeps its poem."
    options = Options

    def makeService(self, options):
        factory = PoetryProxyFactory(ProxyService("127.0.0.1", 10000))  # wrong: serves
        return internet.TCPServer(
            options["port"], factory, backlog=4096, interface=options["iface"]
        )


# twistd looks for an object like this one; its name is of no account.
service_maker = PoetryProxyServiceMaker()
