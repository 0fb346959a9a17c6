"""AMP: a command with typed arguments, and an error of its own."""

from twisted.internet import reactor
from twisted.internet.defer import inlineCallbacks
from twisted.internet.endpoints import TCP4ClientEndpoint, connectProtocol
from twisted.internet.protocol import Factory
from twisted.protocols.amp import AMP, Command, Integer, Unicode


class Divide(Command):
    arguments = [(b"lines", Integer()), (b"pages", Integer())]  # noqa: RUF012
    response = [(b"each", Integer()), (b"said", Unicode())]  # noqa: RUF012
    errors = {ZeroDivisionError: b"ZERO"}  # noqa: RUF012


class Printer(AMP):
    @Divide.responder
    def divide(self, lines, pages):
        return {"each": lines // pages, "said": f"{lines} on {pages}"}


@inlineCallbacks
def main():
    to = TCP4ClientEndpoint(reactor, "127.0.0.1", port.getHost().port)
    printer = yield connectProtocol(to, AMP())
    answer = yield printer.callRemote(Divide, lines=14, pages=2)
    print(sorted(answer.items()))
    try:
        yield printer.callRemote(Divide, lines=14, pages=0)
    except ZeroDivisionError as err:
        print("error:", err)
    reactor.stop()


port = reactor.listenTCP(0, Factory.forProtocol(Printer))
reactor.callWhenRunning(main)
reactor.run()
# prints: [('each', 7), ('said', '14 on 2')]
# prints: error: integer division or modulo by zero
