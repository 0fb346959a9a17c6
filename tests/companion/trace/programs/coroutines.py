"""Coroutines: two beside each other, a list of results, and the first of some."""

from twisted.internet.defer import Deferred, DeferredList, ensureDeferred, race
from twisted.internet.task import deferLater, react


async def fetch(reactor, name, seconds):
    await deferLater(reactor, seconds)
    if name == "lost":
        raise LookupError(name)
    print(name, "is here")
    return name


async def main(reactor):
    work = [("late", 0.2), ("lost", 0.15), ("soon", 0.1)]
    every = [ensureDeferred(fetch(reactor, *one)) for one in work]
    for success, result in await DeferredList(every, consumeErrors=True):
        print(success, result if success else repr(result.value))
    number, name = await race([ensureDeferred(fetch(reactor, *one)) for one in work[::2]])
    print("first:", number, name)


react(lambda reactor: Deferred.fromCoroutine(main(reactor)))
# prints: soon is here
# prints: late is here
# prints: True late
# prints: False LookupError('lost')
# prints: True soon
# prints: soon is here
# prints: first: 1 soon
