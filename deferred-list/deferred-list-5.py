"""What if one of the list fails? The list succeeds still; that result is False and a Failure."""

from twisted.internet.defer import Deferred, DeferredList


def got_results(results):
    print("The results:", results)


print("The list holds two Deferreds.")
d1 = Deferred()
d2 = Deferred()
dl = DeferredList([d1, d2], consumeErrors=True)
print("Adding the callback.")
dl.addCallback(got_results)
print("Firing d1.")
d1.callback("result 1")
print("Failing d2.")
d2.errback(Exception("failure 2"))
