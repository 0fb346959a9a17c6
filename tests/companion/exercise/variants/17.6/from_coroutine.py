"""Deferred.fromCoroutine, started when the reactor runs."""

import sys

from plumbing import Ask, Poem, fetch
from twisted.internet import defer, reactor

waiting = 0
failures = 0


async def transformed(service, poem):
    try:
        return await fetch(service, Ask, b"cummingsify." + poem)
    except Exception as reason:
        print("left as it was:", reason, file=sys.stderr)
        return poem


async def task(service, address):
    global waiting, failures
    waiting += 1
    try:
        poem = await fetch(address, Poem)
        poem.decode()
        print((await transformed(service, poem)).decode())
    except Exception as reason:
        failures += 1
        print(address, reason, file=sys.stderr)
    finally:
        waiting -= 1
        if waiting == 0 and reactor.running:
            reactor.stop()


def begin(service, addresses):
    for address in addresses:
        defer.Deferred.fromCoroutine(task(service, address))


reactor.callWhenRunning(begin, sys.argv[1], sys.argv[2:])
reactor.run()
sys.exit(1 if failures else 0)
