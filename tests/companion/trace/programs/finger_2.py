"""Finger, second step: it reads a name, and knows nobody."""

from twisted.internet import reactor
from twisted.internet.protocol import Factory
from twisted.protocols.basic import LineReceiver


class Finger(LineReceiver):
    def lineReceived(self, user):
        print("asked for", user.decode())
        self.transport.write(b"No such user\r\n")
        self.transport.loseConnection()


reactor.listenTCP(0, Factory.forProtocol(Finger))
reactor.run()
# trace: --client "0 'ann\r\n'" --client "0.3 'b' 0.2 'ob\r\n'" --signal SIGINT@1
# prints: asked for ann
# prints: asked for bob
