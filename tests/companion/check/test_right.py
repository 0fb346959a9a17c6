"""Right programs of other people's kinds, each of which a check has once taken for wrong."""

from pathlib import Path

import pytest

from companion.check.show import report_of
from companion.tutorial.stages import load_map

CALLABLE = """
import sys
from twisted.internet import reactor, protocol

class Poetry(protocol.Protocol):
    poem = b""
    def dataReceived(self, data):
        self.poem += data
    def connectionLost(self, reason):
        self.factory.callback(self.poem.decode())

class Factory(protocol.ClientFactory):
    protocol = Poetry
    def __init__(self, *given):
        self.callback, = given

class Collector:
    def __init__(self, count):
        self.count, self.poems = count, []
    def __call__(self, poem):
        self.poems.append(poem)
        if len(self.poems) == self.count:
            reactor.stop()

collect = Collector(len(sys.argv) - 1)
for port in sys.argv[1:]:
    reactor.connectTCP("127.0.0.1", int(port), Factory(collect))
reactor.run()
print(*collect.poems, sep="\\n\\n")
"""
GATHER = """
import asyncio, sys

async def get(host, port):
    reader, writer = await asyncio.open_connection(host or "127.0.0.1", int(port))
    poem = await reader.read()
    writer.close()
    return poem.decode()

async def main():
    wanted = (get(*word.rpartition(":")[::2]) for word in sys.argv[1:])
    for one in await asyncio.gather(*wanted, return_exceptions=True):
        print("no poem:" if isinstance(one, Exception) else "", one)

asyncio.run(main())
"""
WAITERS = """
import sys
from twisted.internet import defer, endpoints, protocol, reactor

class Down(protocol.Protocol):
    def __init__(self):
        self.data, self.poem = b"", defer.Deferred()
    def dataReceived(self, data):
        self.data += data
    def connectionLost(self, reason):
        self.poem.callback(self.data)

poem, waiting = None, []

def get_poem():
    d = defer.Deferred()
    if poem is not None:
        d.callback(poem)
    else:
        waiting.append(d)
        endpoint = endpoints.HostnameEndpoint(reactor, "127.0.0.1", int(sys.argv[-1]))
        down = endpoints.connectProtocol(endpoint, Down()).addCallback(lambda made: made.poem)
        down.addCallbacks(got, lambda failure: waiting.pop().errback(failure))
    return d

def got(data):
    global poem
    poem = data
    while waiting:
        waiting.pop().callback(poem)

class Up(protocol.Protocol):
    def connectionMade(self):
        d = get_poem().addCallbacks(self.transport.write, lambda failure: print(failure.value))
        d.addBoth(lambda _: self.transport.loseConnection())

print("on", reactor.listenTCP(0, protocol.Factory.forProtocol(Up)).getHost())
reactor.run()
"""
SILENT_END = """
from twisted.internet import reactor

def tick(number):
    if not number:
        print("lift off")
        return reactor.stop()
    print(number, "...")
    reactor.callLater(1, tick, number - 1)

reactor.callWhenRunning(tick, 5)
reactor.run()
"""
LOGGED = """
import logging
logging.basicConfig(level=0, format="%(message)s")
from twisted.internet import defer

d = defer.Deferred()
d.addCallbacks(lambda poem: logging.info(poem), lambda failure: logging.error(failure.value))
d.callback("a poem")
"""
FIRED_BY_ITSELF = """
import time
from twisted.internet import defer, reactor

def slow(result):
    for line in "abc":
        time.sleep(1)

d = defer.Deferred()
d.addCallback(lambda _: print("first"))
d.addCallback(slow)
d.addCallback(lambda _: print("next"))
d.addBoth(lambda _: reactor.stop())
reactor.callWhenRunning(d.callback, None)
reactor.run()
"""
STOPPED_BY_THE_CHAIN = """
from twisted.internet import defer, reactor

def get_poem():
    d = defer.Deferred(lambda d: call.cancel())
    call = reactor.callLater(5, d.callback, "a poem")
    return d

d = get_poem()
d.addCallbacks(lambda poem: print(poem), lambda failure: print("none", failure.type))
d.addBoth(lambda _: reactor.stop())
reactor.callLater(2, d.cancel)
reactor.run()
"""
GENERATOR = """
import sys

def put(text):
    sys.stdout.write(text + "\\n")

def talk():
    put("in it")
    yield "one"
    put("in it again")
    yield "two"
    put("it ends")

for word in talk():
    put("got " + word)
"""
FRAMELESS = """
from twisted.python.failure import Failure
print(Failure(ValueError("nobody raised me")).getTraceback())
try:
    int("a poem")
except ValueError:
    failure = Failure()
print(failure.getTraceback())
"""
GIVES_A_RESULT = """
from twisted.internet import reactor, task
from twisted.internet.defer import Deferred, ensureDeferred

async def wait(seconds):
    return await task.deferLater(reactor, seconds, lambda: seconds)

async def callbacks():
    print("first", await task.deferLater(reactor, 0, lambda: 1))
    print("second", await wait(5))
    try:
        print(await fails())
    except ValueError as error:
        print("third", error)
    reactor.stop()
    return "all done"

def fails():
    d = Deferred()
    reactor.callLater(5, d.errback, ValueError("no poem"))
    return d

reactor.callWhenRunning(lambda: ensureDeferred(callbacks()))
reactor.run()
"""
WITH_FRAMES = """
from twisted.python.failure import Failure
print(Failure(KeyError("haiku")))
try:
    {}["haiku"]
except KeyError:
    kept = Failure()
print(kept)
"""
PLAIN_COROUTINE = """
from twisted.internet import reactor
from twisted.internet.defer import Deferred, ensureDeferred

async def steps():
    print("It awaits Deferreds alone.")
    for fires, value in (("callback", "a poem"), ("errback", ValueError("no poem"))):
        d = Deferred()
        reactor.callLater(5, getattr(d, fires), value)
        try:
            print(await d)
        except ValueError as err:
            print("failed:", err)
    reactor.stop()

reactor.callWhenRunning(lambda: ensureDeferred(steps()))
reactor.run()
"""
FAILS_AT_ONCE = """
from twisted.internet import reactor
from twisted.internet.defer import Deferred

def told(result):
    print(result)

def ended(_):
    reactor.stop()

d = Deferred()
d.addCallbacks(told, lambda failure: print("failed:", failure.getErrorMessage()))
d.addBoth(ended)
reactor.callWhenRunning(d.errback, Exception("the other way"))
reactor.run()
"""
RIGHT = (
    ("inline-callbacks-1", PLAIN_COROUTINE),
    ("defer-9", FAILS_AT_ONCE),
    ("failure-examples", FRAMELESS),
    ("failure-examples", WITH_FRAMES),
    ("inline-callbacks-1", GIVES_A_RESULT),
    ("client-3.0", CALLABLE),
    ("asyncio-client", GATHER),
    ("proxy-2.0", WAITERS),
    ("countdown", SILENT_END),
    ("defer-1", LOGGED),
    ("defer-block", FIRED_BY_ITSELF),
    ("defer-cancel-11", STOPPED_BY_THE_CHAIN),
    ("gen-1", GENERATOR),
)


@pytest.mark.parametrize(("stage", "text"), RIGHT, ids=[stage for stage, _ in RIGHT])
def test_a_right_program_passes(stage: str, text: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(text, encoding="utf-8")
    report = report_of(file, load_map().find(stage))
    failed = [(one.check.key, one.expected, one.happened) for one in report.failed]
    assert (failed, report.status) == ([], 0)
