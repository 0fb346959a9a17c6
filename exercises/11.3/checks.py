"""11.3: the slow server, with a timer of the reactor's for each client."""

from companion.check.exercise import asks
from companion.check.servers import POEM, serve, served
from companion.check.subject import Subject, short
from companion.event import Enter, Got
from companion.peers import script

LEAVES_OUT = ("server-many",)  # a long poem takes hours now
PACE = ("--num-bytes", "7", "--delay", "0.5")
LAST = len(POEM) // 7 * 0.5  # seconds from the first piece to the last


@asks(
    "pace",
    name=("--num-bytes and --delay set the pace", "--num-bytes 和 --delay 决定快慢"),
    hint=(
        "write a piece, and let callLater call you again for the next; close after the last",
        "写出一块，让 callLater 再次调用你来写下一块；最后一块之后关闭连接",
    ),
)
def pace(subject: Subject) -> None:
    run, _ = serve(subject, POEM, script.reader(1), args=PACE)
    got = run.of(Got)
    pieces = [(event.bytes, round(event.t - got[0].t, 1)) for event in got]
    sizes = [min(7, len(POEM) - start) for start in range(0, len(POEM), 7)]
    expected = "with --num-bytes 7 and --delay 0.5, 7 bytes each half second"
    told = ", ".join(f"{size} bytes at {t} s" for size, t in pieces)
    holds = pieces == [(size, number * 0.5) for number, size in enumerate(sizes)]
    subject.expect(holds, expected, run, short(told))
    served(subject, run, 0, POEM, "the whole poem, and a clean end")
    seen = subject.crash(run)
    subject.expect(not seen, "an end without an exception", run, seen)


@asks(
    "at-once",
    name=("two clients get their poems at the same time", "两个客户端同时得到各自的诗"),
    hint=(
        "the place in the poem is the Protocol's: each connection has one of its own",
        "发到诗的哪个位置由 Protocol 保存：每个连接有自己的一个",
    ),
)
def at_once(subject: Subject) -> None:
    run, _ = serve(subject, POEM, script.reader(1), script.reader(1.2), args=PACE)
    for number in range(2):
        expected = "the whole poem for each of two clients at the same time"
        served(subject, run, number, POEM, expected)
        in_time = run.clients[number].t < 1.2 + LAST + 1.1
        subject.expect(in_time, expected, run, "one waited for the other")


@asks(
    "stops",
    name=("no timer goes on for a client that has left", "客户端离开后，不再有定时器为它运行"),
    hint=(
        "connectionLost is called when a client leaves: cancel there what is still to come",
        "客户端离开时 connectionLost 被调用：在那里取消还没到时间的定时器",
    ),
)
def stops(subject: Subject) -> None:
    clients = script.leaver(after=1.2, at=5), script.reader(40)
    run, _ = serve(subject, POEM, *clients, args=PACE, traced=True)
    served(subject, run, 1, POEM, "the whole poem for the client after one that left")
    calls = [event.t for event in run.of(Enter) if event.by != "stage"]
    for_all = any(1 < t < 4.9 for t in calls)  # a timer that goes on without a client, too
    later = [t for t in calls if 7 < t < 39.9]
    seen = f"its code was still called {len(later)} times"
    expected = "nothing more to be done for a client that has left"
    subject.expect(for_all or not later, expected, run, seen)
    seen = subject.crash(run)
    subject.expect(not seen, "no exception when a client leaves", run, seen)
