"""The one cause: from the events of the first run that failed, what a teacher would say first."""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from companion.check import client_causes, server_causes, slips, source
from companion.check.case import SLIPS, Case, Found, Look, in_line, last
from companion.check.causes import ARGUMENTS, HANDED_NONE, causes_of
from companion.check.demos import lacks
from companion.check.lacking import NOT_CALLED, behind
from companion.check.lesson import own_waits
from companion.check.moments import line_instead
from companion.check.run import Result
from companion.check.subject import Subject, Texts, kind_of, short
from companion.event import (
    Deferred,
    Enter,
    Fired,
    Leave,
    Misuse,
    Pair,
    Paused,
    Print,
    Ran,
    Reactor,
    Read,
    Resumed,
    Runs,
    Timer,
    TimerFired,
    Wait,
)
from companion.render.language import LANGUAGES, translated
from companion.tutorial.stages import load_map

SHOWN_BYTES = re.compile(r"(^|[\s(\[,:])b('[^']{3,}|\"[^\"]{3,})")
# How Python shows what is no result yet, or a result in its wrapping.
WRAPPED = {
    re.compile(r"<Deferred at"): ("a Deferred", "Deferred"),
    re.compile(r"<coroutine object"): ("a coroutine", "协程"),
    re.compile(r"<generator object"): ("a generator", "生成器"),
    re.compile(r"\[\((True|False), "): ("a list of pairs", "由二元组构成的列表"),
    re.compile(r"\((True|False), "): ("a pair", "二元组"),
}


@dataclass(frozen=True)
class Diagnosis:
    """What is behind it, by language, in one sentence; and the part that teaches it."""

    cause: Texts
    part: int


def misspelt(case: Case) -> Found | None:
    """A method that the library would call if it had the right name."""
    for method, name in source.misspelt(case.source):
        if not case.entered[method.name]:
            return in_line(
                5,
                method.lineno,
                f"{method.name} is never called, for Twisted calls {name}: is that what it should"
                " be named?",
                f"{method.name} 从未被调用，因为 Twisted 调用的是 {name}：是不是应该叫这个名字？",
            )
    return None


def named_only(case: Case) -> Found | None:
    """A function that is named, and not called."""
    node = source.not_called(case.source)
    if node is None:
        return None
    words = ast.unparse(node)
    return in_line(
        3,
        node.lineno,
        f"{words} is named and not called: the brackets are missing, {words}(...)",
        f"只写了 {words} 的名字，没有调用：少了括号，{words}(...)",
    )


def raised(case: Case) -> Found | None:
    """An exception that was printed, or logged by the library: its own words, and its line."""
    if not (crash := case.crash):
        return None
    fired_by_timer = "AlreadyCalledError" in crash and case.of(TimerFired)
    words = next((one for one in BEHIND if one in case.printed), "")
    line, what = placed(crash)
    theirs = case.subject.real.crash(case.real) if case.real else ""
    if theirs and kind_of_error(theirs) == kind_of_error(crash):
        return None  # the stage has the same
    for look in (slips.of_none, slips.made_already):
        if found := look(case, line, what):
            return found
    if found := slips.library_name(line, what):
        return found
    if cause := next(causes_of(crash), None) or next(causes_of(words), None):
        part, en, zh = cause
        if "ReactorNotRunning" in crash:
            en, zh = stopped(case)
        if fired_by_timer:
            en = f"{en}, by a timer: cancel it when the poem is there"
            zh = f"{zh}，是定时器触发的：诗到了就要取消定时器"
        return in_line(part, line, f"{en} ({short(what)})", f"{zh}（{short(what)}）")
    if theirs:
        return None  # the stage has one, too
    if UNHANDLED in case.printed and (found := hidden(case) or unhandled(case)):
        return found
    if found := slips.own_name(case, line, what):
        return found
    logged = case.run.how != "exit" or "Unhandled Error" in case.printed
    en = (
        "an exception ended a function, and the library only logged it"
        if logged
        else "it ends with an exception"
    )
    zh = "一个异常结束了函数，库只把它记了下来" if logged else "它以异常结束"
    return in_line(3, line, f"{en}: {short(what)}", f"{zh}：{short(what)}")


# What another exception comes of.
BEHIND = ("UnicodeDecodeError", "assert self.protocol")


def kind_of_error(crash: str) -> str:
    """Which exception it is, without its words."""
    return last(placed(crash)[1].partition(":")[0])


