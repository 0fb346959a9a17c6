"""Who waits for ever, or keeps all others from their turn: causes in any kind of file."""

import ast
import re

from companion.check import client_data, server_causes, source
from companion.check.case import Case, Found, in_line, last
from companion.check.lacking import behind
from companion.check.lesson import own_waits
from companion.event import Deferred, Enter, Fired, Leave, Misuse, Ran, Reactor, Resumed, Wait


def blocked(case: Case) -> Found | None:
    """A wait of its own in a turn of the reactor's."""
    if case.real and any(event.by == "stage" for event in case.real.of(Wait)):
        return None  # which is what the stage shows
    stack: list[Enter] = []
    in_turn = False
    for event in case.run.events:
        if isinstance(event, Enter):
            stack.append(event)
            in_turn = in_turn or event.by == "reactor"
        elif isinstance(event, Leave) and stack:
            in_turn = stack.pop().by != "reactor" and in_turn
        elif isinstance(event, Wait) and event.by == "stage" and in_turn and stack:
            if event.until is None or event.until - event.t < 0.05:
                continue
            where, seconds = stack[-1], event.until - event.t
            return (
                3,
                f"line {where.line}, {where.function}: {event.call} blocks the reactor for"
                f" {seconds:.1f} s, and nothing else runs meanwhile: use reactor.callLater",
                f"第 {where.line} 行，{where.function}：{event.call} 让 reactor 停了"
                f" {seconds:.1f} 秒，其间什么都不能运行：改用 reactor.callLater",
            )
    return None


def slept(case: Case) -> Found | None:
    """A sleep of its own, where nothing is to stand still."""
    if "slow" in case.stage.traits or "thread" in case.stage.lesson:
        return None
    theirs = case.real.events if case.real else ()
    if any(isinstance(event, Wait) and event.call == "sleep" for event in theirs):
        return None
    for event in case.of(Wait):
        if event.call == "sleep" and event.by == "stage" and event.until:
            return in_line(
                3,
                (event.line or 0),
                f"sleep stands still for {event.until - event.t:.1f} s, and nothing else runs"
                " meanwhile: ask to be called later, with callLater, or await a sleep",
                f"sleep 停了 {event.until - event.t:.1f} 秒，其间什么都不能运行："
                "用 callLater 请求以后再被调用，或者 await 一个 sleep",
            )
    return None


def goes_on(case: Case) -> Found | None:
    """A LoopingCall that nothing stops."""
    line = case.source.line("LoopingCall")
    stops = {ast.unparse(call.func) for call in case.source.calls("stop")}
    if not line or case.run.how == "exit" or stops - {"reactor.stop"}:
        return None
    return in_line(
        3,
        line,
        "this LoopingCall goes on until its stop() is called, and nothing calls that",
        "这个 LoopingCall 会一直运行，直到调用它的 stop()，而没有代码调用",
    )


def iterates(case: Case) -> Found | None:
    """It turns the reactor by hand."""
    line = case.source.line("iterate")
    if not line:
        return None
    return in_line(
        3,
        line,
        "reactor.iterate() in a loop of its own never waits: reactor.run() is the loop, and a"
        " callback goes on when something is there",
        "在自己的循环里调用 reactor.iterate() 从不等待：循环就是 reactor.run()，等到了再由回调继续",
    )


def own_loop(case: Case) -> Found | None:
    """It waits in a loop of its own, where the reactor is to wait."""
    wait = next(own_waits(case.run), None)
    if wait is None or "reactor" not in case.stage.lesson:
        return None
    return (
        3,
        f"this looks like an earlier stage: it waits in {wait.call} itself, not the reactor",
        f"这看起来是更早的阶段：它自己在 {wait.call} 中等待，而这应该由 reactor 来做",
    )


def never_fires(case: Case) -> Found | None:
    """A Deferred that the stage made and that nobody fires, while all waits."""
    return None if case.run.how == "exit" else never_fired(case)


def never_fired(case: Case) -> Found | None:
    """A Deferred that the file made and that nobody fires."""
    fired = {one.deferred for one in case.run.events if isinstance(one, Fired | Resumed | Ran)}
    for event in case.of(Deferred):
        if event.deferred not in fired and event.line and not event.generator:
            return in_line(
                7,
                event.line,
                "the Deferred that is made here never fires, and all that is added to it waits",
                "这里创建的 Deferred 从未被触发，加在它上面的函数一直等着",
            )
    return None


def never_stopped(case: Case) -> Found | None:
    """All has come, and it waits on."""
    if case.run.how == "waits for ever" and case.real and case.real.how == "exit":
        return (
            3,
            "nothing stops the reactor, and it waits for ever",
            "没有代码停止 reactor，它会永远等下去",
        )
    return None


