"""How does a generator wait for a Deferred? It yields it, and is sent its result or its error."""

from twisted.internet import reactor
from twisted.internet.defer import Deferred, inlineCallbacks


@inlineCallbacks
def callbacks():
    print("The first callback; it yields a plain value")
    result = yield 1
    print("The second callback got", result)

    d = Deferred()
    reactor.callLater(5, d.callback, 2)
    result = yield d
    print("The third callback got", result)

    d = Deferred()
    reactor.callLater(5, d.errback, Exception(3))
    try:
        yield d
    except Exception as err:
        print("The fourth callback got", repr(err))

    reactor.stop()


reactor.callWhenRunning(callbacks)
reactor.run()
