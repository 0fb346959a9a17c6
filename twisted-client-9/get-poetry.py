"""Client 9.0: coroutines, endpoints, and a time-out that closes the connection."""

import argparse
import os
import sys

from twisted.internet.defer import Deferred, DeferredList
from twisted.internet.endpoints import HostnameEndpoint, connectProtocol
from twisted.internet.error import ConnectionAborted, ConnectionDone
from twisted.internet.protocol import Protocol
from twisted.internet.task import react
from twisted.protocols.basic import NetstringReceiver
from twisted.protocols.policies import TimeoutMixin

TIMEOUT = 30  # seconds without a byte, and nothing more is waited for


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


class PoetryProtocol(TimeoutMixin, Protocol):
    def __init__(self):
        self.deferred = Deferred()

    def connectionMade(self):
        self.chunks = []
        self.setTimeout(TIMEOUT)

    def dataReceived(self, data):
        self.chunks.append(data)
        self.resetTimeout()

    def timeoutConnection(self):
        self.transport.abortConnection()

    def connectionLost(self, reason):
        self.setTimeout(None)
        if reason.check(ConnectionDone):
            self.deferred.callback(b"".join(self.chunks))
        elif reason.check(ConnectionAborted):
            self.deferred.errback(TimeoutError(f"nothing has come for {TIMEOUT} seconds"))
        else:
            self.deferred.errback(reason)


class TransformClientProtocol(TimeoutMixin, NetstringReceiver):
    reply = None

    def __init__(self, request):
        self.request = request
        self.deferred = Deferred()

    def connectionMade(self):
        self.sendString(self.request)
        self.setTimeout(TIMEOUT)

    def stringReceived(self, reply):
        self.transport.loseConnection()
        self.reply = reply

    def timeoutConnection(self):
        self.transport.abortConnection()

    def connectionLost(self, reason):
        self.setTimeout(None)
        if self.reply is None:
            self.deferred.errback(reason)
        else:
            self.deferred.callback(self.reply)


class TransformProxy:
    """The transform service, at the other end of a connection."""

    def __init__(self, reactor, host, port):
        self.endpoint = HostnameEndpoint(reactor, host, port)

    async def xform(self, name, poem):
        """Have a poem transformed. Returns the new poem, or raises what went wrong."""
        protocol = TransformClientProtocol(f"{name}.{poem}".encode())
        await connectProtocol(self.endpoint, protocol)
        reply = await protocol.deferred
        return reply.decode()


async def get_poetry(reactor, host, port):
    """Download a poem from host:port. Returns the poem, or raises what went wrong."""
    protocol = PoetryProtocol()
    await connectProtocol(HostnameEndpoint(reactor, host, port), protocol)
    poem = await protocol.deferred
    return poem.decode()


async def poetry_main(reactor):
    args = parse_args()
    proxy = TransformProxy(reactor, *args.transform_address)
    poems = []
    deferreds = []

    async def get_transformed_poem(host, port):
        try:
            poem = await get_poetry(reactor, host, port)
        except Exception as err:
            if reactor.running:  # or else interrupted, not failed
                print(f"The poem download failed: {host}:{port}: {err}", file=sys.stderr)
            raise
        try:
            poem = await proxy.xform("cummingsify", poem)
        except Exception:
            if not reactor.running:
                raise  # interrupted, not failed
            show("Cummingsify failed!")
        return poem

    def got_poem(poem):
        show(poem)
        poems.append(poem)

    for host, port in args.addresses:
        d = Deferred.fromCoroutine(get_transformed_poem(host, port))
        d.addCallback(got_poem)
        deferreds.append(d)
    all_done = DeferredList(deferreds, consumeErrors=True)
    reactor.addSystemEventTrigger("after", "shutdown", all_done.cancel)  # after Ctrl-C
    await all_done

    if len(poems) < len(args.addresses):
        sys.exit(1)


if __name__ == "__main__":
    react(poetry_main)
