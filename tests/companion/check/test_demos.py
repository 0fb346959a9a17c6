"""Demonstrations in other hands: what happens decides, and what is lacking is named."""

from pathlib import Path

import pytest

from companion.check.show import report_of
from companion.tutorial.stages import load_map

STAGES = load_map()
COUNTDOWN = """\
from twisted.internet import defer, reactor, task
async def count():
    for number in (5, 4, 3, 2, 1):
        print(number)
        await task.deferLater(reactor, 1)
    reactor.stop()
print("Start!")
reactor.callWhenRunning({})
reactor.run()
print("Stop!")
"""
FAILURES = """\
from twisted.python.failure import Failure
print(Failure(KeyError("bare")){})
try:
    int("no number")
except ValueError:
    print({})
"""
SLEEPS = """\
import time
from twisted.internet import defer, reactor
def slow(_):
    for line in "so slow":
        {}
        print(line)
def end(_):
    print("the end")
    reactor.stop()
d = defer.Deferred()
d.addCallback(lambda _: print("begins"))
d.addCallback(slow)
d.addCallback(end)
def fire():
    print("firing")
    d.callback(None)
    print("fired")
reactor.callWhenRunning(fire)
reactor.run()
print("done")
"""
TWO_AT_A_TIME = """\
def numbers(*all):
    yield from all
def tens():
    yield from (10, 20, 30, 40)
left = [numbers(1, 2, 3), tens()]
while left:
    one = left.pop(0)
    for value in one:
        print(value)
        {}
"""
STEPS = """\
def steps():
    print("one")
    yield 1
    print("two")
    yield 2
    print("over")
one = steps()
for _ in range(3):
    try:
        print(next({}))
    except StopIteration:
        break
"""
INNER = """\
from twisted.internet.defer import Deferred
inner = Deferred(lambda d: print("inner"))
outer = Deferred(lambda d: print("outer"))
outer.addCallback(lambda _: {})
outer.addCallback(print)
outer.addErrback(lambda failure: print("failed", failure))
outer.callback(None)
outer.cancel()
print("end")
"""
LATE = """\
from twisted.internet.defer import Deferred
def add(d):
    for number in (1, 2, 3):
        d.addCallback(lambda result, number=number: print("got", result) or number)
d = Deferred()
d.callback(0)
add(d)
d = Deferred()
{}
d.callback(0)
add(d)
{}
"""
PACE = """\
from twisted.internet import defer, reactor, task
@defer.inlineCallbacks
def one():
    yield task.deferLater(reactor, 3)
    yield task.deferLater(reactor, 3)
    return 1
@defer.inlineCallbacks
def two():
    yield task.deferLater(reactor, 1)
    {}
left = [one(), two()]
def done(result):
    print("done", result)
    left.pop()
    if not left:
        reactor.stop()
for d in list(left):
    d.addErrback(lambda failure: print("error", failure.value))
    d.addBoth(done)
reactor.run()
"""
FIRES = """\
from twisted.internet import defer
d = defer.Deferred()
d.addCallbacks({}, print)
{}
print("Finished")
"""
STOPS = """\
from twisted.internet import defer, reactor
def done(_):
    print("poem")
    {}
d = defer.Deferred()
d.addBoth(done)
{}
reactor.run()
"""
LOOPING = """\
from twisted.internet import reactor, task
left = [5]
def tick():
    if not left[0]:
        {}
        return
    print(left[0])
    left[0] -= 1
    {}
print("Start!")
loop = task.LoopingCall(tick)
loop.start(1).addCallback(lambda _: reactor.stop())
reactor.run()
print("Stop!")
"""
TAKES = """\
def listen():
    try:
        while True:
            {}
    except ValueError as error:
        print(error)
generator = listen()
next(generator)
generator.send(10)
generator.send(20)
try:
    generator.throw(ValueError("malfunction!"))
except StopIteration:
    print("done")
"""
ONE_BY_ONE = """\
def numbers():
    print("first")
    yield 1
    print("second")
    yield 2
    print("third")
    yield 3
{}
"""
SIDE_BY_SIDE = """\
from twisted.internet import defer, reactor, task
@defer.inlineCallbacks
def wait():
    yield task.deferLater(reactor, 1)
@defer.inlineCallbacks
def one():
    yield wait()
    yield wait()
    return 1
@defer.inlineCallbacks
def two():
    yield wait()
    raise Exception("uh oh")
def failed(failure):
    print("error", failure.value)
async def in_turn():
    await one()
    await two()
def both():
    {}
    second.addErrback(failed)
    defer.gatherResults([first, second]).addCallback(print).addCallback(lambda _: reactor.stop())
reactor.callWhenRunning(both)
reactor.run()
"""
BY_HAND = """\
from twisted.internet import defer, reactor, task
{}
def callbacks():
    print("first", (yield 1))
    print("second", (yield task.deferLater(reactor, 5, lambda: 2)))
    d = defer.Deferred()
    reactor.callLater(5, d.errback, Exception(3))
    try:
        yield d
    except Exception as err:
        print("third", err)
    {}
    reactor.stop()
reactor.callWhenRunning({})
reactor.run()
"""
DRIVEN = "@defer.inlineCallbacks"
SEEN = """\
from twisted.internet.defer import Deferred, DeferredList
def failed(failure):
    print("failed", failure.value)
d1, d2 = Deferred(), Deferred()
{}
all = DeferredList([d1, d2])
{}
all.addCallback(print)
d1.callback("result")
d2.errback(Exception("failure"))
"""
EMPTY = """\
from twisted.internet.defer import Deferred, DeferredList
def got(results):
    print(results)
    count = {}
d = DeferredList([])
d.addCallback(got){}
"""
RESULT = PACE.replace("return 1", "{}").replace("    {}\nleft", "    raise Exception(2)\nleft")
STACK = """\
import traceback
from twisted.internet import defer, reactor, task
@defer.inlineCallbacks
def shows():
    {}
    {}
    reactor.stop()
shows()
reactor.run()
"""
WAITS, SHOWS = "yield task.deferLater(reactor, 1)", "traceback.print_stack()"
# The stage, a text, what fills it for a right file; then for wrong ones, with the cause's words.
CASES: list[tuple[str, str, tuple[str, ...], list[tuple[tuple[str, ...], str]]]] = [
    ("countdown", COUNTDOWN, ("lambda: defer.ensureDeferred(count())",), [
        (("count",), "count is a coroutine: to call it only makes it"),
        (("count()",), "count(...) is called here, at once"),
    ]),
    ("failure-examples", FAILURES, ("", "Failure().getTraceback()"), [
        (("", "Failure(ValueError())"), "what is printed is without a stack"),
    ]),
    ("countdown", LOOPING, ("loop.stop()", ""), [
        (("pass", ""), "this LoopingCall goes on until its stop() is called"),
        (("loop.stop()", "import time; time.sleep(1)"), "sleep blocks the reactor for 1.0 s"),
    ]),
    ("gen-4", TAKES, ("print((yield))",), [
        (("yield; print(1)",), ""),
    ]),
    ("gen-1", ONE_BY_ONE, ("for n in numbers(): print(n)",), [
        (("numbers()",), "which runs when it is asked for a value"),
    ]),
    ("inline-callbacks-2", RESULT, ("return 1",), [
        (("print(1)",), "no generator returns a result here"),
    ]),
    ("inline-callbacks-2", SIDE_BY_SIDE, ("first, second = one(), two()",), [
        (("first = one(); second = first.addCallback(lambda _: two())",),
         "begins only when the first has ended"),
        (("first = second = defer.ensureDeferred(in_turn())",),
         "begins only when the first has ended"),
    ]),
    ("inline-callbacks-1", BY_HAND, (DRIVEN, "", "callbacks"), [
        ((DRIVEN, "", "lambda: list(callbacks())"), "as if it were a list: it has one result"),
        ((DRIVEN, "", "lambda: next(callbacks())"), "which runs its generator by itself"),
        (("", "", "lambda: list(callbacks())"), "line 14: callbacks is gone through here by hand"),
        (("", "", "lambda: next(callbacks())"), "line 14: callbacks is gone through here by hand"),
        ((DRIVEN, "reactor.callLater(0, reactor.stop); cuont()", "callbacks"),
         "no errback handles it"),
    ]),
    ("deferred-list-7", SEEN, ("", "d2.addErrback(failed)"), [
        (("d2.addErrback(failed)", ""), "line 5: this errback is added before the list is made"),
    ]),
    ("deferred-list-1", EMPTY, ("1", ".addErrback(lambda failure: None)"), [
        (("count + 1", ".addErrback(lambda failure: None)"),
         "line 4: got raises UnboundLocalError"),
        (("cuont", ".addErrback(lambda failure: None)"), "line 4: got raises NameError"),
        (("results.frist", ".addErrback(lambda failure: None)"), "line 4: got raises Attribute"),
    ]),
    ("inline-callbacks-tb", STACK, (WAITS, SHOWS), [
        ((SHOWS, WAITS), "what is printed is without a stack"),
    ]),
    ("defer-block", SLEEPS, ("time.sleep(1)",), [
        (("pass",), "nothing blocks here"),
    ]),
    ("gen-2", STEPS, ("one",), [
        (("steps()",), "a generator is left before its end"),
    ]),
    ("gen-3", TWO_AT_A_TIME, ("left.append(one); break",), [
        (("pass",), "in another order"),
    ]),
    ("defer-cancel-12", INNER, ("inner",), [
        (("None",), "no callback returns a Deferred that has not fired yet"),
    ]),
    ("defer-11", LATE, ("d.pause()", "d.unpause()"), [
        (("", ""), "the Deferred is not paused while callbacks are added"),
    ]),
    ("inline-callbacks-2", PACE, ("raise Exception('uh oh')",), [
        (("return 2",), "nothing raises an exception here"),
    ]),
    ("defer-1", FIRES, ("print", "d.callback('poem')"), [
        (("print", "print('poem')"), "made here never fires"),
        (("print('poem')", "d.callback('poem')"), "a function is called where it should be handed"),
        (("lambda: None", "d.callback('poem')"), "with more or fewer arguments"),
    ]),
    ("defer-2", FIRES, ("print", "d.errback(ValueError('no poem'))"), [
        (("print", "d.errback('no poem')"), "no Deferred is fired with a failure here"),
    ]),
    ("defer-9", STOPS, ("reactor.stop()", "reactor.callWhenRunning(d.callback, 1)"), [
        (("reactor.stop", "reactor.callWhenRunning(d.callback, 1)"), "is named and not called"),
        (("reactor.stop()", "d.callback(1)"), "stopped a second time, or before it runs"),
        (("reactor.stop()", "import threading; threading.Timer(0.1, d.callback, [1]).start()"),
         "runs in another thread"),
    ]),
]  # fmt: skip


def judged(folder: Path, stage: str, text: str, fill: tuple[str, ...]) -> tuple[bool, str]:
    file = folder / "mine.py"
    file.write_text(text.format(*fill), encoding="utf-8")
    report = report_of(file, STAGES.find(stage))
    return not report.failed, report.diagnosis.cause["en"] if report.diagnosis else ""


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0])
def test_what_happens_decides_and_what_is_lacking_is_named(
    case: tuple[str, str, tuple[str, ...], list[tuple[tuple[str, ...], str]]], tmp_path: Path
) -> None:
    stage, text, right, wrong = case
    assert judged(tmp_path, stage, text, right) == (True, "")
    for fill, words in wrong:
        passed, cause = judged(tmp_path, stage, text, fill)
        assert not passed, fill
        assert words in cause
