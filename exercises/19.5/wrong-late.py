"""It is cancelled after the inner one has fired."""

from twisted.internet import reactor
from twisted.internet.defer import Deferred


def cancel_outer(d):
    print("The canceller of the outer Deferred")


def cancel_inner(d):
    print("The canceller of the inner Deferred")
    firing.cancel()


def return_inner(result):
    print("The outer callback returns the inner Deferred")
    return inner


def got_result(result):
    print("The outer Deferred got", result)


def outer_failed(failure):
    print("The outer Deferred failed:", failure.type.__name__)


inner = Deferred(cancel_inner)
outer = Deferred(cancel_outer)
outer.addCallback(return_inner)
outer.addCallbacks(got_result, outer_failed)

reactor.callLater(1, outer.callback, None)
reactor.callLater(3.5, outer.cancel)  # wrong: waits
firing = reactor.callLater(3, inner.callback, "a poem")
reactor.callLater(4, reactor.stop)
reactor.run()

print("Done")
