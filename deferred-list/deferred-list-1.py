"""When does a list of no Deferreds fire? At once, with an empty list."""

from twisted.internet.defer import DeferredList


def got_results(results):
    print("The results:", results)


print("The list is empty.")
dl = DeferredList([])
print("Adding the callback.")
dl.addCallback(got_results)
