"""One counter after the other."""

from twisted.internet import reactor


class Counter:
    running = 0
    waiting = []

    def __init__(self, number, delay):
        self.delay = delay
        Counter.running += 1
        Counter.waiting.append(self)

    def count(self, number):
        if number == 0:
            Counter.running -= 1
            if Counter.running == 0:
                reactor.stop()
            else:
                Counter.waiting.pop(0).count(5)  # wrong: paces
        else:
            print(number)
            reactor.callLater(self.delay, self.count, number - 1)


for delay in (0.5, 1, 1.5):
    Counter(5, delay)
reactor.callWhenRunning(Counter.waiting.pop(0).count, 5)

print("Start!")
reactor.run()
print("Stop!")
