"""A small line server: it answers each line with the same line."""

from twisted.internet import reactor
from twisted.internet.protocol import Factory
from twisted.protocols.basic import LineReceiver


class Answer(LineReceiver):
    def lineReceived(self, line):
        print("asked:", line.decode())
        self.sendLine(b"you said " + line)


reactor.listenTCP(8000, Factory.forProtocol(Answer))
reactor.run()
