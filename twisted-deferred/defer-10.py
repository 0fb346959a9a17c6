"""What if a callback returns a Deferred? The outer chain pauses until that inner one has fired."""

from twisted.internet.defer import Deferred


def callback_1(result):
    print("callback_1 got", result)
    return 1


def callback_2(result):
    print("callback_2 got", result)
    return 2


def callback_2_deferred(result):
    print("callback_2 got", result)
    print("callback_2 returns a Deferred that has not fired")
    return inner


def callback_3(result):
    print("callback_3 got", result)


print("A chain of plain callbacks:")
outer = Deferred()
outer.addCallback(callback_1)
outer.addCallback(callback_2)
outer.addCallback(callback_3)
outer.callback(0)

print("The same, but the second returns a Deferred:")
inner = Deferred()
outer = Deferred()
outer.addCallback(callback_1)
outer.addCallback(callback_2_deferred)
outer.addCallback(callback_3)
outer.callback(0)

print("The outer Deferred has paused; now the inner one fires:")
inner.callback(2)
