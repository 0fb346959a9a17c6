"""What does the next pair get? What the function before it returns."""

import sys

from twisted.internet import reactor
from twisted.internet.defer import Deferred


def got_poem(poem):
    print(poem)
    return len(poem)


def poem_failed(failure):
    print("The server is still.\nA blank page, and snow on it:\nno poem today.", file=sys.stderr)


def poem_done(result):
    print("poem_done got", result)
    reactor.stop()


d = Deferred()
d.addCallbacks(got_poem, poem_failed)
d.addBoth(poem_done)

reactor.callWhenRunning(d.callback, "Another short poem.")

reactor.run()
