"""22.2: a threaded client that makes do with ten threads."""

from companion.check.clients import arrived, client_interrupted
from companion.check.exercise import asks
from companion.check.subject import Subject
from companion.peers import script

MOST, COUNT = 10, 25  # threads, and poems
POEMS = tuple(bytes([number]) * number for number in range(97, 97 + COUNT))
SERVERS = tuple(script.schedule((1.0, poem), (1.0, script.CLOSE)) for poem in POEMS)


@asks(
    "threads",
    name=("twenty-five poems need ten threads at the most", "二十五首诗最多用十个线程"),
    hint=(
        "start ten threads; each takes the next address from a queue until there is none left",
        "启动十个线程，每个线程从队列里取下一个地址，直到取完为止",
    ),
)
def threads(subject: Subject) -> None:
    run = subject.traced(servers=SERVERS)
    arrived(subject, run, *POEMS)
    used = {event.thread for event in run.events if event.thread}
    seen = f"its code runs in {len(used)} threads"
    subject.expect(len(used) <= MOST, f"no more than {MOST} threads", run, seen)


@asks(
    "at-once",
    name=("ten poems are downloaded at once", "同时下载十首诗"),
    hint=(
        "a poem that is complete makes room for the next one, whatever the others do",
        "一首诗收齐了，就轮到下一首，不必等别的诗",
    ),
)
def at_once(subject: Subject) -> None:
    long = script.schedule((3.0, POEMS[0]), (3.0, script.CLOSE))
    run = subject.traced(servers=(long, *SERVERS[1:]))
    arrived(subject, run, *POEMS)
    seen = f"it took {run.seconds:.1f} s"
    expected = f"{COUNT} poems in 3 s: one takes as long, and the others 1 s each"
    subject.expect(run.seconds < 3.5, expected, run, seen)


@asks(
    "failures",
    name=("poems that fail take no thread away", "失败的诗不会占掉线程"),
    hint=(
        "after a failure the thread goes on with the next address: continue, not return",
        "失败之后，线程接着处理下一个地址：用 continue，不用 return",
    ),
)
def failures(subject: Subject) -> None:
    run = subject.traced(servers=(*[script.refused()] * MOST, *SERVERS[:3]))
    arrived(subject, run, *POEMS[:3])
    subject.expect(run.how == "exit", "an end", run)


@asks(
    "interrupted",
    name=("Ctrl-C ends it at once", "按 Ctrl-C 立刻结束"),
    hint=(
        "threads that are no daemons are waited for at the end, and so are a pool's",
        "程序结束时会等待非守护线程，线程池里的线程也一样",
    ),
)
def interrupted(subject: Subject) -> None:
    client_interrupted(subject)
