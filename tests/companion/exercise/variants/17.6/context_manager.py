"""A context manager stops the reactor, whatever happens under it."""

import sys

from plumbing import Ask, Poem, fetch
from twisted.internet import defer, reactor


class LastOneOut:
    def __init__(self, count):
        self.count = count

    def __enter__(self):
        return self

    def __exit__(self, kind, error, where):
        self.count -= 1
        if error is not None:
            print("No poem:", error, file=sys.stderr)
        if not self.count and reactor.running:
            reactor.stop()
        return isinstance(error, Exception)


@defer.inlineCallbacks
def poem_from(address, transform, door, poems):
    with door:
        poem = yield fetch(address, Poem)
        poem.decode()
        try:
            poem = yield fetch(transform, Ask, b"cummingsify." + poem)
        except Exception:
            print("Cummingsify failed!", file=sys.stderr)
        print(poem.decode())
        poems.append(poem)


if __name__ == "__main__":
    transform, addresses, poems = sys.argv[1], sys.argv[2:], []
    door = LastOneOut(len(addresses))
    for address in addresses:
        poem_from(address, transform, door, poems)
    reactor.run()
    sys.exit(len(poems) != len(addresses))
