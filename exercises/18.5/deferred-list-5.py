"""How are results found by name? A DeferredDict puts those of a list under their keys."""

from twisted.internet.defer import Deferred, DeferredList


class DeferredDict(Deferred):
    """Fires when all have, with a dictionary of pairs as in a DeferredList."""

    def __init__(self, deferreds):
        super().__init__()
        self.names = list(deferreds)
        DeferredList(deferreds.values(), consumeErrors=True).addCallback(self.all_fired)

    def all_fired(self, results):
        self.callback(dict(zip(self.names, results, strict=True)))


def got_results(results):
    print("The results:", results)


print("The dictionary holds two Deferreds.")
d1 = Deferred()
d2 = Deferred()
dd = DeferredDict({"first": d1, "second": d2})
print("Adding the callback.")
dd.addCallback(got_results)
print("Firing d1.")
d1.callback("result 1")
print("Failing d2.")
d2.errback(Exception("failure 2"))
