"""Finger, fourth step: a status takes its time, and may fail."""

from twisted.internet import reactor
from twisted.internet.protocol import Factory
from twisted.internet.task import deferLater
from twisted.protocols.basic import LineReceiver


class Finger(LineReceiver):
    def lineReceived(self, user):
        d = self.factory.status(user)
        d.addErrback(lambda failure: b"No such user")
        d.addCallback(self.answer)

    def answer(self, status):
        print("answer:", status.decode())
        self.transport.write(status + b"\r\n")
        self.transport.loseConnection()


class FingerFactory(Factory):
    protocol = Finger

    def __init__(self, users):
        self.users = users

    def status(self, user):
        return deferLater(reactor, 0.2, self.users.__getitem__, user)


reactor.listenTCP(0, FingerFactory({b"ann": b"Asleep"}))
reactor.run()
# trace: --client "0 'ann\r\n'" --client "0.5 'bob\r\n'" --signal SIGINT@1.2
# prints: answer: Asleep
# prints: answer: No such user
