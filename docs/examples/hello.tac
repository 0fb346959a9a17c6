"""A small service: twistd runs it, and it says hello to whoever comes."""

from twisted.application import internet, service
from twisted.internet.protocol import Factory, Protocol


class Hello(Protocol):
    def connectionMade(self):
        self.transport.write(b"hello")
        self.transport.loseConnection()


application = service.Application("hello")
internet.TCPServer(8000, Factory.forProtocol(Hello)).setServiceParent(application)