def placed(crash: str) -> tuple[int, str]:
    """The line of an exception, 0 where it is none of the file's, and its words."""
    if found := re.match(r"line (\d+): ", crash):
        return int(found[1]), crash[found.end() :]
    return 0, crash


def stopped(case: Case) -> tuple[str, str]:
    """Whether the reactor is stopped before it runs, or once more."""
    if case.of(Reactor):
        return (
            "the reactor is stopped a second time: count what is to come, and stop it at the last",
            "reactor 被停了第二次：要数一数还有几个要来，到最后一个再停",
        )
    return (
        "the reactor is stopped before it runs: something calls at once what should be called"
        " later, out of run()",
        "reactor 还没运行就被停止：有代码立刻调用了本该以后由 run() 来调用的函数",
    )


def unhandled(case: Case) -> Found | None:
    """A failure that the last pair of a chain left behind."""
    latest: dict[int, Ran | Fired | Paused | Resumed] = {}
    waits: set[int] = set()
    for event in case.run.events:
        if not isinstance(event, Ran | Fired | Paused | Resumed):
            continue
        if isinstance(event, Paused):
            waits.add(event.deferred)
        else:  # a generator's Deferred is not resumed: it fires
            waits.discard(event.deferred)
        latest[event.deferred] = event
    handed_on = {event.on for event in case.of(Paused)}
    lines = {one.value: one.line for one in case.raised()}
    for number, event in latest.items():
        if isinstance(event, Paused | Resumed) or not event.failed:
            continue
        if number not in handed_on | waits:
            value = event.gave if isinstance(event, Ran) else event.value
            name = event.function
            where = f" in {name}" if name else ""
            line = lines.get(value, getattr(event, "line", None) or 0)
            if cause := next(causes_of(value), None):
                part, en, zh = cause
                return in_line(
                    part,
                    line,
                    f"{en} ({value}{where}), and no errback is behind it",
                    f"{zh}（{value}{where}），后面也没有 errback",
                )
            return in_line(
                9,
                line,
                f"a Deferred ends with {value}{where}, and no errback handles it",
                f"Deferred 以 {value}{where} 结束，没有 errback 处理它",
            )
    return None


def hidden(case: Case) -> Found | None:
    """An exception of its own that the next errback took, so that nobody saw it."""
    if case.real:
        return None
    for one in case.raised():
        if one.function == "None":
            _, part, en, zh = HANDED_NONE
            return in_line(part, one.added, en, zh)
        if SLIPS.match(one.value):
            _, en, zh = next(causes_of(one.value), None) or meant(case, one.value)
            return in_line(
                9,
                one.line or one.added,
                f"{one.function} raises {one.value}, and the next errback of the chain takes it, so"
                f" that nobody sees it{': ' + en if en else ''}",
                f"{one.function} 抛出 {one.value}，被链上的下一个 errback 接住，谁也没有看到"
                f"{'：' + zh if zh else ''}",
            )
    return None


def meant(case: Case, what: str) -> Found:
    """What is meant where a name is unknown; no words where nobody can say."""
    return slips.library_name(0, what) or slips.own_name(case, 0, what) or (0, "", "")


NOTHING = re.compile("NoneType|Data must")


def none_given(case: Case) -> Iterator[tuple[Ran, Runs]]:
    """Where a handler of a chain returns nothing and the next is given None: both their events.

    Where that does not fail at once, None is to be seen, and the next is one that a poem is for: it
    is no function for both sides, and behind an errback it has been given a poem before.
    """
    shown = any(line.strip() == "None" for _, _, line in case.run.lines)
    both = {
        (event.deferred, event.pair) for event in case.of(Pair) if event.callback == event.errback
    }
    given = {e.function for e in case.of(Runs) if e.took != "None"}
    gave: Ran | None = None
    took: Runs | None = None
    for event in case.run.events:
        if isinstance(event, Runs):
            took = event if event.took == "None" and gave is not None else None
            continue
        if not isinstance(event, Ran):
            continue
        if took is not None and gave is not None:
            fails = event.failed and NOTHING.search(str(event.gave))
            poem_before = took.function in given
            seen = shown if gave.side == "callback" else shown and poem_before
            seen = seen or ("NoneType" in case.crash and poem_before)
            if fails or (seen and (took.deferred, took.pair) not in both):
                yield gave, took
        silent = event.gave == "None" and event.took != "None"
        gave = event if silent and event.function else None


