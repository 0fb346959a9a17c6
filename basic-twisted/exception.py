"""What if a callback raises? The reactor logs the traceback and goes on with the next callback."""

from twisted.internet import reactor


def fall():
    raise Exception("I fall down.")


def go_on():
    print("And the reactor goes on.")
    reactor.stop()


reactor.callWhenRunning(fall)
reactor.callWhenRunning(go_on)

print("Starting the reactor.")
reactor.run()
