"""The proxy 2.0 that forgets: a poem is kept for two hours."""

import argparse
import contextlib
import sys

from twisted.internet import reactor
from twisted.internet.defer import Deferred, succeed
from twisted.internet.error import CannotListenError, ConnectionDone
from twisted.internet.protocol import ClientFactory, Protocol, ServerFactory


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
        "--port", type=parse_port, default=0, help="port to listen on; a free one where left out"
    )
    parser.add_argument("--iface", default="localhost", help="interface to listen on")
    parser.add_argument(
        "--keep", metavar="SECONDS", type=float, default=7200, help="how long a poem is kept (7200)"
    )
    parser.add_argument(
        "address",
        metavar="ADDRESS",
        type=parse_address,
        help="a poetry server, [host]:port; the host is 127.0.0.1 where left out",
    )
    return parser.parse_args()


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

    def __init__(self, host, port, keep):
        self.host = host
        self.port = port
        self.keep = keep

    def get_poem(self):
        if self.poem and reactor.seconds() < self.expires:
            say("Using cached poem.")
            return succeed(self.poem)

        say("Fetching poem from server.")
        d = Deferred()
        factory = PoetryClientFactory(d)
        reactor.connectTCP(self.host, self.port, factory)
        return d.addCallback(self.set_poem)

    def set_poem(self, poem):
        self.poem = poem
        self.expires = reactor.seconds() + self.keep
        return poem


def poetry_main():
    args = parse_args()
    factory = PoetryProxyFactory(ProxyService(*args.address, args.keep))
    try:
        port = reactor.listenTCP(args.port, factory, backlog=4096, interface=args.iface)
    except CannotListenError as err:
        sys.exit(str(err))
    host = port.getHost()
    say(f"Proxying {args.address[0]}:{args.address[1]} on {host.host}:{host.port}")
    reactor.run()
    sys.exit(130)  # nothing but a signal ends a server


if __name__ == "__main__":
    poetry_main()
