"""Log lines with a level and a value, and an error that nobody handled."""

import sys

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.logger import Logger, eventAsText, globalLogPublisher


def show(event):
    text = eventAsText(event, includeTimestamp=False, includeTraceback=False)
    print(text.splitlines()[0], file=sys.stdout)


log = Logger("poem")
globalLogPublisher.addObserver(show)
log.info("{count} lines by {poet}", count=14, poet="ann")
reactor.callLater(0.1, lambda: Deferred().errback(ValueError("left")))
reactor.callLater(0.2, reactor.stop)
reactor.run()
# prints: [poem#info] 14 lines by ann
# prints: [twisted.internet.defer#critical] Unhandled error in Deferred:
# prints: [twisted.internet.base#info] Main loop terminated.
