"""A function that asks for itself is called in a loop, too."""

from twisted.internet import reactor
from twisted.internet.task import LoopingCall


def count():
    global number
    if number == 0:
        reactor.stop()
    else:
        print(number)
        number -= 1
        reactor.callLater(1, count)  # wrong: looping


number = 5
loop = LoopingCall(count)
reactor.callWhenRunning(count)

print("Start!")
reactor.run()
print("Stop!")
