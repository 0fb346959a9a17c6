"""Commands from standard input."""

from twisted.internet import reactor, stdio
from twisted.protocols.basic import LineReceiver


class Commands(LineReceiver):
    delimiter = b"\n"

    def lineReceived(self, line):
        self.sendLine(b"did " + line)
        if line == b"close":
            self.transport.loseConnection()

    def connectionLost(self, reason):
        reactor.stop()


stdio.StandardIO(Commands())
reactor.run()
# stdin: open\nclose\n
# prints: did open
# prints: did close
