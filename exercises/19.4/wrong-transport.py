"""A connection that is still being made is made all the same."""

import argparse
import os
import sys

from twisted.internet import reactor
from twisted.internet.defer import Deferred, DeferredList, inlineCallbacks
from twisted.internet.error import ConnectionDone
from twisted.internet.protocol import ClientFactory, Protocol
from twisted.protocols.basic import NetstringReceiver
from twisted.python.failure import Failure


def parse_port(text):
    if text.isascii() and text.isdigit() and 0 < int(text) < 65536:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a port from 1 to 65535")


def parse_address(text):
    host, _, port = text.rpartition(":")
    host = host.strip("[]")  # an IPv6 address stands in brackets
    host.encode("idna")  # a ValueError where no host can have this name
    return host or "127.0.0.1", parse_port(port)


def parse_args():
    if sys.stdout:  # or closed by the shell
        sys.stdout.reconfigure(errors="backslashreplace")  # a letter that the terminal lacks
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "transform_address",
        metavar="TRANSFORM",
        type=parse_address,
        help="the transform server, [host]:port",
    )
    parser.add_argument(
        "addresses",
        metavar="ADDRESS",
        nargs="+",
        type=parse_address,
        help="a poetry server, [host]:port; the host is 127.0.0.1 where left out",
    )
    return parser.parse_args()


def show(text):
    """Print a text, or end: with a line that says why, or none where the reader has left."""
    try:
        print(text, flush=True)
    except OSError as err:
        if not isinstance(err, BrokenPipeError):
            print(f"can't print: {err.strerror}", file=sys.stderr)
        os._exit(1)  # sys.exit would try to print it again


class PoetryProtocol(Protocol):
    def connectionMade(self):
        self.chunks = []

    def dataReceived(self, data):
        self.chunks.append(data)

    def connectionLost(self, reason):
        if reason.check(ConnectionDone):
            self.poemReceived(b"".join(self.chunks))
        else:
            self.factory.poem_failed(reason)

    def poemReceived(self, poem):
        try:
            text = poem.decode()
        except UnicodeDecodeError:
            self.factory.poem_failed(Failure())
        else:
            self.factory.poem_finished(text)


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


class TransformClientProtocol(NetstringReceiver):
    def connectionMade(self):
        self.sendString(self.factory.request)

    def stringReceived(self, reply):
        self.transport.loseConnection()
        self.factory.poem_transformed(reply)


class TransformClientFactory(ClientFactory):
    protocol = TransformClientProtocol
    noisy = False  # no line in the log for each connection

    def __init__(self, request):
        self.request = request
        self.deferred = Deferred()

    def poem_transformed(self, poem):
        if self.deferred is not None:
            d, self.deferred = self.deferred, None
            d.callback(poem)

    def clientConnectionLost(self, connector, reason):
        if self.deferred is not None:
            d, self.deferred = self.deferred, None
            d.errback(reason)

    clientConnectionFailed = clientConnectionLost


class TransformProxy:
    """The transform service, at the other end of a connection."""

    def __init__(self, host, port):
        self.host = host
        self.port = port

    def xform(self, name, poem):
        """Have a poem transformed. Returns a Deferred: the new poem, or a Failure."""
        factory = TransformClientFactory(f"{name}.{poem}".encode())
        reactor.connectTCP(self.host, self.port, factory)
        return factory.deferred.addCallback(bytes.decode)


def get_poetry(host, port):
    """Download a poem from host:port. Returns a Deferred: the poem, or a Failure."""

    def canceller(d):
        factory.deferred = None
        connector.transport.loseConnection()  # wrong: connecting

    d = Deferred(canceller)
    factory = PoetryClientFactory(d)
    connector = reactor.connectTCP(host, port, factory)
    return d


def poetry_main():
    args = parse_args()
    proxy = TransformProxy(*args.transform_address)
    poems = []
    deferreds = []

    @inlineCallbacks
    def get_transformed_poem(host, port):
        try:
            poem = yield get_poetry(host, port)
        except Exception as err:
            if reactor.running:  # or else interrupted, not failed
                print(f"The poem download failed: {host}:{port}: {err}", file=sys.stderr)
            raise
        try:
            poem = yield proxy.xform("cummingsify", poem)
        except Exception:
            if not reactor.running:
                raise  # interrupted, not failed
            show("Cummingsify failed!")
        return poem

    def got_poem(poem):
        show(poem)
        poems.append(poem)

    def all_done(results):
        if reactor.running:
            reactor.stop()

    for host, port in args.addresses:
        d = get_transformed_poem(host, port)
        d.addCallback(got_poem)
        deferreds.append(d)
    DeferredList(deferreds, consumeErrors=True).addCallback(all_done)

    reactor.run()

    if len(poems) < len(args.addresses):
        sys.exit(1)


if __name__ == "__main__":
    poetry_main()
