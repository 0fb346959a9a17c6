"""What a step is about, seen by the probe and not by text: the checks of the lesson.

Each looks at one run over a poem that comes in pieces; for a server, with one client.
"""

import re
from collections.abc import Iterator

from companion.check.clients import (
    DIGITS,
    HALF,
    IN_PIECES,
    POEM,
    TIMED,
    arrived,
    fetch,
    main_run,
)
from companion.check.handed import handed_over
from companion.check.proxies import TWICE, fetched_twice
from companion.check.servers import served_twice
from companion.check.subject import Register, Subject, check, short
from companion.event import (
    Closing,
    Deferred,
    Enter,
    Fired,
    Join,
    Leave,
    Misuse,
    Print,
    Reactor,
    Read,
    Wait,
)
from companion.peers import script
from companion.virtual.run import Run

ZERO = re.compile(r"(?<![\d.:])0[0.:]*(?!\d)")  # 0, 0.00 or 0:00:00


def lesson(
    key: str, taught: str, part: int, name: tuple[str, str], hint: tuple[str, str]
) -> Register:
    """Register a check for the stages whose chapter has `taught` by now."""
    return check(
        key, "lesson", part, name=name, hint=hint, applies=lambda stage: taught in stage.lesson
    )


def traced(subject: Subject) -> Run:
    """A run of the stage's main job, traced."""
    if subject.stage.kind == "client":
        return main_run(subject)
    run, _ = served_twice(subject)
    return run


def own_waits(run: Run) -> Iterator[Wait]:
    """The waits in which it asks for itself which descriptor is ready."""
    for event in run.of(Wait):
        if event.by == "stage" and event.call in ("select", "poll", "epoll"):
            yield event


def reactor(subject: Subject) -> None:
    run = traced(subject)
    by_itself = next(own_waits(run), None)
    seen = f"it waits in {by_itself.call} itself" if by_itself else ""
    runs = any(event.does == "runs" for event in run.of(Reactor)) and not by_itself
    subject.expect(runs, "the library's reactor runs it, and no loop of its own", run, seen)


for kind in ("client", "server"):
    lesson(
        f"{kind}-reactor",
        "reactor",
        3,
        ("the reactor runs it", "由 reactor 运行"),
        (
            "reactor.run() waits; your code is called by it",
            "reactor.run() 负责等待，你的代码由它调用",
        ),
    )(reactor)


@lesson(
    "server-thread",
    "reactor",
    3,
    ("no other thread calls the transport", "没有别的线程调用 transport"),
    (
        "Twisted is called in its own thread alone: reactor.callFromThread hands a call over",
        "只能在 reactor 的线程里调用 Twisted：用 reactor.callFromThread 交过去",
    ),
)
def server_thread(subject: Subject) -> None:
    run = traced(subject)
    called = next(iter(run.of(Misuse)), None)
    seen = f"{called.calls} is called in another thread" if called else ""
    subject.expect(not called, "the transport is called in the reactor's thread alone", run, seen)


@lesson(
    "client-protocol",
    "protocol",
    5,
    ("the library reads, and a Protocol gets the data", "由库来读取，Protocol 得到数据"),
    (
        "the transport reads from the socket; your Protocol's dataReceived is called with the data",
        "transport 从套接字读取，你的 Protocol 的 dataReceived 得到数据",
    ),
)
def client_protocol(subject: Subject) -> None:
    run = traced(subject)
    depth = 0
    for event in run.events:
        depth += (isinstance(event, Enter) and event.by != "start") - (isinstance(event, Leave))
        if isinstance(event, Reactor):
            depth = 0
        elif isinstance(event, Read):
            seen = "its own code reads from the socket"
            subject.expect(depth <= 0, "the transport reads, and hands the data on", run, seen)
    subject.expect(run.of(Read), "a poem that is read", run)


@lesson(
    "client-callback",
    "callback",
    6,
    ("a callback is handed in, and called with the poem", "交进去一个回调，诗到了就调用它"),
    (
        "get_poetry takes a function, and the factory calls it with the poem",
        "get_poetry 接受一个函数，factory 拿到诗之后调用它",
    ),
)
def client_callback(subject: Subject) -> None:
    run = traced(subject)
    given, called = handed_over(run, subject.file.read_bytes())
    seen = "no function of it is given to another" if not given else "none of those given is called"
    expected = "a function given to another, and called when the poem is there"
    subject.expect(called, expected, run, seen)
    name, count = called.most_common(1)[0]
    seen = f"{name} is called {count} times for one poem"
    subject.expect(1 in called.values(), "one call, with the whole poem", run, seen)


@lesson(
    "client-deferred",
    "deferred",
    8,
    ("a Deferred stands for the poem that is not here yet", "用 Deferred 代表还没到的诗"),
    (
        "make a Deferred, return it at once, and fire it when the poem is there",
        "创建一个 Deferred，立刻返回它，诗到了再触发",
    ),
)
def client_deferred(subject: Subject) -> None:
    run = traced(subject)
    made, fired = run.of(Deferred), run.of(Fired)
    seen = "" if made else "it makes no Deferred"
    subject.expect(made, "a Deferred for what is not there yet", run, seen)
    seen = "the Deferred that it makes never fires"
    subject.expect(fired, "a Deferred that fires when the poem is there", run, seen)
    once = not any(event.again for event in fired)
    subject.expect(once, "a Deferred that fires once", run, "one is fired a second time")


