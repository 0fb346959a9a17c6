"""A method of a class, which is decorated."""

import sys

from plumbing import Ask, Poem, fetch
from twisted.internet import defer, reactor


class Reader:
    def __init__(self, transform, addresses):
        self.transform, self.addresses = transform, addresses
        self.ended = self.shown = 0

    @defer.inlineCallbacks
    def read(self, address):
        try:
            poem = yield fetch(address, Poem)
            poem.decode()
        except (Exception, UnicodeDecodeError) as error:
            print("Failed:", address, error, file=sys.stderr)
        else:
            yield self.change_and_print(poem)
        finally:
            self.ended += 1
            if self.ended == len(self.addresses) and reactor.running:
                reactor.stop()

    @defer.inlineCallbacks
    def change_and_print(self, poem):
        try:
            poem = yield fetch(self.transform, Ask, b"cummingsify." + poem)
        except Exception as error:
            print("Not changed:", error, file=sys.stderr)
        print(poem.decode())
        self.shown += 1

    def run(self):
        for address in self.addresses:
            self.read(address)
        reactor.run()
        return self.shown == len(self.addresses)


if __name__ == "__main__":
    sys.exit(not Reader(sys.argv[1], sys.argv[2:]).run())
