"""What was raised, or given on in a chain, and who handled it: causes in any kind of file."""

import re
from collections.abc import Iterator

from companion.check import slips, source
from companion.check.case import SLIPS, Case, Found, in_line, last
from companion.check.causes import ARGUMENTS, HANDED_NONE, causes_of
from companion.check.subject import short
from companion.event import (
    Enter,
    Fired,
    Leave,
    Pair,
    Paused,
    Ran,
    Reactor,
    Resumed,
    Runs,
    Timer,
    TimerFired,
)
from companion.virtual.run import Run


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
            name = event.function or ""
            where = f" in {name}" if case.is_own(name) else ""
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
    all_raised = case.raised() if not case.real else filter(None, [case.mistake])
    if case.real and unhandled(case):
        return None
    for one in all_raised:
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
    seen = "None" in case.printed.splitlines()
    seen = seen or any("NoneType" in one.value for one in case.raised())
    for fired in case.of(Fired) if seen and not case.real else ():
        if fired.value == "None" and (name := begun.get(fired.deferred)):
            return in_line(
                17,
                left.get(last(name), 0),
                f"{name} gives None as its result: return the poem at its end",
                f"{name} 的结果是 None：最后要 return 诗",
            )
    for gave, took in none_given(case) if not case.real else ():
        name = str(begun.get(gave.deferred) or gave.function)
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
            f" nothing: so the chain goes on with a callback, and {next_one} is given None. Let it"
            " return the poem, if it has one, or else the failure; or add the errback last",
            f"{next_one} 排在 errback {name} 之后，而它接住了错误，什么也没有返回："
            f"链接着走回调，{next_one} 得到的就是 None。"
            "让它返回诗（如果有的话），否则返回错误；或者把 errback 加在最后",
        )
    return None


def taken_before(case: Case) -> Found | None:
    """An errback that takes a failure before the list learns of it, as in the stage it does."""
    joins = {(e.deferred, e.pair) for e in case.of(Pair) if e.joins}
    if not case.real or not joins or not sees_failure(case.real):
        return None
    lines = {(e.deferred, e.pair): e.line or 0 for e in case.of(Pair)}
    for event in case.of(Ran):
        takes = event.side == "errback" and event.how == "returned" and not event.failed
        if takes and any(d == event.deferred and pair > event.pair for d, pair in joins):
            return in_line(
                18,
                lines.get((event.deferred, event.pair), 0),
                "this errback is added before the list is made, and takes the failure: what comes"
                " after it is a success, and the list sees that. Make the list first, then add the"
                " errback",
                "这个 errback 在创建列表之前添加，它接住了错误：之后就算成功，"
                "列表看到的是成功。先创建列表，再添加 errback",
            )
    return None


def sees_failure(run: Run) -> bool:
    """Whether a list learns of a failure."""
    joins = {(event.deferred, event.pair) for event in run.of(Pair) if event.joins}
    return any(e.side == "errback" and (e.deferred, e.pair) in joins for e in run.of(Ran))


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


def handed_none(case: Case) -> Found | None:
    """The result of a function is handed to callLater, in the place of the function."""
    for event in case.of(Timer):
        if event.calls == "NoneType":
            _, part, en, zh = HANDED_NONE
            return in_line(part, event.line or 0, en, zh)
    return None


UNHANDLED = "Unhandled error in Deferred"


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
    driven = {event.deferred: event.generator for event in case.generators}
    for event in case.of(Fired):
        if re.fullmatch(r"D\d+", event.value) and not event.failed:
            if name := driven.get(event.deferred):
                return in_line(
                    17,
                    source.not_yielded(case.source, last(name)),
                    f"{name} gives a Deferred as its result: a yield, or an await, is missing in"
                    " front of what makes it",
                    f"{name} 的结果是一个 Deferred：创建它的地方前面少了 yield 或 await",
                )
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
