"""Endpoints made of strings, and a protocol that a function wraps."""

from twisted.internet.defer import Deferred
from twisted.internet.endpoints import clientFromString, connectProtocol, serverFromString
from twisted.internet.protocol import Factory
from twisted.internet.task import react
from twisted.protocols.basic import NetstringReceiver


class Twice(NetstringReceiver):
    def stringReceived(self, string):
        self.sendString(string * 2)


class Ask(NetstringReceiver):
    def __init__(self):
        self.answer = Deferred()

    def connectionMade(self):
        self.sendString(b"tick")

    def stringReceived(self, string):
        self.answer.callback(string)


async def main(reactor):
    server = serverFromString(reactor, "tcp:0:interface=127.0.0.1")
    port = await server.listen(Factory.forProtocol(Twice))
    client = clientFromString(reactor, f"tcp:localhost:{port.getHost().port}:timeout=3")
    ask = await connectProtocol(client, Ask())
    print((await ask.answer).decode())


react(lambda reactor: Deferred.fromCoroutine(main(reactor)))
# prints: ticktick
