"""What if it is fired after it was cancelled? The result is ignored, and nobody complains."""

from twisted.internet.defer import Deferred


def got_poem(poem):
    print("Got a poem:", poem)


def poem_failed(failure):
    print("No poem:", failure.type.__name__)


d = Deferred()
d.addCallbacks(got_poem, poem_failed)

d.cancel()
d.callback("Four lines, too late.")

print("Done")
