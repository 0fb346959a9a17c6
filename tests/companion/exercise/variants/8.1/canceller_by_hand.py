"""Whoever wants a poem sets the time-out himself, and cancels the Deferred."""

import argparse
import functools

from twisted.internet import reactor
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.protocol import ClientFactory, Protocol


class GaveUp(Exception):
    pass


class P(Protocol):
    def connectionMade(self):
        self.b = b""

    def dataReceived(self, data):
        self.b += data

    def connectionLost(self, reason):
        self.factory.end(self.b.decode())


class F(ClientFactory):
    protocol = P

    def __init__(self, d):
        self.d = d

    def end(self, result):
        d, self.d = self.d, None
        if d is not None and not d.called:
            d.callback(result)

    def clientConnectionFailed(self, connector, reason):
        self.end(reason)


def get_poetry(host, port, after):
    d = Deferred(lambda d: connector.disconnect())
    connector = reactor.connectTCP(host, port, F(d))
    timer = reactor.callLater(after, d.cancel)

    def stop_timer(result):
        if timer.active():
            timer.cancel()
        return result

    def rename(failure):
        failure.trap(CancelledError)
        raise GaveUp("no poem in time")

    d.addBoth(stop_timer)
    d.addErrback(rename_only(rename))
    return d


def rename_only(rename):
    @functools.wraps(rename)
    def wrapper(failure):
        return rename(failure) if failure.check(CancelledError) else failure

    return wrapper


a = argparse.ArgumentParser()
a.add_argument("--give-up-after", type=int, default=11, metavar="S")
a.add_argument("address", nargs="+")
args = a.parse_args()
todo = list(args.address)


def one_done(_):
    todo.pop()
    if not todo and reactor.running:
        reactor.stop()


for one in args.address:
    host, _, port = one.rpartition(":")
    d = get_poetry(host or "127.0.0.1", int(port), args.give_up_after)
    d.addCallback(lambda poem: print(poem))
    d.addErrback(lambda failure: print("failed", failure.value))
    d.addBoth(one_done)
reactor.run()
