"""A call again and again, which ends itself, and one that fails."""

from twisted.internet import reactor
from twisted.internet.task import LoopingCall

left = [3, 2, 1]


def count():
    print(left.pop(0))
    if not left:
        counting.stop()


def fail():
    raise ValueError("no more")


def ended(_):
    print("counted")
    LoopingCall(fail).start(0.1, now=False).addErrback(failed)


def failed(failure):
    print("failed:", failure.getErrorMessage())
    reactor.stop()


counting = LoopingCall(count)
counting.start(0.1).addCallback(ended)
reactor.run()
# prints: 3
# prints: 2
# prints: 1
# prints: counted
# prints: failed: no more
