"""What does a list of lists get? Pairs of True and a list of pairs."""

from twisted.internet.defer import Deferred, DeferredList


def got_results(results):
    print("The results:", results)


print("The list holds two lists of two Deferreds each.")
d1 = Deferred()
d2 = Deferred()
d3 = Deferred()
d4 = Deferred()
dl1 = DeferredList([d1, d2])
dl2 = DeferredList([d3, d4], consumeErrors=True)
dl = DeferredList([dl1, dl2])
print("Adding the callback.")
dl.addCallback(got_results)
print("Firing d1.")
d1.callback("result 1")
print("Firing d2.")
d2.callback("result 2")
print("Firing d3.")
d3.callback("result 3")
print("Failing d4.")
d4.errback(Exception("failure 4"))
