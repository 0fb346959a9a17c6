"""An application of two services, which twistd runs."""

from twisted.application import service
from twisted.application.internet import TCPServer, TimerService
from twisted.internet.protocol import Factory, Protocol


class Bye(Protocol):
    def connectionMade(self):
        print("bye")
        self.transport.write(b"bye")
        self.transport.loseConnection()


class Loud(service.Service):
    def startService(self):
        super().startService()
        print("begins")

    def stopService(self):
        print("ends")
        return super().stopService()


application = service.Application("bye")
Loud().setServiceParent(application)
TCPServer(0, Factory.forProtocol(Bye)).setServiceParent(application)
TimerService(0.4, print, "tick").setServiceParent(application)
# trace: --client "0.2 close" --signal SIGINT@1
# prints: begins
# prints: tick
# prints: bye
# prints: tick
# prints: tick
# prints: ends
