"""A server that counts the words of each line."""

from twisted.internet import reactor
from twisted.internet.protocol import Factory
from twisted.protocols.basic import LineReceiver


class Count(LineReceiver):
    delimiter = b"\n"

    def lineReceived(self, line):
        print("line:", line.decode())
        self.sendLine(b"%d words" % len(line.split()))

    def connectionLost(self, reason):
        print("gone")


reactor.listenTCP(0, Factory.forProtocol(Count))
reactor.run()
# trace: --client "0 'to be or' 0.2 ' not\nto be\n' 0.4 close" --client "0.6 'one\n'"
# trace: --signal SIGINT@1
# prints: line: to be or not
# prints: line: to be
# prints: gone
# prints: line: one
# prints: gone
