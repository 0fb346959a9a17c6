"""Five pieces of work, two at a time."""

from twisted.internet import reactor
from twisted.internet.defer import DeferredSemaphore, gatherResults
from twisted.internet.task import deferLater

running = 0


def work(number):
    global running
    running += 1
    print(f"{number} begins, {running} at work")
    return deferLater(reactor, 0.1 + number / 50, done, number)


def done(number):
    global running
    running -= 1
    return number


semaphore = DeferredSemaphore(2)
every = gatherResults([semaphore.run(work, number) for number in range(5)])
every.addCallback(print).addBoth(lambda _: reactor.stop())
reactor.run()
# prints: 0 begins, 1 at work
# prints: 1 begins, 2 at work
# prints: 2 begins, 2 at work
# prints: 3 begins, 2 at work
# prints: 4 begins, 2 at work
# prints: [0, 1, 2, 3, 4]
