"""What of a Deferred that has failed already? Only errbacks run then, as they are added."""

from twisted.internet.defer import Deferred, fail


def callback_1(result):
    print("callback_1 got", result)
    return 1


def callback_2(result):
    print("callback_2 got", result)
    return 2


def errback_2(err):
    print("errback_2 got", err.getErrorMessage())
    return 2


def callback_3(result):
    print("callback_3 got", result)


print("Making a Deferred that has failed, and has no callbacks")
d = fail(ValueError("there is no result"))
print("Adding the callbacks, and an errback")
d.addCallback(callback_1)
d.addErrback(errback_2)
d.addCallback(callback_3)

print("Pausing another, and firing it")
d = Deferred()
d.pause()
d.callback(0)
print("Adding the callbacks")
d.addCallback(callback_1)
d.addCallback(callback_2)
d.addCallback(callback_3)
print("Unpausing it")
d.unpause()
