"""TLS in the middle of a conversation, by Twisted."""

from OpenSSL import SSL
from twisted.internet import reactor
from twisted.internet.protocol import ClientFactory, Factory
from twisted.internet.ssl import ContextFactory
from twisted.protocols.basic import LineReceiver


class Anonymous(ContextFactory):
    def getContext(self):
        context = SSL.Context(SSL.TLS_METHOD)
        context.set_options(SSL.OP_NO_TLSv1_3)
        context.set_cipher_list(b"AECDH-AES256-SHA:@SECLEVEL=0")
        return context


class Server(LineReceiver):
    def lineReceived(self, line):
        print("server:", line.decode())
        self.sendLine(b"ready" if line == b"TLS" else line.upper())
        if line == b"TLS":
            self.transport.startTLS(Anonymous())


class Client(LineReceiver):
    def connectionMade(self):
        self.sendLine(b"TLS")

    def lineReceived(self, line):
        print("client:", line.decode())
        if line == b"ready":
            self.transport.startTLS(Anonymous())
            self.sendLine(b"a secret")
        else:
            self.transport.loseConnection()

    def connectionLost(self, reason):
        reactor.stop()


port = reactor.listenTCP(0, Factory.forProtocol(Server))
reactor.connectTCP("127.0.0.1", port.getHost().port, ClientFactory.forProtocol(Client))
reactor.run()
# needs: OpenSSL
# prints: server: TLS
# prints: client: ready
# prints: server: a secret
# prints: client: A SECRET
