"""A web server with two pages, one of which comes late, and an agent that gets them."""

from twisted.internet import reactor
from twisted.internet.defer import inlineCallbacks
from twisted.internet.task import deferLater
from twisted.web.client import Agent, readBody
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Site


class Page(Resource):
    isLeaf = True

    def render_GET(self, request):
        return request.args[b"by"][0]


class Late(Resource):
    isLeaf = True

    def render_GET(self, request):
        deferLater(reactor, 0.3, request.write, b"late").addCallback(lambda _: request.finish())
        return NOT_DONE_YET


@inlineCallbacks
def main():
    agent = Agent(reactor)
    for path in (b"page?by=ann", b"late", b"nothing"):
        address = b"http://127.0.0.1:%d/" % port.getHost().port
        response = yield agent.request(b"GET", address + path)
        body = yield readBody(response)
        print(response.code, body.decode().split()[0])
    reactor.stop()


root = Resource()
root.putChild(b"page", Page())
root.putChild(b"late", Late())
port = reactor.listenTCP(0, Site(root))
reactor.callWhenRunning(main)
reactor.run()
# prints: 200 ann
# prints: 200 late
# prints: 404 <html>
