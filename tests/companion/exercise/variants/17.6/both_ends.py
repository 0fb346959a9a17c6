"""The end stands twice: after success, and in the except of all that fails."""

import sys

from plumbing import Ask, Poem, fetch
from twisted.internet import defer, reactor


def start(transform, addresses):
    done, good = [], []

    def ended(address):
        done.append(address)
        if len(done) == len(addresses) and reactor.running:
            reactor.stop()

    @defer.inlineCallbacks
    def get(address):
        try:
            poem = yield fetch(address, Poem)
            lines = poem.decode()
            try:
                lines = (yield fetch(transform, Ask, b"cummingsify." + poem)).decode()
            except Exception as e:
                print(e, file=sys.stderr)
            print(lines)
            good.append(address)
        except Exception as e:
            print(address, e, file=sys.stderr)
            ended(address)
        else:
            ended(address)

    for address in addresses:
        get(address)
    reactor.run()
    if len(good) < len(addresses):
        sys.exit(1)


start(sys.argv[1], sys.argv[2:])
