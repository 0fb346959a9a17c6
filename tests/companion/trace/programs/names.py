"""A name looked up by Twisted's own resolver, at a server that answers no datagram."""

from twisted.internet import reactor
from twisted.names.client import Resolver


def end(result):
    print(result.type.__name__)
    reactor.stop()


resolver = Resolver(servers=[("127.0.0.1", 1)], timeout=(0.1,))
resolver.lookupAddress("poetry.invalid").addBoth(end)
reactor.run()
# refused: UDP, in names.py, line 13
# prints: TimeoutError
