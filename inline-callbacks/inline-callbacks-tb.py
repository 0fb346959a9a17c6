"""Who calls a generator after its yield? The Deferred that fires, and so the reactor."""

import traceback

from twisted.internet import reactor
from twisted.internet.defer import Deferred, inlineCallbacks


@inlineCallbacks
def show_stack():
    d = Deferred()
    reactor.callLater(1, d.callback, None)
    yield d
    print("The stack, after the yield:")
    traceback.print_stack()
    reactor.stop()


reactor.callWhenRunning(show_stack)
reactor.run()
