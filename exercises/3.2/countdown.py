"""How does a callback come again and again? A LoopingCall asks to be called later, each time."""

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
reactor.callWhenRunning(loop.start, 1)

print("Start!")
reactor.run()
print("Stop!")
