"""Finger, third step: the factory knows the users."""

from twisted.internet import reactor
from twisted.internet.protocol import Factory
from twisted.protocols.basic import LineReceiver


class Finger(LineReceiver):
    def lineReceived(self, user):
        status = self.factory.status(user)
        print(user.decode(), "->", status.decode())
        self.transport.write(status + b"\r\n")
        self.transport.loseConnection()


class FingerFactory(Factory):
    protocol = Finger

    def __init__(self, users):
        self.users = users

    def status(self, user):
        return self.users.get(user, b"No such user")


reactor.listenTCP(0, FingerFactory({b"ann": b"Asleep"}))
reactor.run()
# trace: --client "0 'ann\r\n'" --client "0.3 'bob\r\n'" --signal SIGINT@0.8
# prints: ann -> Asleep
# prints: bob -> No such user
