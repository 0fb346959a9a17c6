"""Client 2.0: the transport reads, a Protocol gets the data, a Factory builds the Protocols."""

import argparse
import datetime
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


class PoetryProtocol(Protocol):
    task_num = 0

    def connectionMade(self):
        self.chunks = []

    def dataReceived(self, data):
        self.chunks.append(data)
        peer = self.transport.getPeer()
        print(f"Task {self.task_num}: got {len(data)} bytes of poetry from {peer.host}:{peer.port}")

    def connectionLost(self, reason):
        if reactor.running:  # or else we were interrupted, and the poem is not whole
            self.poemReceived(b"".join(self.chunks))

    def poemReceived(self, poem):
        self.factory.poem_finished(self.task_num, poem)


class PoetryClientFactory(ClientFactory):
    protocol = PoetryProtocol
    noisy = False  # no line in the log for each connection
    task_num = 1

    def __init__(self, poetry_count):
        self.poetry_count = poetry_count
        self.poems = {}

    def buildProtocol(self, address):
        proto = ClientFactory.buildProtocol(self, address)
        proto.task_num = self.task_num
        self.task_num += 1
        return proto

    def poem_finished(self, task_num=None, poem=None):
        if task_num is not None:
            self.poems[task_num] = poem
        self.poetry_count -= 1
        if self.poetry_count == 0 and reactor.running:
            reactor.stop()
            self.report()

    def report(self):
        for task_num, poem in sorted(self.poems.items()):
            print(f"Task {task_num}: {len(poem)} bytes of poetry")

    def clientConnectionFailed(self, connector, reason):
        self.poem_finished()
        to = connector.getDestination()
        print(
            f"Failed to connect to {to.host}:{to.port}: {reason.getErrorMessage()}",
            file=sys.stderr,
        )


def poetry_main():
    args = parse_args()
    start = datetime.datetime.now()
    factory = PoetryClientFactory(len(args.addresses))

    for host, port in args.addresses:
        reactor.connectTCP(host, port, factory)

    reactor.run()
    elapsed = datetime.datetime.now() - start
    print(f"Got {len(factory.poems)} poems in {elapsed}")
    if len(factory.poems) < len(args.addresses):
        sys.exit(1)


if __name__ == "__main__":
    poetry_main()
