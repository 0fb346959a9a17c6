"""Each callback means the last key, since the loop has gone on."""

from twisted.internet.defer import Deferred


class DeferredDict(Deferred):
    """Fires when all have, with a dictionary of pairs as in a DeferredList."""

    def __init__(self, deferreds):
        super().__init__()
        self.count = len(deferreds)
        self.results = {}
        for name, d in deferreds.items():
            d.addBoth(lambda result: self.fired(name, result))  # wrong: results
        if not deferreds:
            self.callback({})

    def fired(self, name, result):
        self.results[name] = result
        self.count -= 1
        if not self.count:
            self.callback(self.results)


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
