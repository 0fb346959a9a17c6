"""What happens when a Deferred is fired with a result? Its callback runs, at once."""

from twisted.internet.defer import Deferred


def got_poem(poem):
    print("Here is your poem:")
    print(poem)


def poem_failed(failure):
    print("No poem today:", failure.__class__)
    print(failure.getErrorMessage())


d = Deferred()
d.addCallbacks(got_poem, poem_failed)

d.callback("One leaf falls;\nthe rest are told.")

print("Finished")
