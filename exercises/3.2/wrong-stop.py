"""The loop is stopped, the reactor is not."""

from twisted.internet import reactor
from twisted.internet.task import LoopingCall


def count():
    global number
    if number == 0:
        loop.stop()  # wrong: demo-happens
    else:
        print(number)
        number -= 1


number = 5
loop = LoopingCall(count)
reactor.callWhenRunning(loop.start, 1)

print("Start!")
reactor.run()
print("Stop!")
