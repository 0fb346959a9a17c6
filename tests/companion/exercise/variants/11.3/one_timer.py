"""One timer of the factory's for all its clients, which never stops."""

import argparse
import io

from twisted.internet import reactor
from twisted.internet.protocol import Protocol, ServerFactory
from twisted.internet.task import LoopingCall


class PoetryProtocol(Protocol):
    def connectionMade(self):
        self.file = io.BytesIO(self.factory.poem)
        self.factory.clients.append(self)

    def connectionLost(self, reason):
        self.factory.clients.remove(self)

    def tick(self, num_bytes):
        if data := self.file.read(num_bytes):
            self.transport.write(data)
        else:
            self.transport.loseConnection()


class PoetryFactory(ServerFactory):
    protocol = PoetryProtocol

    def __init__(self, poem, num_bytes):
        self.poem = poem
        self.num_bytes = num_bytes
        self.clients = []

    def tick(self):
        for client in list(self.clients):
            client.tick(self.num_bytes)


parser = argparse.ArgumentParser()
parser.add_argument("--port", type=int, default=0)
parser.add_argument("--iface", default="localhost")
parser.add_argument("--num-bytes", type=int, default=10)
parser.add_argument("--delay", type=float, default=0.1)
parser.add_argument("poem")
args = parser.parse_args()
with open(args.poem, "rb") as file:
    factory = PoetryFactory(file.read(), args.num_bytes)
LoopingCall(factory.tick).start(args.delay)
reactor.listenTCP(args.port, factory, interface=args.iface)
reactor.run()
