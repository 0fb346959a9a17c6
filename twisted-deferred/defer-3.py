"""Must an error be a Failure already? No: a Deferred wraps a plain exception into one."""

from twisted.internet.defer import Deferred


def got_poem(poem):
    print("Here is your poem:")
    print(poem)


def poem_failed(failure):
    print("No poem today:", failure.__class__)
    print(failure.getErrorMessage())


d = Deferred()
d.addCallbacks(got_poem, poem_failed)

d.errback(Exception("The ink has run dry."))

print("Finished")
