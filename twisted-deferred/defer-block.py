"""Does a Deferred make slow code asynchronous? No: a callback that blocks, blocks everything."""

import time

from twisted.internet import reactor
from twisted.internet.defer import Deferred

POEM = [
    "While I write this verse",
    "nothing else is done:",
    "one thread, one loop,",
    "and the loop is gone.",
    "Now it may go on.",
]


def before_poem(result):
    print("Start of the chain")


def write_poem(result):
    for line in POEM:
        print(line)
        time.sleep(2.3)


def after_poem(result):
    print("End of the chain")
    reactor.stop()


def fire():
    print("Firing the Deferred")
    d.callback(None)
    print("Firing finished")


d = Deferred()
d.addCallback(before_poem)
d.addCallback(write_poem)
d.addCallback(after_poem)

reactor.callWhenRunning(fire)

print("Starting the reactor")
reactor.run()
print("Done")