def from_a_thread(case: Case) -> Found | None:
    """It calls the transport in another thread."""
    threads = case.real and [e for e in case.of(Enter) if e.thread]
    if threads and not any(e.thread for e in case.real.events):  # type: ignore[union-attr]
        name = threads[0].function
        return (
            3,
            f"{name} runs in another thread, where nothing of Twisted may be called:"
            " reactor.callLater needs no thread",
            f"{name} 在另一个线程中运行，那里不能调用 Twisted 的任何东西："
            "用 reactor.callLater 就不需要线程",
        )
    fired = next((e for e in case.of(Fired) if e.thread), None)
    if fired and not case.real:
        made = {event.deferred: event.line or 0 for event in case.of(Deferred)}
        return in_line(
            3,
            (fired.line or 0) or made.get(fired.deferred, 0),
            "this Deferred is fired in another thread, and its callbacks run there:"
            " reactor.callFromThread hands the call over to the reactor's",
            "这个 Deferred 在另一个线程中触发，它的回调也在那里运行："
            "用 reactor.callFromThread 交给 reactor 的线程",
        )
    stops = case.source.line("stop")
    name = case.source.around(stops)
    for event in case.of(Enter):
        if name and last(event.function) == name and event.thread and not case.real:
            return in_line(
                3,
                stops,
                "reactor.stop is called in another thread, and the reactor does not hear of it:"
                " reactor.callFromThread(reactor.stop)",
                "reactor.stop 在另一个线程中调用，reactor 并不知道："
                "用 reactor.callFromThread(reactor.stop)",
            )
    for misuse in case.of(Misuse):
        line = misuse.line
        where, there = (f"line {line}: ", f"第 {line} 行：") if line else ("", "")
        return (
            3,
            f"{where}{misuse.calls} is called in another thread, where nothing of Twisted may be"
            " called: hand it over with reactor.callFromThread",
            f"{there}{misuse.calls} 在另一个线程中调用，那里不能调用 Twisted 的任何东西："
            "用 reactor.callFromThread 交给 reactor 的线程",
        )
    return None


def never_begun(case: Case) -> Found | None:
    """A generator or a coroutine that is made, and that nobody runs."""
    twisted = b"twisted" in case.source.text
    if found := re.search(r"coroutine '([\w.<>]+)' was never awaited", case.printed):
        starts = "defer.ensureDeferred" if twisted else "asyncio.run"
        return (
            17,
            f"{found[1]} is a coroutine: to call it only makes it, and nobody runs it:"
            f" {starts}({found[1]}()) does, or an await in another coroutine",
            f"{found[1]} 是协程：调用它只是创建它，没有谁来运行：要用"
            f" {starts}({found[1]}())，或者在另一个协程里 await",
        )
    # One that is thrown away is entered once more, in its first line.
    begun = {(e.function.rpartition(".")[2], e.line) for e in case.of(Leave)}
    for node in ast.walk(ast.parse(case.subject.file.read_bytes())):
        if not isinstance(node, ast.FunctionDef) or node.decorator_list:
            continue
        if any(name == node.name and line != node.lineno for name, line in begun):
            continue
        own = [one for part in node.body for one in ast.walk(part)]
        nested = {
            id(inner)
            for one in own
            if isinstance(one, ast.FunctionDef | ast.Lambda)
            for inner in ast.walk(one)
        }
        if any(isinstance(one, ast.Yield) and id(one) not in nested for one in own):
            if not twisted:
                return in_line(
                    17,
                    node.lineno,
                    f"{node.name} has a yield in it: to call it only makes a generator, which runs"
                    " when it is asked for a value, by a for loop or next()",
                    f"{node.name} 里有 yield：调用它只是创建生成器，要用 for 循环或 next()"
                    " 向它要值，它才会运行",
                )
            return (
                17,
                f"{node.name} (line {node.lineno}) has a yield in it: to call it only makes a"
                " generator, and nobody runs that: @inlineCallbacks above it does",
                f"{node.name}（第 {node.lineno} 行）里有 yield：调用它只是创建生成器，"
                "没有谁来运行：在它上方写 @inlineCallbacks",
            )
    return None


def by_hand(case: Case) -> Found | None:
    """A generator that the file goes through itself, and that waits for Deferreds in the stage."""
    theirs = case.real.of(Deferred) if case.real else ()
    if case.generators or not any(event.generator for event in theirs):
        return None
    for event in case.of(Enter):
        left = (e for e in case.of(Leave) if e.call == event.call and e.how == "yielded")
        if event.resumed or not any(left):
            continue
        return in_line(
            17,
            event.at or event.line,
            f"{event.function} is gone through here by hand, and nothing waits for the Deferreds"
            " that it yields: @inlineCallbacks above it does, and then it is only called",
            f"这里自己遍历 {event.function}，没有谁等待它 yield 出来的 Deferred："
            "在它上方写 @inlineCallbacks，然后只要调用它",
        )
    return None


STUCK_IN = re.compile(r"in (?P<code>\S.*?) at [^:]*:(?P<line>\d+)")


def stuck(case: Case) -> Found | None:
    """What never ends, or never waits."""
    line = source.spread_list(case.source)
    if found := re.search(r"yield self at defer.py:\d+, from [^:]*:(\d+)", case.happened):
        line = line or int(found[1])
    if line or found:  # a Deferred gives itself for ever
        return in_line(
            18,
            line,
            "a Deferred is used as if it were a list: it has one result, for a callback, a yield or"
            " an await; and DeferredList takes one list, DeferredList([d1, d2])",
            "把 Deferred 当成了列表：它只有一个结果，由回调、yield 或 await 得到；"
            "DeferredList 只接受一个列表，DeferredList([d1, d2])",
        )
    if case.stage.kind == "server" and (once := server_causes.one_accept(case)):
        return once
    if found := STUCK_IN.search(case.happened):
        return in_line(
            3,
            int(found["line"]),
            f"{found['code']} goes on without end, and nothing else runs meanwhile, not even what"
            " it waits for: return, and let the reactor call you when it is there",
            f"{found['code']} 没有尽头，其间什么都不能运行，包括它所等的东西："
            "返回，等到了再由 reactor 来调用你",
        )
    return client_data.unread(case) if case.stage.kind == "client" else None


def never_run(case: Case) -> Found | None:
    """The reactor is imported, and never runs."""
    wanted = "reactor" in case.stage.lesson or (
        case.real and any(isinstance(event, Reactor) for event in case.real.events)
    )
    imported = re.search(rb"import.*\breactor\b", case.subject.file.read_bytes())
    return behind("the reactor runs") if wanted and imported and not case.of(Reactor) else None
