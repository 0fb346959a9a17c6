"""What a demonstration must do: what happens in the stage of the map, which is run beside it.

Its words are its own. What happens is told by the probe, as a list of moments without a name: a
Deferred fires, a callback returns, something is raised, a timer goes off at a second, the reactor
runs. All of the stage's must come in the file's run, in their order; there may be more.
"""

import re
from collections.abc import Iterator

from companion.check.subject import RAISED, Subject, check, interrupted
from companion.event import Event
from companion.virtual.run import VirtualRun

FRAME = re.compile(r'\s*File ".*", line \d+')
DRAWN = "r 1 p\nf 2 r ok\np p\n\n", "r poem p\nr None r None\nr None r None\n\n"


def pairs(subject: Subject) -> Iterator[tuple[VirtualRun, VirtualRun]]:
    """Each run of the file, and the stage's own, both told by the probe."""
    real = subject.real
    yield subject.traced(), real.traced()
    if subject.stage.kind == "tool":
        for stdin in DRAWN:
            options = {"scripts": None, "args": (), "stdin": stdin}
            yield subject.traced(**options), real.traced(**options)


def moments(run: VirtualRun) -> list[str]:
    """What happens, in words that have no name of the file's in them."""
    found: list[str] = []
    for event in run.events:
        if (moment := moment_of(event)) and found[-1:] != [moment]:
            found.append(moment)
    return found


def moment_of(event: Event) -> str:
    """One moment; "" for what may differ."""
    kind, fields = event.kind, event.fields
    if kind == "print":
        return "a stack is printed" if FRAME.match(fields["text"]) else "something is printed"
    if kind == "wait" and fields.get("by") == "reactor" and fields["call"] != "epoll":
        return f"the reactor waits in {fields['call']}"
    if kind == "reactor":
        return f"the reactor {fields['does']}"
    if kind == "timer_fired":
        return f"a timer goes off at {event.t:.1f} s"
    if kind == "fired":
        with_what = "a failure" if fields.get("failed") else "a result"
        again = ", a second time" if fields.get("again") else ""
        return f"a Deferred fires with {with_what}{again}"
    if kind == "ran" and fields.get("how") != "passed":
        gave = "fails" if fields.get("failed") else "returns"
        return f"{a(fields['side'])} {gave}"
    if kind == "enter" and fields.get("thread"):
        return "a function runs in another thread"
    if kind == "leave" and fields["how"] == "yielded":
        return "a generator yields"
    if kind == "leave" and fields["how"] == "raised":
        return "an exception is raised"
    return OTHERS.get(kind, "")


OTHERS = {
    "cancelled": "a Deferred is cancelled",
    "unhandled": "a failure is forgotten without being handled",
    "paused": "a Deferred waits on another",
    "join": "a Deferred waits for several",
}


def a(word: str) -> str:
    return f"an {word}" if word[0] in "aeiou" else f"a {word}"


def missing(wanted: list[str], seen: list[str]) -> tuple[int, str] | None:
    """The place of the first moment that is not among those seen, in their order, and what came
    in its place."""
    after = 0
    for at, moment in enumerate(wanted):
        if moment not in seen[after:]:
            return at, seen[after] if after < len(seen) else "nothing more"
        after = seen.index(moment, after) + 1
    return None


@check(
    "demo-happens",
    "asked",
    0,
    name=("what happens in the stage happens in it", "阶段中发生的事，它里面都发生了"),
    hint=(
        "companion trace {id} shows what happens in the stage",
        "companion trace {id} 显示阶段中发生的事",
    ),
)
def demo_happens(subject: Subject) -> None:
    for run, real in pairs(subject):
        wanted, seen = moments(real), moments(run)
        if (found := missing(wanted, seen)) is None:
            continue
        at, instead = found
        before = f", after: {wanted[at - 1]}" if at else ""
        happened = "" if subject.crash(run) else f"in its place: {instead}"
        subject.expect(False, wanted[at] + before, run, happened)


@check(
    "demo-ends",
    "asked",
    0,
    name=("it ends as the stage ends", "它和阶段一样结束"),
    hint=("run() returns after stop(), and not before", "stop() 之后 run() 才会返回"),
)
def demo_ends(subject: Subject) -> None:
    for run, real in pairs(subject):
        wanted = "a wait for ever" if real.how != "exit" else f"an end with status {real.status}"
        same = run.how == real.how and bool(run.status) == bool(real.status)
        subject.expect(same, wanted, run)
        raised = tracebacks(real), tracebacks(run)
        expected = "no traceback" if not raised[0] else f"{raised[0]} tracebacks, as the stage has"
        subject.expect(bool(raised[0]) == bool(raised[1]), expected, run)


def tracebacks(run: VirtualRun) -> int:
    return len(RAISED.findall(run.stdout + "\n" + run.stderr))


def waits_for_ever(subject: Subject) -> bool:
    return subject.real.traced().how == "waits for ever"


@check(
    "demo-interrupted",
    "beyond",
    0,
    name=("Ctrl-C ends it at once", "按 Ctrl-C 立刻结束"),
    hint=("the reactor ends at Ctrl-C by itself", "reactor 收到 Ctrl-C 自己就会结束"),
)
def demo_interrupted(subject: Subject) -> None:
    if waits_for_ever(subject):
        interrupted(subject, subject.run(signals=((1.0, "SIGINT"),)), 1.0, zero=True)
