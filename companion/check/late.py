"""What is right of a program that gives up a poem which is late, however it does it.

Each judge is given a way to run the program over some servers, one of which never ends a poem.
"""

import re
from collections.abc import Callable
from functools import partial

from companion.check.clients import FIRST, HALF, fetch
from companion.check.handed import handed_over
from companion.check.subject import Subject, check
from companion.event import Cancelled, Close, Closing, Fired, Open, Timer, TimerFired
from companion.peers import script
from companion.virtual.run import Run

SILENT = script.silence()
STALLED = script.schedule((0.0, HALF[:9]), (0.2, HALF[9:]))
CLOCK = re.compile(rb"time.?out|callLater|LoopingCall|wait_for", re.IGNORECASE)
CANCELLERS = 19  # the part that teaches them
Late = Callable[..., Run]  # the run over these servers


def last_lane(run: Run) -> int:
    """That of the last server in the command line; 0 where none is connected to."""
    lanes = (event.lane or 0 for event in (*run.of(Open), *run.of(Close)))
    return max(lanes, default=0)


def closes(subject: Subject, late: Late) -> None:
    """The connection of a late poem is closed."""
    run = late(FIRST, SILENT)
    lane = last_lane(run)
    expected = "the connection to the silent server closed by the program"
    if any(event.lane == lane for event in run.of(Closing)):
        return
    # A socket of its own, which is closed while another, made later, is still open.
    run = late(SILENT, script.slow_connect(SILENT, 1.5))
    lane = last_lane(run) - 1
    ends = [event.t for event in run.of(Close) if event.lane == lane]
    closed = ends and ends[0] < run.seconds - 1
    subject.expect(closed, expected, run, "nothing closes it before the program ends")


def once(subject: Subject, late: Late) -> None:
    """A late poem fails once."""
    run = late(SILENT, STALLED)
    # One that has been cancelled without a canceller may be fired once more.
    cancelled = {event.deferred for event in run.of(Cancelled)}
    again = [one for one in run.of(Fired) if one.again and one.deferred not in cancelled]
    expected = "one report for each poem"
    subject.expect(not again, expected, run, "a Deferred is fired a second time")
    _, calls = handed_over(run, subject.file.read_bytes())
    name, count = max(calls.items(), key=lambda item: item[1], default=("", 0))
    seen = f"{name} is called {count} times for two poems"
    subject.expect(count <= 2, expected, run, seen)
    subject.expect(not subject.crash(run), expected, run)


def half_a_poem(subject: Subject, late: Late) -> None:
    """Half a poem that is late is not shown as whole."""
    run = late(FIRST, STALLED)
    if "counts" in subject.stage.traits:
        size = rf"(?<!\d){len(HALF)}(?!\d)"
        shown = run.status == 0 and bool(re.search(size, run.stdout))
    else:
        shown = any(line.strip() == HALF.decode() for _, _, line in run.lines)
    subject.expect(not shown, "no poem but whole ones", run, "half a poem is shown as if whole")


def in_time(subject: Subject, late: Late) -> None:
    """A poem that came in time has no timer left."""
    run = late(FIRST, SILENT)
    going_off = {event.timer for event in run.of(TimerFired)}
    # One that comes again and again is a look at the clock, and no time-out.
    late_ones = [
        event
        for event in run.events
        if isinstance(event, Timer)
        and event.timer in going_off
        and event.delay >= 0.5
        and event.t < 0.5
    ]
    seen = f"{len(late_ones)} timers go off, and one poem is late"
    subject.expect(len(late_ones) <= 1, "no timer that goes off for a poem that came", run, seen)


def given_up(subject: Subject) -> Run | None:
    """A run in which it gives up a poem that is late, if it does that by itself."""
    if not CLOCK.search(subject.file.read_bytes()):
        return None
    run = fetch(subject, FIRST, SILENT, traced=True)
    return run if run.how == "exit" else None


def cancels(run: Run) -> bool:
    return any(isinstance(event, Cancelled) for event in run.events)


@check(
    "client-gives-up",
    "asked",
    6,
    name=(
        "a poem that it gives up is hung up on, fails once, and leaves no timer",
        "放弃一首诗时断开连接，只失败一次，也不留下定时器",
    ),
    hint=(
        "where you add a time-out: close the connection, cancel the timer of a poem that came, and"
        " remember which poem is done",
        "如果加了超时：要关闭连接，取消已到的诗的定时器，并记住哪首诗已经处理过",
    ),
    applies=lambda stage: "protocol" in stage.lesson and "timeout" not in stage.lesson,
)
def client_gives_up(subject: Subject) -> None:
    run = given_up(subject)
    if run is None:
        return
    judges = [in_time, once]
    if subject.stage.part >= CANCELLERS or not cancels(run):
        judges.append(closes)
    if "trusts" not in subject.stage.traits:
        judges.append(half_a_poem)
    for judge in judges:
        judge(subject, partial(fetch, subject, traced=True))


@check(
    "client-hangs-up",
    "beyond",
    CANCELLERS,
    name=(
        "a poem that it gives up by a cancel is hung up on, too",
        "用 cancel 放弃一首诗时，也断开连接",
    ),
    hint=(
        "cancel, and so addTimeout, leaves the connection open: Deferred(canceller) makes one whose"
        " canceller closes it",
        "cancel（addTimeout 也是）不会断开连接：用 Deferred(canceller)，由 canceller 断开",
    ),
    applies=lambda stage: "deferred" in stage.lesson and stage.part < CANCELLERS,
)
def client_hangs_up(subject: Subject) -> None:
    run = given_up(subject)
    if run and cancels(run):
        closes(subject, partial(fetch, subject, traced=True))
