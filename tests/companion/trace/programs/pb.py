"""Perspective Broker: an object that is called from afar, with a result and with an error."""

from twisted.internet import reactor
from twisted.internet.defer import inlineCallbacks
from twisted.spread import pb


class TooLong(pb.Error):
    pass


class Poet(pb.Root):
    def remote_shorten(self, line, words):
        print("asked for", words, "words")
        if words < 1:
            raise TooLong("no words")
        return " ".join(line.split()[:words])


@inlineCallbacks
def main():
    factory = pb.PBClientFactory()
    reactor.connectTCP("127.0.0.1", port.getHost().port, factory)
    poet = yield factory.getRootObject()
    line = yield poet.callRemote("shorten", "so much depends upon", 2)
    print("got", line)
    try:
        yield poet.callRemote("shorten", "so much depends upon", 0)
    except pb.RemoteError as err:
        print(err.remoteType.decode(), err)
    factory.disconnect()
    yield port.stopListening()
    reactor.stop()


port = reactor.listenTCP(0, pb.PBServerFactory(Poet()))
reactor.callWhenRunning(main)
reactor.run()
# prints: asked for 2 words
# prints: got so much
# prints: asked for 0 words
# prints: __main__.TooLong no words
