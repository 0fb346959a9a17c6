"""A chat: whoever gives a name hears what the others say."""

from twisted.internet import reactor
from twisted.internet.protocol import Factory
from twisted.protocols.basic import LineReceiver


class Chat(LineReceiver):
    delimiter = b"\n"
    name = None

    def connectionMade(self):
        self.sendLine(b"Your name?")

    def lineReceived(self, line):
        if self.name is None:
            self.enter(line)
        else:
            self.tell(self.name + b": " + line)

    def enter(self, name):
        if name in self.factory.users:
            self.sendLine(b"Taken.")
            return
        self.name = name
        self.factory.users[name] = self
        self.tell(name + b" is here")

    def tell(self, line):
        print(line.decode())
        for user in self.factory.users.values():
            if user is not self:
                user.sendLine(line)

    def connectionLost(self, reason):
        if self.factory.users.pop(self.name, None):
            self.tell(self.name + b" has left")


factory = Factory.forProtocol(Chat)
factory.users = {}
reactor.listenTCP(0, factory)
reactor.run()
# trace: --client "0 'ann\n' 0.6 'good evening\n' 0.9 close" --client "0.2 'ann\n' 0.1 'bob\n'"
# trace: --signal SIGINT@1.5
# prints: ann is here
# prints: bob is here
# prints: ann: good evening
# prints: ann has left
# prints: bob has left
