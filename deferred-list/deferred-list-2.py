"""What does a list of one Deferred fire with? Whether that one succeeded, and its result."""

from twisted.internet.defer import Deferred, DeferredList


def got_results(results):
    print("The results:", results)


print("The list holds one Deferred.")
d1 = Deferred()
dl = DeferredList([d1])
print("Adding the callback.")
dl.addCallback(got_results)
print("Firing d1.")
d1.callback("result 1")
