"""A name that nobody knows gets an answer, too."""

import argparse
import contextlib
import sys

from twisted.internet import reactor
from twisted.internet.error import CannotListenError
from twisted.internet.protocol import ServerFactory
from twisted.protocols.basic import NetstringReceiver


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
    return parser.parse_args()


def say(line):
    """Print a line, if anybody reads it; to serve does not depend on that."""
    with contextlib.suppress(OSError):
        print(line, flush=True)


class TransformService:
    def cummingsify(self, poem):
        return poem.lower()

    def upper(self, poem):
        return poem.upper()


class TransformProtocol(NetstringReceiver):
    brokenPeer = False  # NetstringReceiver sets it where the netstring is wrong

    def stringReceived(self, request):
        if self.transport.disconnecting:
            return  # one request a connection, whatever came with it
        if b"." not in request:
            self.refuse("no dot in the request")
            return
        xform_name, poem = request.split(b".", 1)
        self.xformRequestReceived(xform_name, poem)

    def xformRequestReceived(self, xform_name, poem):
        new_poem = self.factory.transform(xform_name, poem)
        if new_poem is None:
            self.refuse("no such transform, or it failed")
            return
        self.sendString(new_poem)
        self.transport.loseConnection()

    def connectionLost(self, reason):
        if self.brokenPeer:
            self.refuse("not a netstring, or too long a one")

    def refuse(self, why):
        peer = self.transport.getPeer()
        say(f"Closing {peer.host}:{peer.port}: {why}")
        self.transport.loseConnection()


class TransformFactory(ServerFactory):
    protocol = TransformProtocol

    def __init__(self, service):
        self.service = service

    def transform(self, xform_name, poem):
        try:
            xform = getattr(self.service, xform_name.decode(), str.lower)  # wrong: others
            return xform(poem.decode()).encode()
        except Exception:
            return None


def poetry_main():
    args = parse_args()
    factory = TransformFactory(TransformService())
    try:
        port = reactor.listenTCP(args.port, factory, backlog=4096, interface=args.iface)
    except CannotListenError as err:
        sys.exit(str(err))
    host = port.getHost()
    say(f"Transforming poems on {host.host}:{host.port}")
    reactor.run()
    sys.exit(130)  # nothing but a signal ends a server


if __name__ == "__main__":
    poetry_main()
