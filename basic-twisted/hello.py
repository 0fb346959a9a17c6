"""How does our own code get into the reactor's loop? As a callback that the reactor calls."""

from twisted.internet import reactor


def hello():
    print("Hello! The reactor is running, and it has called me.")
    print("It does nothing else until I return.")


reactor.callWhenRunning(hello)

print("Starting the reactor.")
reactor.run()
