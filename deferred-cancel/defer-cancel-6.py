"""What if the canceller fires the Deferred with a result? Then that is the result."""

from twisted.internet.defer import Deferred


def canceller(d):
    print("Stopping the work")
    d.callback("Half a line.")


def got_poem(poem):
    print("Got a poem:", poem)


def poem_failed(failure):
    print("No poem:", failure.type.__name__)


d = Deferred(canceller)
d.addCallbacks(got_poem, poem_failed)

d.cancel()

print("Done")
