"""An exception that is returned, and not raised, is a result: no errback runs."""

from twisted.internet.defer import Deferred


def callback_1(result):
    print("callback_1 got", result)
    return ValueError("callback_1 has failed")  # wrong: waits


def errback_2(err):
    print("errback_2 got", err.getErrorMessage())
    return 2


def errback_2_deferred(err):
    print("errback_2 got", err.getErrorMessage())
    print("errback_2 returns a Deferred that has not fired")
    return inner


def callback_3(result):
    print("callback_3 got", result)


def errback_3(err):
    print("errback_3 got", err.getErrorMessage())


print("A chain with a plain errback:")
outer = Deferred()
outer.addCallback(callback_1)
outer.addErrback(errback_2)
outer.addCallbacks(callback_3, errback_3)
outer.callback(0)

print("The same, but the errback returns a Deferred:")
inner = Deferred()
outer = Deferred()
outer.addCallback(callback_1)
outer.addErrback(errback_2_deferred)
outer.addCallbacks(callback_3, errback_3)
outer.callback(0)

print("The outer Deferred has paused; now the inner one fires:")
inner.callback(2)

print("And once more, with an inner Deferred that fails:")
inner = Deferred()
outer = Deferred()
outer.addCallback(callback_1)
outer.addErrback(errback_2_deferred)
outer.addCallbacks(callback_3, errback_3)
outer.callback(0)

print("The outer Deferred has paused; now the inner one fails:")
inner.errback(ValueError("the inner Deferred has failed"))
