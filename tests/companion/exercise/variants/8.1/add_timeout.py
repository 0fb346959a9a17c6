"""addTimeout cancels the Deferred, and its canceller closes the connection."""

import argparse
import sys

from twisted.internet import defer, reactor
from twisted.internet.error import ConnectionDone
from twisted.internet.protocol import ClientFactory, Protocol


class TooLate(Exception):
    pass


class PoetryProtocol(Protocol):
    poem = b""

    def dataReceived(self, data):
        self.poem += data

    def connectionLost(self, reason):
        d, self.factory.d = self.factory.d, None
        if d is None:
            return
        if reason.check(ConnectionDone):
            d.callback(self.poem)
        else:
            d.errback(reason)


class PoetryFactory(ClientFactory):
    protocol = PoetryProtocol

    def clientConnectionFailed(self, connector, reason):
        d, self.d = self.d, None
        if d is not None:
            d.errback(reason)


def get_poetry(host, port, seconds):
    factory = PoetryFactory()

    def stop(d):
        factory.d = None
        connector.disconnect()

    def explain(failure, seconds):
        failure.trap(defer.CancelledError)
        raise TooLate(f"{host}:{port} needs more than {seconds} s")

    factory.d = d = defer.Deferred(stop)
    connector = reactor.connectTCP(host, port, factory)
    d.addTimeout(seconds, reactor, onTimeoutCancel=lambda result, s: explain(result, s))
    return d.addCallback(bytes.decode)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("-t", "--timeout", type=float, default=8)
    parser.add_argument("servers", nargs="+")
    args = parser.parse_args()
    left = len(args.servers)

    def failed(err):
        print("no poem:", err.getErrorMessage(), file=sys.stderr)

    def finished(_):
        nonlocal left
        left -= 1
        if left == 0:
            reactor.stop()

    for server in args.servers:
        host, _, port = server.rpartition(":")
        d = get_poetry(host or "127.0.0.1", int(port), args.timeout)
        d.addCallbacks(print, failed)
        d.addBoth(finished)
    reactor.run()


main()
