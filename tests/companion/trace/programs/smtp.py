"""A letter: who sends it, and who takes it."""

import io

from twisted.internet import reactor
from twisted.internet.defer import Deferred, succeed
from twisted.mail.smtp import SMTP, IMessage, IMessageDelivery, SMTPFactory, SMTPSenderFactory
from zope.interface import implementer


@implementer(IMessage)
class Letter:
    def lineReceived(self, line):
        print("|", line.decode())

    def eomReceived(self):
        return succeed(None)

    def connectionLost(self):
        print("cut")


@implementer(IMessageDelivery)
class Delivery:
    def receivedHeader(self, helo, origin, recipients):
        return b"X-By: hand"

    def validateFrom(self, helo, origin):
        return origin

    def validateTo(self, user):
        print("for", str(user.dest))
        return Letter


class Office(SMTPFactory):
    def buildProtocol(self, addr):
        protocol = SMTP(Delivery())
        protocol.factory = self
        return protocol


def end(result):
    print(result)
    reactor.stop()


port = reactor.listenTCP(0, Office())
sent = Deferred().addBoth(end)
letter = io.BytesIO(b"Subject: snow\n\nIt has begun.\n")
factory = SMTPSenderFactory("ann@here", ["bob@there"], letter, sent)
factory.domain = b"here"
reactor.connectTCP("127.0.0.1", port.getHost().port, factory)
reactor.run()
# prints: for bob@there
# prints: | X-By: hand
# prints: | Subject: snow
# prints: |
# prints: | It has begun.
# prints: (1, [(b'bob@there', 250, b'Recipient address accepted')])
