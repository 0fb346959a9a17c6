"""A WSGI application: it runs in a thread of a pool, and may wait there."""

import time

from twisted.internet import reactor
from twisted.internet.defer import inlineCallbacks
from twisted.web.client import Agent, readBody
from twisted.web.server import Site
from twisted.web.wsgi import WSGIResource


def application(environ, start_response):
    time.sleep(0.3)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"waited for ", environ["PATH_INFO"].encode()]


@inlineCallbacks
def main():
    address = b"http://127.0.0.1:%d/it" % port.getHost().port
    response = yield Agent(reactor).request(b"GET", address)
    body = yield readBody(response)
    print(response.code, body.decode())
    reactor.stop()


resource = WSGIResource(reactor, reactor.getThreadPool(), application)
port = reactor.listenTCP(0, Site(resource))
reactor.callWhenRunning(main)
reactor.run()
# prints: 200 waited for /it
