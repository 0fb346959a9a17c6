"""Two long pieces of work that take turns, one of which is stopped."""

from twisted.internet import reactor
from twisted.internet.defer import gatherResults
from twisted.internet.task import TaskStopped, cooperate


def work(name, steps):
    for number in range(steps):
        print(name, number)
        if name == "b" and number == 1:
            first.stop()
        yield


first, second = cooperate(work("a", 9)), cooperate(work("b", 3))
stopped = first.whenDone().addErrback(lambda failure: print(failure.trap(TaskStopped).__name__))
gatherResults([stopped, second.whenDone()]).addBoth(lambda _: reactor.stop())
reactor.run()
# prints: a 0
# prints: b 0
# prints: a 1
# prints: b 1
# prints: TaskStopped
# prints: b 2