def gives_none(case: Case) -> Found | None:
    """A handler that returns nothing, so that the next is given None for the poem."""
    begun = {event.deferred: event.generator for event in case.generators}
    left = {last(event.function): event.line for event in case.of(Leave)}
    for gave, took in none_given(case) if not case.real else ():
        name = str(begun.get(gave.deferred, gave.function))
        next_one = took.function
        if gave.side == "errback":
            continue
        return in_line(
            9,
            left.get(last(name), 0),
            f"{name} returns nothing, so the next in the chain, {next_one}, is given None:"
            " return the poem, or the Deferred that it comes from",
            f"{name} 什么也没有返回，链上的下一个 {next_one} 得到的就是 None："
            "要返回诗，或者返回会给出诗的 Deferred",
        )
    return None


def behind_an_errback(case: Case) -> Found | None:
    """An errback that returns nothing, before a callback in the chain."""
    for gave, took in none_given(case) if not case.real else ():
        if gave.side != "errback":
            continue
        name, next_one = gave.function, took.function
        place = took.deferred, took.pair
        pairs = (e for e in case.of(Pair) if (e.deferred, e.pair) == place)
        return in_line(
            9,
            next(((event.line or 0) for event in pairs), 0),
            f"{next_one} comes behind {name}, an errback, which takes the failure and returns"
            f" nothing: so the chain goes on with a callback, and {next_one} is given None. Add the"
            " errback last, or both in one addCallbacks",
            f"{next_one} 排在 errback {name} 之后，而它接住了错误，什么也没有返回："
            f"链接着走回调，{next_one} 得到的就是 None。把 errback 加在最后，"
            "或者用一个 addCallbacks 同时加上两者",
        )
    return None


def wrong_arguments(case: Case) -> Found | None:
    """A handler that was called, raised a TypeError, and was never entered."""
    pattern, part, en, zh = ARGUMENTS
    runs: Runs | None = None
    for event in case.run.events:
        if isinstance(event, Runs):
            runs = event
        elif isinstance(event, Enter):
            runs = None
        elif isinstance(event, Ran) and runs is not None:
            if re.search(pattern, event.gave):
                name = str(event.function)
                line = next((f.lineno for f in case.source.functions if f.name == name), 0)
                return in_line(part, line, f"{name}: {en}", f"{name}：{zh}")
            runs = None
    return None


def line_printing(case: Case, pattern: re.Pattern[str]) -> int:
    """The line that prints this first; 0 where it is not known."""
    shown = (event for event in case.of(Print) if pattern.search(event.text))
    return next((event.line or 0 for event in shown), 0)


def nothing_yet(case: Case) -> Found | None:
    """None is printed before anything has come."""
    if case.stage.kind != "client":
        return None
    for event in case.of(Print, Read, Fired):
        if not isinstance(event, Print):
            return None
        if isinstance(event, Print) and event.text.strip() == "None":
            return in_line(
                6,
                event.line or 0,
                "None is printed, for nothing has come yet: what starts a download returns at once,"
                " and the poem comes later, to a callback",
                "打印的是 None，因为什么都还没到：启动下载的函数立刻返回，诗以后才到，交给回调",
            )
    return None


def bytes_shown(case: Case) -> Found | None:
    """It prints b'...' where the stage prints text."""
    if case.stage.kind in ("server", "proxy") or not case.shows(SHOWN_BYTES):
        return None
    return in_line(
        5,
        line_printing(case, SHOWN_BYTES),
        "a bytes object is shown as if it were text (b'...'): decode it, once, when the poem is"
        " whole",
        "把字节对象当成文本显示（b'...'）：整首诗到齐以后解码一次",
    )


def bytes_counted(case: Case) -> Found | None:
    """The size of how Python shows a poem's bytes, b'...', in the place of the poem's."""
    if "counts" not in case.stage.traits or not case.expected.startswith("the size"):
        return None
    shown = {len(str(poem)) for poem in case.poems}
    if shown & {int(word) for word in re.findall(r"\b\d{1,6}\b", case.run.stdout)}:
        return (
            5,
            "the size is that of b'...', as Python shows bytes: count the bytes themselves",
            "算出的是 b'...' 这种显示形式的长度：应该数字节本身",
        )
    return None


