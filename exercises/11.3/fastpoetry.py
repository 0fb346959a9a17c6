"""The slow server with Protocol and Factory: a timer for each client, in place of sleep."""

import argparse
import contextlib
import sys

from twisted.internet import reactor
from twisted.internet.error import CannotListenError
from twisted.internet.protocol import Protocol, ServerFactory


def parse_port(text):
    if text.isascii() and text.isdigit() and 0 < int(text) < 65536:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a port from 1 to 65535")


def parse_num_bytes(text):
    if text.isascii() and text.isdigit() and int(text) > 0:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a positive number of bytes")


def parse_delay(text):
    try:
        delay = float(text) if text.isascii() else 0
    except ValueError:
        delay = 0
    if 0 < delay <= 86400:
        return delay
    raise argparse.ArgumentTypeError(f"{text!r} is not a positive number of seconds")


def parse_args():
    if sys.stdout:  # or closed by the shell
        sys.stdout.reconfigure(errors="backslashreplace")  # a letter that the terminal lacks
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--port", type=parse_port, default=0, help="port to listen on; a free one where left out"
    )
    parser.add_argument("--iface", default="localhost", help="interface to listen on")
    parser.add_argument(
        "--num-bytes", type=parse_num_bytes, default=10, help="bytes to send at a time (10)"
    )
    parser.add_argument(
        "--delay", type=parse_delay, default=0.1, help="seconds between two sends (0.1)"
    )
    parser.add_argument("poem_file", metavar="FILE", help="the poem to serve")
    args = parser.parse_args()
    try:
        with open(args.poem_file, "rb") as poem_file:
            args.poem = poem_file.read()
    except OSError as err:
        parser.error(f"can't read {args.poem_file}: {err.strerror}")
    return args


def say(line):
    """Print a line, if anybody reads it; to serve does not depend on that."""
    with contextlib.suppress(OSError):
        print(line, flush=True)


class PoetryProtocol(Protocol):
    timer = None

    def connectionMade(self):
        self.rest = self.factory.poem
        self.send_some()

    def send_some(self):
        self.timer = None
        if not self.rest:
            self.transport.loseConnection()
            return

        size = self.factory.num_bytes
        self.transport.write(self.rest[:size])
        self.rest = self.rest[size:]
        self.timer = reactor.callLater(self.factory.delay, self.send_some)

    def connectionLost(self, reason):
        if self.timer is not None:
            self.timer.cancel()


class PoetryFactory(ServerFactory):
    protocol = PoetryProtocol

    def __init__(self, poem, num_bytes, delay):
        self.poem = poem
        self.num_bytes = num_bytes
        self.delay = delay


def poetry_main():
    args = parse_args()
    factory = PoetryFactory(args.poem, args.num_bytes, args.delay)
    try:
        port = reactor.listenTCP(args.port, factory, backlog=4096, interface=args.iface)
    except CannotListenError as err:
        sys.exit(str(err))
    host = port.getHost()
    say(f"Serving {args.poem_file} on {host.host}:{host.port}")
    reactor.run()
    sys.exit(130)  # nothing but a signal ends a server


if __name__ == "__main__":
    poetry_main()
