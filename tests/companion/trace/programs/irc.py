"""A client of IRC: it enters, hears its name, and answers."""

from twisted.internet import reactor
from twisted.internet.protocol import ClientFactory, Factory
from twisted.protocols.basic import LineReceiver
from twisted.words.protocols.irc import IRCClient


class Server(LineReceiver):
    def lineReceived(self, line):
        print("server:", line.decode())
        if line.startswith(b"USER"):
            self.sendLine(b":here 001 poet :welcome")
        elif line.startswith(b"JOIN"):
            self.sendLine(b":ann!a@here PRIVMSG #poems :poet, are you there?")
        elif line.startswith(b"PRIVMSG"):
            self.transport.loseConnection()


class Poet(IRCClient):
    nickname = "poet"

    def signedOn(self):
        self.join("#poems")

    def privmsg(self, user, channel, message):
        print(user.partition("!")[0], "says", message)
        self.msg(channel, "yes")

    def connectionLost(self, reason):
        reactor.stop()


port = reactor.listenTCP(0, Factory.forProtocol(Server))
reactor.connectTCP("127.0.0.1", port.getHost().port, ClientFactory.forProtocol(Poet))
reactor.run()
# prints: server: NICK poet
# prints: server: USER poet foo bar :None
# prints: server: JOIN #poems
# prints: ann says poet, are you there?
# prints: server: PRIVMSG #poems :yes