def wrapped(case: Case) -> Found | None:
    """It prints what a result comes in, in the place of the result."""
    driven = {event.generator for event in case.generators}
    for pattern, (en, zh) in WRAPPED.items():
        if not case.shows(pattern):
            continue
        line = line_printing(case, pattern)
        if "pair" in en:
            return in_line(
                18,
                line,
                f"{en} is printed: a DeferredList gives (success, result) for each of its"
                " Deferreds, and the result is the second",
                f"打印的是{zh}：DeferredList 为每个 Deferred 给出（成功与否，结果），"
                "结果是其中的第二个",
            )
        within = next((e for e in case.of(Print) if pattern.search(e.text)), None)
        if within and within.function in driven:
            return in_line(
                17,
                line,
                f"{en} is printed, for its result is not there yet: a yield, or an await, is"
                " missing in front of what makes it",
                f"打印的是{zh}，因为结果还没到：创建它的地方前面少了 yield 或 await",
            )
        return in_line(
            8,
            line,
            f"{en} is printed in the place of its result, which comes later, to a callback",
            f"打印的是{zh}，而不是它的结果：结果以后才到，交给回调",
        )
    return None


def not_awaited(case: Case) -> Found | None:
    """A generator that is driven by a Deferred, and gives another Deferred as its result."""
    driven = {event.generator for event in case.generators}
    for event in case.of(Leave):
        if event.function not in driven or event.how != "returned":
            continue
        if re.fullmatch(r"D\d+", event.value):
            return in_line(
                17,
                event.line,
                f"{event.function} returns {event.value}, not there yet: a yield, or an"
                " await, is missing in front of what makes it",
                f"{event.function} 返回了还没到的 {event.value}：创建它的地方前面少了"
                " yield 或 await",
            )
    return None


def no_protocol(case: Case) -> Found | None:
    """A buildProtocol that returns nothing."""
    for event in case.of(Leave):
        name = last(event.function)
        if (name, event.value, event.how) == ("buildProtocol", "None", "returned"):
            return in_line(
                5,
                event.line,
                "buildProtocol returns None, and so the connection is dropped: return the Protocol"
                " that it has made",
                "buildProtocol 返回了 None，连接就被丢弃：要返回它创建的 Protocol",
            )
    return None


def told_more(case: Case) -> Found | None:
    """A doRead that returns what is no reason for an end."""
    for event in case.of(Leave):
        ends = re.search("None|Connection|Failure|Error", event.value)
        if (last(event.function), event.how) == ("doRead", "returned") and not ends:
            return in_line(
                4,
                event.line,
                "doRead returns what the reactor takes for the reason of an end: None goes on, and"
                " main.CONNECTION_DONE, or CONNECTION_LOST, ends it",
                "doRead 的返回值会被 reactor 当成结束的原因：None 表示继续，"
                "main.CONNECTION_DONE 或 CONNECTION_LOST 表示结束",
            )
    return None


def other_world(case: Case) -> Found | None:
    """A program without Twisted, where the reactor is asked for."""
    if "reactor" not in case.stage.lesson or b"twisted" in case.source.text:
        return None
    looks = ("blocking-client", "阻塞的客户端")
    for word, name in (
        (b"asyncio", "asyncio-client"),
        (b"thread", "threaded-client"),
        (b"select", "async-client"),
    ):
        if word in case.source.text:
            looks = (name, name)
            break
    if case.stage.kind != "client":
        looks = ("slow-server", "slow-server")
    return (
        3,
        f"this looks like {looks[0]}: there is no Twisted in it, so no reactor runs it",
        f"这看起来是{looks[1]}：里面没有 Twisted，所以不是由 reactor 运行的",
    )


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


def on_one_result(case: Case) -> Found | None:
    """A list that fires at the first result."""
    return on_one(case, "fireOnOneCallback", "result", "结果")


def on_one_failure(case: Case) -> Found | None:
    """A list that fails at the first failure."""
    return on_one(case, "fireOnOneErrback", "failure", "错误")


