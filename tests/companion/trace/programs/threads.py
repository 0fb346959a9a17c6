"""Work that blocks, in threads, which talk to the reactor by the two calls that may."""

import time

from twisted.internet import reactor
from twisted.internet.threads import blockingCallFromThread, deferToThread


def work(seconds):
    time.sleep(seconds)
    reactor.callFromThread(print, "slept", seconds)
    return round(blockingCallFromThread(reactor, reactor.seconds) - start, 1)


def fail():
    raise ValueError("broken")


def failed(failure):
    print(failure.getErrorMessage())
    reactor.stop()


start = reactor.seconds()
deferToThread(work, 0.1).addCallback(print)
deferToThread(work, 0.3).addCallback(print).addCallback(lambda _: deferToThread(fail)).addErrback(
    failed
)
reactor.run()
# prints: slept 0.1
# prints: 0.1
# prints: slept 0.3
# prints: 0.3
# prints: broken
