"""Who else can take the error? An errback of d2, though the list, added before, still sees it."""

from twisted.internet.defer import Deferred, DeferredList


def got_results(results):
    print("The results:", results)


def d2_failed(failure):
    print("The errback of d2:", failure.getErrorMessage())


print("The list holds two Deferreds.")
d1 = Deferred()
d2 = Deferred()
dl = DeferredList([d1, d2])
d2.addErrback(d2_failed)
print("Adding the callback.")
dl.addCallback(got_results)
print("Firing d1.")
d1.callback("result 1")
print("Failing d2.")
d2.errback(Exception("failure 2"))
