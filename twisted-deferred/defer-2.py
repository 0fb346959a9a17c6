"""What happens when a Deferred is fired with a Failure? Its errback runs."""

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure


def got_poem(poem):
    print("Here is your poem:")
    print(poem)


def poem_failed(failure):
    print("No poem today:", failure.__class__)
    print(failure.getErrorMessage())


d = Deferred()
d.addCallbacks(got_poem, poem_failed)

d.errback(Failure(Exception("The ink has run dry.")))

print("Finished")
