"""A coroutine, which takes its address from a set when it is done."""

import sys

from plumbing import Ask, Poem, fetch
from twisted.internet import defer, reactor


async def one(transform, address, left, got):
    try:
        poem = (await fetch(address, Poem)).decode()
        try:
            answer = await fetch(transform, Ask, b"cummingsify." + poem.encode())
            poem = answer.decode()
        except Exception as err:
            print("as it was:", err, file=sys.stderr)
        print(poem)
        got.append(address)
    except Exception as err:
        print(address, "failed:", err, file=sys.stderr)
    finally:
        left.discard(address)
        if not left and reactor.running:
            reactor.stop()


transform, *addresses = sys.argv[1:]
left, got = set(addresses), []
for address in addresses:
    defer.ensureDeferred(one(transform, address, left, got))
reactor.run()
sys.exit(len(got) < len(addresses))
