"""Client 3.1: get_poetry calls an errback where a poem can't be had."""

import argparse
import os
import sys
from functools import partial

from twisted.internet import reactor
from twisted.internet.error import ConnectionDone
from twisted.internet.protocol import ClientFactory, Protocol
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

    def __init__(self, callback, errback):
        self.callback = callback
        self.errback = errback

    def poem_finished(self, poem):
        self.callback(poem)

    def poem_failed(self, err):
        self.errback(err)

    def clientConnectionFailed(self, connector, reason):
        self.poem_failed(reason)


def get_poetry(host, port, callback, errback):
    """Download a poem from host:port and call callback with it, or errback with a Failure."""
    factory = PoetryClientFactory(callback, errback)
    reactor.connectTCP(host, port, factory)


def poetry_main():
    args = parse_args()
    poems = []
    errors = []

    def got_poem(poem):
        poems.append(poem)
        poem_done()

    def poem_failed(host, port, err):
        errors.append(err)
        poem_done()
        if reactor.running:  # or else interrupted, not failed
            print(f"Poem failed: {host}:{port}: {err.getErrorMessage()}", file=sys.stderr)

    def poem_done():
        if len(poems) + len(errors) == len(args.addresses) and reactor.running:
            reactor.stop()

    for host, port in args.addresses:
        get_poetry(host, port, got_poem, partial(poem_failed, host, port))

    reactor.run()

    for poem in poems:
        show(poem)
    if len(poems) < len(args.addresses):
        sys.exit(1)


if __name__ == "__main__":
    poetry_main()
