"""What if it is cancelled after it has fired? Nothing."""

from twisted.internet.defer import Deferred


def got_poem(poem):
    print("Got a poem:", poem)


def poem_failed(failure):
    print("No poem:", failure.type.__name__)


d = Deferred()
d.addCallbacks(got_poem, poem_failed)

d.callback("Four lines, too late.")
d.cancel()

print("Done")
