"""Who can stop the work itself? The canceller; it runs before the errback."""

from twisted.internet.defer import Deferred


def canceller(d):
    print("Stopping the work")


def got_poem(poem):
    print("Got a poem:", poem)


def poem_failed(failure):
    print("No poem:", failure.type.__name__)


d = Deferred(canceller)
d.addCallbacks(got_poem, poem_failed)

d.cancel()

print("Done")
