"""What becomes of an error that no errback takes? It is logged when the Deferred is thrown away."""

from twisted.internet.defer import Deferred


def break_down(result):
    raise Exception("Nobody caught me.")


d = Deferred()
d.addCallback(break_down)
d.callback("A poem.")

print("Finished")
