"""19.4: a get_poetry that can be cancelled, tried by a program that calls it."""

from companion.check.clients import FIRST, FIRST_POEM
from companion.check.exercise import asks
from companion.check.subject import Subject
from companion.event import Close, Fired, Open
from companion.peers import script
from companion.peers.script import Script
from companion.virtual.run import Run

CALLER = """\
import runpy
import sys

from twisted.internet import reactor
from twisted.internet.defer import maybeDeferred

get_poetry = runpy.run_path({path!r}, run_name="client")["get_poetry"]
when, port = float(sys.argv[1]), int(sys.argv[2])


def start():
    d = maybeDeferred(get_poetry, "127.0.0.1", port)
    d.addCallbacks(lambda poem: print("poem", poem), lambda failure: print("failed"))
    reactor.callLater(when, d.cancel)


reactor.callWhenRunning(start)
reactor.callLater(30, reactor.stop)
reactor.run()
"""
SLOW = script.slow(b"half a poem, or more " * 5, 10, 0.5)
CANCEL = 1.2  # seconds


def cancelled(subject: Subject, server: Script, when: float = CANCEL) -> Run:
    """A run of a program that calls the file's get_poetry and cancels what it returns."""
    caller = subject.folder / "caller.py"
    caller.write_text(CALLER.format(path=str(subject.file)), encoding="utf-8")
    other = Subject(caller, subject.stage, subject.folder)
    return other.run((server,), (str(when), "{1}"), traced=True)


@asks(
    "cancels",
    name=("its Deferred fails as it is cancelled", "一取消，它的 Deferred 就失败"),
    hint=(
        "a canceller that fires nothing leaves that to cancel, which fires CancelledError",
        "取消函数不触发 Deferred 时，cancel 会以 CancelledError 触发它",
    ),
)
def cancels(subject: Subject) -> None:
    for server in (SLOW, script.slow_connect(SLOW, 5)):
        run = cancelled(subject, server)
        failed = [t for t, _, line in run.lines if line == "failed"]
        seen = f"it fails after {failed[0]:.1f} s" if failed else ""
        expected = f"get_poetry is called, and what it returns fails after {CANCEL} s"
        subject.expect(failed and failed[0] < CANCEL + 0.1, expected, run, seen)


@asks(
    "closes",
    name=("the connection is closed at that moment", "同时关闭连接"),
    hint=(
        "what connectTCP returns has a method disconnect",
        "connectTCP 返回的对象有 disconnect 方法",
    ),
)
def closes(subject: Subject) -> None:
    run = cancelled(subject, SLOW)
    ends = run.of(Close)
    closed = ends and ends[0].how == "left" and ends[0].t < CANCEL + 0.1
    seen = f"it is open for {ends[0].t:.1f} s" if ends else "it stays open"
    subject.expect(closed, f"a connection that is closed after {CANCEL} s", run, seen)


@asks(
    "connecting",
    name=("a connection that is still being made is given up", "还在建立的连接也被放弃"),
    hint=(
        "disconnect of the connector does both: it ends a connection, and an attempt to make one",
        "connector 的 disconnect 两样都管：断开连接，或者停止正在进行的连接",
    ),
)
def connecting(subject: Subject) -> None:
    run = cancelled(subject, script.slow_connect(SLOW, 5))
    made = [event.t for event in run.of(Open)]
    seen = f"it is made after {made[0]:.1f} s" if made else ""
    subject.expect(not made, f"no connection: it was cancelled after {CANCEL} s", run, seen)


@asks(
    "once",
    name=("the end of the connection fires it no second time", "连接结束时不会再次触发它"),
    hint=(
        "connectionLost comes after the canceller: let the factory forget the Deferred first",
        "取消函数之后还会调用 connectionLost：先让 factory 忘掉这个 Deferred",
    ),
)
def once(subject: Subject) -> None:
    for server in (SLOW, script.slow_connect(SLOW, 5)):
        run = cancelled(subject, server)
        again = [e for e in run.of(Fired) if e.again]
        seen = "it is fired a second time" if again else subject.crash(run)
        subject.expect(not seen, "one firing, and no exception", run, seen)


@asks(
    "late",
    name=("to cancel it after its poem does nothing", "诗到了之后再取消，什么也不发生"),
    hint=(
        "cancel does not call the canceller of a Deferred that has fired: nothing is to be done",
        "Deferred 已经触发，cancel 就不会调用取消函数：不必另外处理",
    ),
)
def late(subject: Subject) -> None:
    run = cancelled(subject, FIRST)
    wanted = f"poem {FIRST_POEM.decode()}"
    subject.expect(wanted in run.stdout, "the poem", run)
    seen = "it fails after its poem" if "failed" in run.stdout else subject.crash(run)
    subject.expect(not seen, "the poem, and nothing else", run, seen)
