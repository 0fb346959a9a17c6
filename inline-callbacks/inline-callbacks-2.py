"""What does a function with inlineCallbacks return? A Deferred: its return value, or its error."""

from twisted.internet import reactor
from twisted.internet.defer import Deferred, DeferredList, inlineCallbacks


def wait(seconds):
    d = Deferred()
    reactor.callLater(seconds, d.callback, None)
    return d


@inlineCallbacks
def succeed():
    print("succeed: first callback")
    yield wait(1)
    print("succeed: second callback")
    yield wait(2)
    print("succeed: third callback, returns 1")
    return 1


@inlineCallbacks
def fail():
    print("fail: first callback")
    yield wait(2)
    print("fail: second callback")
    yield wait(2)
    print("fail: third callback, raises")
    raise Exception("uh oh")


def got_result(result):
    print("got result:", result)


def got_error(failure):
    print("got error:", failure.getErrorMessage())


def all_done(results):
    print("all done")
    reactor.stop()


def start():
    d1, d2 = succeed(), fail()
    d1.addCallbacks(got_result, got_error)
    d2.addCallbacks(got_result, got_error)
    DeferredList([d1, d2]).addCallback(all_done)


reactor.callWhenRunning(start)
reactor.run()
