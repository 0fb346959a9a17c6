"""A socket that blocks: whoever does not read stops the reactor."""

import argparse
import contextlib
import socket
import sys

from twisted.internet import main, reactor
from twisted.internet.interfaces import IReadDescriptor, IWriteDescriptor
from zope.interface import implementer


def parse_port(text):
    if text.isascii() and text.isdigit() and 0 < int(text) < 65536:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a port from 1 to 65535")


def parse_args():
    if sys.stdout:  # or closed by the shell
        sys.stdout.reconfigure(errors="backslashreplace")  # a letter that the terminal lacks
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--port", type=parse_port, default=0, help="port to listen on; a free one where left out"
    )
    parser.add_argument("--iface", default="localhost", help="interface to listen on")
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


@implementer(IWriteDescriptor)
class PoetrySocket:
    def __init__(self, sock, poem):
        self.sock = sock
        self.poem = poem
        reactor.addWriter(self)

    def fileno(self):
        return self.sock.fileno()

    def logPrefix(self):
        return "poetry"

    def doWrite(self):
        try:
            self.sock.sendall(self.poem)  # wrong: server-many
        except OSError:
            return main.CONNECTION_LOST
        return main.CONNECTION_DONE

    def connectionLost(self, reason):
        reactor.removeWriter(self)
        self.sock.close()


@implementer(IReadDescriptor)
class ListeningSocket:
    def __init__(self, sock, poem):
        self.sock = sock
        self.poem = poem
        self.sock.setblocking(False)
        reactor.addReader(self)

    def fileno(self):
        return self.sock.fileno()

    def logPrefix(self):
        return "listening"

    def doRead(self):
        try:
            sock, _ = self.sock.accept()
        except OSError:
            return  # whoever was there has left already
        PoetrySocket(sock, self.poem)

    def connectionLost(self, reason):
        reactor.removeReader(self)
        self.sock.close()


def poetry_main():
    args = parse_args()
    try:
        sock = socket.create_server((args.iface, args.port), backlog=4096)
    except (OSError, UnicodeError, OverflowError) as err:
        sys.exit(f"can't listen on {args.iface}:{args.port}: {err}")
    ListeningSocket(sock, args.poem)
    host, port = sock.getsockname()
    say(f"Serving {args.poem_file} on {host}:{port}")
    reactor.run()
    sys.exit(130)  # nothing but a signal ends a server


if __name__ == "__main__":
    poetry_main()