def on_one(case: Case, option: str, what: str, zh_what: str) -> Found | None:
    """A list that does not wait for all of its Deferreds."""
    for call in case.source.calls("DeferredList"):
        if any(word.arg == option for word in call.keywords):
            return in_line(
                18,
                call.lineno,
                f"with {option} the list fires at the first {what}, with that alone, and waits for"
                " no other",
                f"用 {option} 时，列表在第一个{zh_what}到来时就触发，只带着它，不等其他的",
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


def handed_none(case: Case) -> Found | None:
    """The result of a function is handed to callLater, in the place of the function."""
    for event in case.of(Timer):
        if event.calls == "NoneType":
            _, part, en, zh = HANDED_NONE
            return in_line(part, event.line or 0, en, zh)
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


UNHANDLED = "Unhandled error in Deferred"
STUCK_IN = re.compile(r"in (?P<code>\S.*?) at [^:]*:(?P<line>\d+)")


def stuck(case: Case) -> Found | None:
    """What never ends, or never waits."""
    line = source.spread_list(case.source)
    if line or "yield self at defer.py" in case.happened:  # a Deferred gives itself for ever
        return in_line(
            18,
            line,
            "a Deferred is used as if it were a list: DeferredList takes one list,"
            " DeferredList([d1, d2])",
            "把 Deferred 当成了列表：DeferredList 只接受一个列表，DeferredList([d1, d2])",
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
    return client_causes.unread(case) if case.stage.kind == "client" else None


def never_run(case: Case) -> Found | None:
    """The reactor is imported, and never runs."""
    wanted = "reactor" in case.stage.lesson or (
        case.real and any(isinstance(event, Reactor) for event in case.real.events)
    )
    imported = re.search(rb"import.*\breactor\b", case.subject.file.read_bytes())
    return behind("the reactor runs") if wanted and imported and not case.of(Reactor) else None


def data_taken(case: Case) -> Found | None:
    """A dataReceived of its own, where the library's takes the data apart."""
    for owner in case.source.classes:
        above = [source.named(base) for base in owner.bases]
        own = (one for one in owner.body if isinstance(one, source.FUNCTIONS))
        method = next((one for one in own if one.name == "dataReceived"), None)
        wanted = next((RECEIVES[name] for name in above if name in RECEIVES), "")
        if method is None or not wanted or case.entered[wanted]:
            continue
        return in_line(
            12,
            method.lineno,
            f"this dataReceived takes the place of that of {above[0]}, which would call {wanted}:"
            f" leave it out, or call {above[0]}.dataReceived(self, data) in it",
            f"这个 dataReceived 取代了 {above[0]} 的，{wanted} 就不会被调用："
            f"去掉它，或者在里面调用 {above[0]}.dataReceived(self, data)",
        )
    return None


RECEIVES = {
    "LineReceiver": "lineReceived",
    "LineOnlyReceiver": "lineReceived",
    "NetstringReceiver": "stringReceived",
}


def one_for_all(case: Case) -> Found | None:
    """One Deferred for all downloads."""
    line = source.common_deferred(case.source) if len(case.servers) > 1 else 0
    if not line or case.stage.kind != "client":
        return None
    return in_line(
        8,
        line,
        "this Deferred is made once, and all downloads share it, though it fires once: make one for"
        " each, in the function that begins a download, or in __init__",
        "这个 Deferred 只创建一次，由所有下载共用，而它只触发一次："
        "在启动下载的函数里，或者在 __init__ 里，为每个下载创建一个",
    )


def fired_with_one(case: Case) -> Found | None:
    """A Deferred that is fired with a Deferred, which is no result."""
    for event in case.of(Fired):
        if re.fullmatch(r"D\d+", event.value) and not event.failed:
            return in_line(
                14,
                (event.line or 0),
                "a Deferred is fired with another Deferred as its result: callback(result), or"
                " succeed(result), wants the result itself; a callback may return a Deferred",
                "用另一个 Deferred 当作结果来触发 Deferred：callback(结果) 或 succeed(结果)"
                " 要的是结果本身；回调可以返回 Deferred",
            )
    return None


def not_consumed(case: Case) -> Found | None:
    """A failure that a list of Deferreds has seen, and handed on."""
    if case.real or UNHANDLED not in case.printed:
        return None
    for event in case.of(Ran):
        if str(event.function).endswith("_cbDeferred") and event.failed:
            return in_line(
                18,
                case.source.line("DeferredList", "gatherResults"),
                f"the list sees that one of its Deferreds fails, with {event.gave}, and leaves"
                " the failure in it: consumeErrors=True, or an errback on each, handles it",
                f"列表看到其中一个 Deferred 以 {event.gave} 失败，但错误还留在里面："
                "用 consumeErrors=True，或者给每个加 errback 来处理",
            )
    return None


def lacking(case: Case) -> Found | None:
    """What a demonstration lacks of what happens in the stage; or it ends otherwise."""
    if case.real is None:
        return None
    for run, found in lacks(case.subject):
        called = behind(found.moment, found.before)
        if unfired := never_fired(case) if "Deferred fires" in found.moment else None:
            return unfired
        if found.late and called is not NOT_CALLED:
            return (
                case.stage.part,
                f"all of it happens, but in another order: {found.moment} too late or too early",
                f"都发生了，但顺序不同：{translated('zh', found.moment)}，太早或太晚",
            )
        return called and in_line(called[0], line_instead(run, found), *called[1:])
    if case.real.how == "waits for ever" and case.run.how == "exit":
        return (
            3,
            "it ends by itself, and the stage waits until Ctrl-C: something stops the reactor",
            "它自己就结束了，而阶段会一直等到 Ctrl-C：有代码停止了 reactor",
        )
    return None


# What leads to a cause by itself, whatever the check asked for; then what has not come.
ALWAYS: tuple[Look, ...] = (
    other_world,
    iterates,
    own_loop,
    from_a_thread,
    slips.called_at_once,
    slips.without_self,
    slips.argv,
    on_one_result,
    slips.text_delimiter,
    data_taken,
    wrong_arguments,
    misspelt,
    named_only,
    one_for_all,
    behind_an_errback,
    not_awaited,
    fired_with_one,
    no_protocol,
    told_more,
)
SHOWN: tuple[Look, ...] = (nothing_yet, bytes_shown, bytes_counted, wrapped, handed_none)
EXCEPTIONS: tuple[Look, ...] = (
    gives_none,
    on_one_failure,
    not_consumed,
    raised,
    never_begun,
    never_run,
    hidden,
    unhandled,
)
WAITS: tuple[Look, ...] = (blocked, slept, goes_on, never_fires, never_stopped)
OF_KIND = {
    "client": (client_causes.FIRST, client_causes.LATER),
    "server": (server_causes.FIRST, server_causes.LATER),
}


def looks_of(case: Case, group: str) -> tuple[Look, ...]:
    """Where to look for the cause of what failed in a group of checks, the surest signs first."""
    if group == "lesson":  # for all has come, and how it did is what is missing
        return (*ALWAYS, *SHOWN, raised, never_begun, never_run, for_each_piece)
    if group == "exercise":  # which may ask for what the stage that it starts from has otherwise
        return (*ALWAYS, bytes_shown, wrapped, handed_none, raised, never_begun, unhandled, *WAITS)
    if kind_of(case.stage) == "demo":
        return (*ALWAYS, *SHOWN, *EXCEPTIONS, *WAITS, lacking)
    first, later = OF_KIND["client" if case.stage.kind == "client" else "server"]
    return (*ALWAYS, *first, *SHOWN, *EXCEPTIONS, *WAITS, *later)


def for_each_piece(case: Case) -> Found | None:
    """The callback gets what has come so far, again and again."""
    if "times for one poem" not in case.happened:
        return None
    name = case.happened.partition(" ")[0]
    line = next((e.at or 0 for e in case.of(Enter) if e.function == name), 0)
    return in_line(
        6,
        line,
        f"{name} is called for each piece: call it once, with the whole poem, when the connection"
        " is lost",
        f"每来一块就调用一次 {name}：应该在连接断开时，带着整首诗只调用一次",
    )


def earlier_stage(subject: Subject, missing: str, happened: str) -> Found | None:
    """The stage that the file looks like, where all that is wrong with it is its lesson."""
    stage, stages = subject.stage, load_map().by_id
    while stage.after:
        stage = stages[stage.after]
        if missing not in stage.lesson:
            en = f"this looks like {stage.id}: {happened}"
            return subject.stage.part, en, f"这看起来是 {stage.id}：{translated('zh', happened)}"
    return None


def diagnose(subject: Subject, failed: Sequence[Result]) -> Diagnosis | None:
    """What is behind the first of these results; None where nobody can say."""
    first = failed[0]
    if first.uncovered:
        subject = subject.in_real_time
    if first.check.key == "client-refused":  # in which an earlier stage may fail, too
        first = next((one for one in failed if one.check.group == "lesson"), first)
    group, key = first.check.group, first.check.key
    scenario = first.scenario if first.left_out else replace(first.scenario, traced=True)
    run = subject.runs[scenario] if first.left_out else subject.play(scenario)
    case = Case(subject, run, scenario.servers or (), key, first.expected, first.happened)
    if first.left_out:
        return diagnosed(subject, stuck(case))
    found = next(filter(None, (look(case) for look in looks_of(case, group))), None)
    if found is None and group == "lesson":
        found = earlier_stage(subject, key.partition("-")[2], first.happened)
    return diagnosed(subject, found)


def diagnosed(subject: Subject, found: Found | None) -> Diagnosis | None:
    """What was found as a diagnosis; its part is the stage's where it names none."""
    if found is None:
        return None
    part, *texts = found
    return Diagnosis(dict(zip(LANGUAGES, texts, strict=True)), part or subject.stage.part)
