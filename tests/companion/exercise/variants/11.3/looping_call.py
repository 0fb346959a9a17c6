"""A LoopingCall for each client; optparse, and names of its own."""

from optparse import OptionParser

from twisted.internet import protocol, reactor, task


class Slowly(protocol.Protocol):
    def __init__(self, text, chunk, pause):
        self.text, self.chunk, self.pause = text, chunk, pause
        self.at = 0
        self.loop = task.LoopingCall(self.one_more)

    def connectionMade(self):
        self.loop.start(self.pause)

    def one_more(self):
        if self.at >= len(self.text):
            self.loop.stop()
            self.transport.loseConnection()
        else:
            self.transport.write(self.text[self.at : self.at + self.chunk])
            self.at += self.chunk

    def connectionLost(self, reason):
        if self.loop.running:
            self.loop.stop()


class SlowFactory(protocol.Factory):
    def __init__(self, *settings):
        self.settings = settings

    def buildProtocol(self, addr):
        return Slowly(*self.settings)


if __name__ == "__main__":
    parser = OptionParser("%prog [options] FILE")
    parser.add_option("--port", type="int", default=0)
    parser.add_option("--iface", default="localhost")
    parser.add_option("--num-bytes", type="int", default=10)
    parser.add_option("--delay", type="float", default=0.1)
    options, files = parser.parse_args()
    if len(files) != 1:
        parser.error("one poem, please")
    with open(files[0], "rb") as f:
        poem = f.read()
    factory = SlowFactory(poem, options.num_bytes, options.delay)
    port = reactor.listenTCP(options.port, factory, interface=options.iface)
    print("listening on", port.getHost().port)
    reactor.run()
