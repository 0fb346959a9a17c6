"""A web client that follows a redirection, and learns of a page cut short."""

from twisted.internet import reactor
from twisted.internet.defer import inlineCallbacks
from twisted.internet.protocol import Factory
from twisted.protocols.basic import LineReceiver
from twisted.web.client import Agent, RedirectAgent, ResponseFailed, readBody

ANSWERS = {
    b"/old": b"302 Found\r\nLocation: /new\r\nContent-Length: 0\r\n\r\n",
    b"/new": b"200 OK\r\nContent-Length: 9\r\n\r\nthe words",
    b"/cut": b"200 OK\r\nContent-Length: 99\r\n\r\nthe wo",
}


class Web(LineReceiver):
    def connectionMade(self):
        self.path = None

    def lineReceived(self, line):
        if self.path is None:
            self.path = line.split()[1]
            print("asked for", self.path.decode())
        if not line:
            self.transport.write(b"HTTP/1.1 " + ANSWERS[self.path])
            self.transport.loseConnection()


@inlineCallbacks
def main():
    agent = RedirectAgent(Agent(reactor))
    address = b"http://127.0.0.1:%d" % port.getHost().port
    response = yield agent.request(b"GET", address + b"/old")
    body = yield readBody(response)
    print(response.code, body.decode())
    response = yield agent.request(b"GET", address + b"/cut")
    try:
        yield readBody(response)
    except ResponseFailed as err:
        print("failed:", err.reasons[0].type.__name__)
    reactor.stop()


port = reactor.listenTCP(0, Factory.forProtocol(Web))
reactor.callWhenRunning(main)
reactor.run()
# prints: asked for /old
# prints: asked for /new
# prints: 200 the words
# prints: asked for /cut
# prints: failed: ConnectionDone
