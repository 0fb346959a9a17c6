"""How does a callback wait for a second without stopping the loop? It asks to be called later."""

from twisted.internet import reactor


def count(number):
    if number == 0:
        reactor.stop()
    else:
        print(number)
        reactor.callLater(1, count, number - 1)


reactor.callWhenRunning(count, 5)

print("Start!")
reactor.run()
print("Stop!")
