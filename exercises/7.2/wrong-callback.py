"""An exception that is given to callback is a result like any other."""

import sys

from twisted.internet import reactor
from twisted.internet.defer import Deferred


def got_poem(poem):
    print(poem)
    reactor.stop()


def poem_failed(failure):
    print("The server is still.\nA blank page, and snow on it:\nno poem today.", file=sys.stderr)
    reactor.stop()


d = Deferred()
d.addCallbacks(got_poem, poem_failed)

reactor.callWhenRunning(d.callback, Exception("The server is still."))  # wrong: fails

reactor.run()
