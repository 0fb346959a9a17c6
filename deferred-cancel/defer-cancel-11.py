"""How does the work stop, too? The canceller cancels the call that would do it."""

import time

from twisted.internet import reactor
from twisted.internet.defer import Deferred


def say(text):
    print(f"{time.monotonic() - start:.0f} s: {text}")


def send_poem(d):
    say("Sending poem")
    d.callback("A poem that took its time.")


def get_poem():
    def canceller(d):
        delayed_call.cancel()

    d = Deferred(canceller)
    delayed_call = reactor.callLater(5, send_poem, d)
    return d


def got_poem(poem):
    say(f"Got a poem: {poem}")


def poem_failed(failure):
    say(f"No poem: {failure.type.__name__}")


start = time.monotonic()
d = get_poem()
d.addCallbacks(got_poem, poem_failed)

reactor.callLater(2, d.cancel)
reactor.callLater(10, reactor.stop)
reactor.run()
