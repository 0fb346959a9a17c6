"""inlineCallbacks, and a flag that says whether the client is still there."""

import argparse

from twisted.internet import defer, protocol, reactor, task


class Server(protocol.Protocol):
    here = False
    wait = None

    def connectionMade(self):
        self.here = True
        self.serve()

    @defer.inlineCallbacks
    def serve(self):
        rest = memoryview(self.factory.poem)
        while self.here and rest:
            self.transport.write(bytes(rest[: self.factory.num_bytes]))
            rest = rest[self.factory.num_bytes :]
            self.wait = task.deferLater(reactor, self.factory.delay, lambda: None)
            try:
                yield self.wait
            except defer.CancelledError:
                return
        self.transport.loseConnection()

    def connectionLost(self, reason=protocol.connectionDone):
        self.here = False
        if self.wait is not None:
            self.wait.cancel()


class Poems(protocol.ServerFactory):
    protocol = Server


def run():
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("poem_file")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--iface", default="localhost")
    parser.add_argument("--num-bytes", dest="n", type=int, default=10)
    parser.add_argument("--delay", type=float, default=0.1)
    args = parser.parse_args()
    factory = Poems()
    with open(args.poem_file, "rb") as file:
        factory.poem = file.read()
    factory.num_bytes = args.n
    factory.delay = args.delay
    reactor.listenTCP(args.port, factory, interface=args.iface)
    reactor.run()


run()
