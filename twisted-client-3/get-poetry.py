"""Client 3.0: get_poetry can be used in any program; it calls back with the poem."""

import argparse
import os
import sys

from twisted.internet import reactor
from twisted.internet.protocol import ClientFactory, Protocol


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
        if reactor.running:  # or else we were interrupted, and the poem is not whole
            self.poemReceived(b"".join(self.chunks))

    def poemReceived(self, poem):
        self.factory.poem_finished(poem.decode())


class PoetryClientFactory(ClientFactory):
    protocol = PoetryProtocol
    noisy = False  # no line in the log for each connection

    def __init__(self, callback):
        self.callback = callback

    def poem_finished(self, poem):
        self.callback(poem)


def get_poetry(host, port, callback):
    """Download a poem from host:port and call callback with it."""
    factory = PoetryClientFactory(callback)
    reactor.connectTCP(host, port, factory)


def poetry_main():
    args = parse_args()
    poems = []

    def got_poem(poem):
        poems.append(poem)
        if len(poems) == len(args.addresses):
            reactor.stop()

    for host, port in args.addresses:
        get_poetry(host, port, got_poem)

    reactor.run()

    for poem in poems:
        show(poem)
    if len(poems) < len(args.addresses):
        sys.exit(1)


if __name__ == "__main__":
    poetry_main()
