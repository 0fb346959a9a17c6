"""The clients' job with Twisted and nothing else: what the library costs, whatever the stage."""

import sys

from command import netstring, parse_args, report
from twisted.internet import reactor
from twisted.internet.error import ConnectionDone
from twisted.internet.protocol import ClientFactory, Protocol
from twisted.protocols.basic import NetstringReceiver


class Download(Protocol):
    def connectionMade(self):
        self.chunks = []

    def dataReceived(self, data):
        self.chunks.append(data)

    def connectionLost(self, reason):
        done = reason.check(ConnectionDone)
        self.factory.finished(b"".join(self.chunks).decode() if done else reason.value)


class Transform(NetstringReceiver):
    reply = None

    def connectionMade(self):
        self.transport.write(self.factory.request)

    def stringReceived(self, string):
        self.reply = string.decode()
        self.transport.loseConnection()

    def connectionLost(self, reason):
        self.factory.finished(reason.value if self.reply is None else self.reply)


class Factory(ClientFactory):
    noisy = False

    def __init__(self, protocol, finished, request=b""):
        self.protocol = protocol
        self.finished = finished
        self.request = request

    def clientConnectionFailed(self, connector, reason):
        self.finished(reason.value)


def main():
    args = parse_args(__doc__)
    results = [None] * len(args.addresses)
    waiting = len(results)

    def downloaded(number, poem):
        if args.transform and isinstance(poem, str):
            request = netstring(poem)
            transform = Factory(Transform, lambda result: finished(number, result), request)
            reactor.connectTCP(*args.transform, transform)
        else:
            finished(number, poem)

    def finished(number, result):
        nonlocal waiting
        results[number] = result
        waiting -= 1
        if not waiting:
            reactor.stop()

    for number, address in enumerate(args.addresses):
        factory = Factory(Download, lambda poem, number=number: downloaded(number, poem))
        reactor.connectTCP(*address, factory)
    reactor.run()
    return report(args.addresses, results)


if __name__ == "__main__":
    sys.exit(main())
