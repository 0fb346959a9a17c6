"""The inner one is cancelled, and its timer goes off all the same."""

from twisted.internet import reactor
from twisted.internet.defer import Deferred


def cancel_outer(d):
    print("The canceller of the outer Deferred")


def cancel_inner(d):
    print("The canceller of the inner Deferred")


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
reactor.callLater(2, outer.cancel)
reactor.callLater(3, inner.callback, "a poem")  # wrong: stops
reactor.callLater(4, reactor.stop)
reactor.run()

print("Done")
