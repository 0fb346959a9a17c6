"""In which order do the results stand? In the order of the list, whichever fired first."""

from twisted.internet.defer import Deferred, DeferredList


def got_results(results):
    print("The results:", results)


print("The list holds two Deferreds.")
d1 = Deferred()
d2 = Deferred()
dl = DeferredList([d1, d2])
print("Adding the callback.")
dl.addCallback(got_results)
print("Firing d2.")
d2.callback("result 2")
print("Firing d1.")
d1.callback("result 1")
