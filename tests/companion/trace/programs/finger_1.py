"""Finger, first step: it hangs up on everybody."""

from twisted.internet import reactor
from twisted.internet.protocol import Factory, Protocol


class Finger(Protocol):
    def connectionMade(self):
        print("somebody calls")
        self.transport.loseConnection()


reactor.listenTCP(0, Factory.forProtocol(Finger))
reactor.run()
# trace: --client "0 'ann\r\n'" --client "0.3 'bob\r\n'" --signal SIGINT@0.8
# prints: somebody calls
# prints: somebody calls
