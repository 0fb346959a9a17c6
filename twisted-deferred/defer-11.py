"""When do callbacks run that are added after the firing? At once, unless the Deferred is paused."""

from twisted.internet.defer import Deferred


def callback_1(result):
    print("callback_1 got", result)
    return 1


def callback_2(result):
    print("callback_2 got", result)
    return 2


def callback_3(result):
    print("callback_3 got", result)


print("Firing a Deferred that has no callbacks")
d = Deferred()
d.callback(0)
print("Adding the callbacks")
d.addCallback(callback_1)
d.addCallback(callback_2)
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
