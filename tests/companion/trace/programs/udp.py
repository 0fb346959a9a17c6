"""Datagrams: an echo, and who asks it."""

from twisted.internet import reactor
from twisted.internet.protocol import DatagramProtocol


class Echo(DatagramProtocol):
    def datagramReceived(self, data, address):
        self.transport.write(data, address)


class Asker(DatagramProtocol):
    def startProtocol(self):
        self.transport.connect("127.0.0.1", port.getHost().port)
        self.transport.write(b"ping")

    def datagramReceived(self, data, address):
        print("echo:", data.decode())
        reactor.stop()


port = reactor.listenUDP(0, Echo(), interface="127.0.0.1")
reactor.listenUDP(0, Asker(), interface="127.0.0.1")
reactor.run()
# refused: UDP, in udp.py, line 22
# prints: echo: ping
