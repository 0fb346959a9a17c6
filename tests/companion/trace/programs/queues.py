"""One who makes, two who take, and a lock between them."""

from twisted.internet import reactor
from twisted.internet.defer import DeferredLock, DeferredQueue, inlineCallbacks
from twisted.internet.task import deferLater

queue, lock = DeferredQueue(), DeferredLock()


@inlineCallbacks
def take(name):
    while (item := (yield queue.get())) is not None:
        yield lock.acquire()
        print(name, "has", item)
        yield deferLater(reactor, 0.1)
        lock.release()
    print(name, "goes home")


@inlineCallbacks
def make():
    for item in ("apple", "pear", "plum"):
        queue.put(item)
        yield deferLater(reactor, 0.05)
    queue.put(None)
    queue.put(None)
    reactor.callLater(0.5, reactor.stop)


take("ann")
take("bob")
make()
reactor.run()
# prints: ann has apple
# prints: bob has pear
# prints: ann has plum
# prints: bob goes home
# prints: ann goes home
