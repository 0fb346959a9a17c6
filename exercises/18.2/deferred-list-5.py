"""Must a list wait for all? Not with fireOnOneCallback, and not with fireOnOneErrback."""

from twisted.internet.defer import Deferred, DeferredList


def got_results(results):
    print("The results:", results)


def got_error(failure):
    print("The first error:", failure.value.subFailure.getErrorMessage())


print("A list that fires with the first result.")
d1 = Deferred()
d2 = Deferred()
dl = DeferredList([d1, d2], fireOnOneCallback=True, consumeErrors=True)
print("Adding the callback.")
dl.addCallback(got_results)
print("Firing d1.")
d1.callback("result 1")
print("Failing d2.")
d2.errback(Exception("failure 2"))

print("A list that fails with the first error.")
d3 = Deferred()
d4 = Deferred()
dl = DeferredList([d3, d4], fireOnOneErrback=True, consumeErrors=True)
print("Adding callback and errback.")
dl.addCallbacks(got_results, got_error)
print("Failing d3.")
d3.errback(Exception("failure 3"))
print("Firing d4.")
d4.callback("result 4")
