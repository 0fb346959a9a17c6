"""What if the canceller fires the Deferred with an error? Then that is the error."""

from twisted.internet.defer import Deferred


def canceller(d):
    print("Stopping the work")
    d.errback(ConnectionError("the poet was called away"))


def got_poem(poem):
    print("Got a poem:", poem)


def poem_failed(failure):
    print("No poem:", failure.type.__name__)


d = Deferred(canceller)
d.addCallbacks(got_poem, poem_failed)

d.cancel()

print("Done")
