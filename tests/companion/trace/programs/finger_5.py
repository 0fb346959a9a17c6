"""Finger, fifth step: services, one that answers and one through which a status is set."""

from twisted.application.internet import StreamServerEndpointService
from twisted.application.service import MultiService
from twisted.internet import reactor
from twisted.internet.endpoints import TCP4ClientEndpoint, TCP4ServerEndpoint, connectProtocol
from twisted.internet.protocol import Factory
from twisted.protocols.basic import LineReceiver


class Finger(LineReceiver):
    def lineReceived(self, user):
        self.transport.write(users.get(user, b"No such user") + b"\r\n")
        self.transport.loseConnection()


class Setter(LineReceiver):
    def lineReceived(self, line):
        user, status = line.split(b" ", 1)
        users[user] = status
        self.transport.loseConnection()


class Asker(LineReceiver):
    def __init__(self, line, then):
        self.line, self.then = line, then

    def connectionMade(self):
        self.sendLine(self.line)

    def lineReceived(self, line):
        print(line.decode())

    def connectionLost(self, reason):
        self.then()


def ask(number, line, then):
    waiting = services.services[number]._waitingForPort
    to = TCP4ClientEndpoint(reactor, "127.0.0.1", waiting.result.getHost().port)
    connectProtocol(to, Asker(line, then))


def first():
    ask(0, b"ann", second)


def second():
    ask(1, b"ann Awake at last", lambda: ask(0, b"ann", end))


def end():
    services.stopService().addCallback(lambda _: reactor.stop())


users = {}
services = MultiService()
for protocol in (Finger, Setter):
    endpoint = TCP4ServerEndpoint(reactor, 0)
    service = StreamServerEndpointService(endpoint, Factory.forProtocol(protocol))
    service.setServiceParent(services)
services.startService()
reactor.callWhenRunning(first)
reactor.run()
# prints: No such user
# prints: Awake at last
