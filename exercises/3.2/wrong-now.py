"""The first call comes a second late."""

from twisted.internet import reactor
from twisted.internet.task import LoopingCall


def count():
    global number
    if number == 0:
        loop.stop()
        reactor.stop()
    else:
        print(number)
        number -= 1


number = 5
loop = LoopingCall(count)
reactor.callWhenRunning(loop.start, 1, now=False)  # wrong: demo-happens

print("Start!")
reactor.run()
print("Stop!")
