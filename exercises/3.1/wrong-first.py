"""The counter that is done first stops all."""

from twisted.internet import reactor


class Counter:
    running = 0

    def __init__(self, number, delay):
        self.delay = delay
        Counter.running += 1
        reactor.callWhenRunning(self.count, number)

    def count(self, number):
        if number == 0:
            Counter.running -= 1
            if reactor.running:
                reactor.stop()  # wrong: last
        else:
            print(number)
            reactor.callLater(self.delay, self.count, number - 1)


for delay in (0.5, 1, 1.5):
    Counter(5, delay)

print("Start!")
reactor.run()
print("Stop!")
