"""What happens when a Deferred is fired with a result after an error?"""

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
d.callback("Another leaf.")

print("Finished")
