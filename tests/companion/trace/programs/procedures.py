"""XML-RPC: a procedure, a fault, and who calls them."""

from twisted.internet import reactor
from twisted.internet.defer import inlineCallbacks
from twisted.web.server import Site
from twisted.web.xmlrpc import XMLRPC, Fault, Proxy


class Words(XMLRPC):
    def xmlrpc_count(self, line):
        return len(line.split())

    def xmlrpc_fail(self):
        raise Fault(7, "no words")


@inlineCallbacks
def main():
    proxy = Proxy(b"http://127.0.0.1:%d/" % port.getHost().port)
    print((yield proxy.callRemote("count", "so much depends")))
    try:
        yield proxy.callRemote("fail")
    except Fault as err:
        print(err.faultCode, err.faultString)
    reactor.stop()


port = reactor.listenTCP(0, Site(Words()))
reactor.callWhenRunning(main)
reactor.run()
# prints: 3
# prints: 7 no words
