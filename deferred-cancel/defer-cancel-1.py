"""What does cancelling a Deferred do? It fails with CancelledError, here with nobody to take it."""

from twisted.internet.defer import Deferred


def got_poem(poem):
    print("Got a poem:", poem)


d = Deferred()
d.addCallback(got_poem)

d.cancel()

print("Done")
