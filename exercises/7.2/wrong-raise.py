"""An exception that is raised elsewhere does not fire a Deferred."""

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


def fire():
    raise Exception("The server is still.")  # wrong: fails


reactor.callWhenRunning(fire)

reactor.run()
