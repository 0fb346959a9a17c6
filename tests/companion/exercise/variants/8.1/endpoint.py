"""An endpoint makes the connection, and one Deferred stands for the whole."""

import argparse

from twisted.internet import reactor
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.endpoints import HostnameEndpoint, connectProtocol
from twisted.internet.protocol import Protocol


class Late(RuntimeError):
    """No poem in time."""


class Collector(Protocol):
    def __init__(self, done):
        self.done, self.bytes = done, b""

    def dataReceived(self, data):
        self.bytes += data

    def connectionLost(self, reason):
        done, self.done = self.done, None
        if done:
            done.callback(self.bytes.decode())


def get_poetry(host, port, limit):
    result = Deferred()
    collector = Collector(result)
    connecting = connectProtocol(HostnameEndpoint(reactor, host, port), collector)

    def give_up():
        collector.done = None
        connecting.cancel()
        if collector.transport:
            collector.transport.loseConnection()
        result.errback(Late(f"no poem after {limit} s"))

    timer = reactor.callLater(limit, give_up)

    def no_connection(failure):
        if timer.active():
            collector.done = None
            result.errback(failure)

    def over(outcome):
        if timer.active():
            timer.cancel()
        return outcome

    connecting.addErrback(no_connection)
    return result.addBoth(over)


parser = argparse.ArgumentParser()
parser.add_argument("--limit", metavar="SECONDS", type=int)
parser.add_argument("where", nargs="+")
options = parser.parse_args()
waits = []
for where in options.where:
    host, _, port = where.rpartition(":")
    d = get_poetry(host or "127.0.0.1", int(port), options.limit or 9)
    d.addCallbacks(print, lambda failure: print("FAILED", failure.getErrorMessage()))
    waits.append(d)
gatherResults(waits).addBoth(lambda _: reactor.stop())
reactor.run()