@lesson(
    "proxy-always",
    "always",
    15,
    ("a Deferred also for a poem that is there already", "诗已经在手时也用 Deferred"),
    (
        "succeed(poem) makes a Deferred that has fired",
        "succeed(poem) 得到一个已经触发的 Deferred",
    ),
)
def proxy_always(subject: Subject) -> None:
    run = fetched_twice(subject)
    second = TWICE[1].at
    # By place, since every lambda has the same name.
    places = {e.call: (e.function, e.line) for e in run.of(Enter)}
    left = [e for e in run.of(Leave) if e.how == "returned"]
    # What a Deferred drives, a generator or a coroutine, gives that Deferred, whatever it returns.
    driven = {event.generator for event in run.of(Deferred) if event.generator}
    first = (e for e in left if e.value.startswith("D") and e.t < second)
    gave = {places[event.call] for event in first}
    later = [e for e in left if e.t >= second]
    again_left = [e for e in later if places[e.call] in gave or e.function in driven]
    plain = (event for event in again_left if event.function not in driven)
    other = next((event for event in plain if not event.value.startswith("D")), None)
    seen = f"{other.function} returns {other.value}" if other else ""
    expected = "a Deferred for a poem that is in the cache, as for one that is still to come"
    subject.expect(again_left and other is None, expected, run, seen)


@lesson(
    "client-generator",
    "generator",
    17,
    ("a generator or a coroutine waits for Deferreds", "由生成器或协程等待 Deferred"),
    (
        "@inlineCallbacks and yield, or async def, await and ensureDeferred",
        "@inlineCallbacks 加 yield，或者 async def、await 加 ensureDeferred",
    ),
)
def client_generator(subject: Subject) -> None:
    run = traced(subject)
    driven = any(isinstance(event, Deferred) and event.generator for event in run.events)
    seen = "" if driven else "no generator or coroutine is driven by a Deferred"
    subject.expect(driven, "a generator that is driven by inlineCallbacks", run, seen)


@lesson(
    "client-list",
    "list",
    18,
    ("a DeferredList waits for all the poems", "由 DeferredList 等待所有的诗"),
    (
        "DeferredList([...]) fires when all of them have fired",
        "DeferredList([...]) 在全部触发之后触发",
    ),
)
def client_list(subject: Subject) -> None:
    run = traced(subject)
    seen = "nothing waits for several Deferreds at once"
    subject.expect(run.of(Join), "a Deferred that waits for several", run, seen)


@lesson(
    "client-timeout",
    "timeout",
    22,
    ("a server that has gone silent is hung up on", "服务器没了动静，就断开连接"),
    (
        "TimeoutMixin counts the seconds since the last byte: then transport.abortConnection()",
        "TimeoutMixin 从最后一个字节开始计时：时间一到，就 transport.abortConnection()",
    ),
)
def client_timeout(subject: Subject) -> None:
    run = fetch(subject, IN_PIECES, script.schedule((0.0, HALF)), traced=True)
    expected = "an end by itself, although one of two servers has gone silent"
    subject.expect(run.how == "exit", expected, run)
    arrived(subject, run, POEM)
    seen = "nothing asks the transport to close it"
    subject.expect(run.of(Closing), "the silent connection closed by the client", run, seen)


@lesson(
    "client-thread",
    "thread",
    22,
    ("a poem is waited for in a thread of its own", "每首诗由自己的线程等待"),
    (
        "threading.Thread(target=..., args=...) and start() for each poem, then join() for all",
        "为每首诗 threading.Thread(target=..., args=...) 并 start()，再对所有线程 join()",
    ),
)
def client_thread(subject: Subject) -> None:
    run = traced(subject)
    seen = "all of its code runs in the main thread"
    elsewhere = any(isinstance(event, Enter) and event.thread for event in run.events)
    subject.expect(elsewhere, "code in another thread", run, seen)
    if early := summed_early(run, fetch(subject, *TIMED)):
        seen = f"{short(early.text)!r} is printed while the threads still run"
        subject.expect(False, "what sums up, printed when all threads have ended", run, seen)


def summed_early(run: Run, others: Run) -> Print | None:
    """The last line of the main thread, where it comes to its end before the threads have come to
    theirs, and counts nothing yet: it holds a zero, and is printed once also for `others`, more
    servers."""
    events = run.events
    ends = [at for at, e in enumerate(events) if isinstance(e, Leave) and not e.thread]
    begun = [at for at, e in enumerate(events) if isinstance(e, Enter) and e.by == "thread"]
    last = max((at for at, e in enumerate(events) if e.thread), default=0)
    if not begun or not ends or last < ends[-1]:
        return None
    lines = [e for e in events[begun[-1] : ends[-1]] if isinstance(e, Print) and not e.thread]
    if not lines or not ZERO.search(lines[-1].text):
        return None
    form = DIGITS.sub("0", lines[-1].text)
    once = [DIGITS.sub("0", text) for _, _, text in others.lines].count(form) == 1
    return lines[-1] if once else None


@lesson(
    "client-task",
    "task",
    22,
    ("a poem is awaited in a task of asyncio", "每首诗由一个 asyncio 任务等待"),
    (
        "in an asyncio.TaskGroup, create_task(...) for each poem; await where a thread would block",
        "在 asyncio.TaskGroup 里为每首诗 create_task(...)；线程会阻塞的地方用 await",
    ),
)
def client_task(subject: Subject) -> None:
    run = traced(subject)
    awaited = any(
        isinstance(event, Enter) and event.task and not event.thread for event in run.events
    )
    subject.expect(awaited, "code in a task of asyncio", run, "no coroutine of it is one")
    slept = any(wait.call == "sleep" and not wait.thread for wait in run.of(Wait))
    subject.expect(not slept, "a loop that never stands still", run, "it sleeps in the loop")
