"""A number that goes down, and no list."""

import sys

from plumbing import Ask, Poem, fetch
from twisted.internet import defer, reactor


def main(transform, *addresses):
    missing = running = len(addresses)

    @defer.inlineCallbacks
    def show(address):
        nonlocal missing, running
        try:
            raw = yield fetch(address, Poem)
            text = raw.decode()
            try:
                raw = yield fetch(transform, Ask, b"cummingsify." + raw)
                text = raw.decode()
            except Exception:
                print("not transformed", file=sys.stderr)
            print(text)
            missing -= 1
        except Exception as why:
            print(f"{address}: {why}", file=sys.stderr)
        finally:
            running -= 1
            if running == 0 and reactor.running:
                reactor.stop()

    for address in addresses:
        show(address)
    reactor.run()
    return 1 if missing else 0


sys.exit(main(*sys.argv[1:]))
