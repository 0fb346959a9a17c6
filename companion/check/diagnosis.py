"""The one cause: from the events of the first run that failed, what a teacher would say first."""

import ast
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from companion.check import client_causes, server_causes, slips, source
from companion.check.case import Case, Found, Look, in_line, last
from companion.check.demos import lacks
from companion.check.failures import (
    behind_an_errback,
    fired_with_one,
    gives_none,
    handed_none,
    hidden,
    not_consumed,
    on_one_failure,
    on_one_result,
    one_for_all,
    raised,
    taken_before,
    unhandled,
    wrong_arguments,
)
from companion.check.lacking import NOT_CALLED, behind
from companion.check.moments import LOGGED, line_instead
from companion.check.run import Result
from companion.check.shown import bytes_counted, bytes_shown, not_awaited, nothing_yet, wrapped
from companion.check.subject import Stuck, Subject, Texts, kind_of
from companion.check.waits import (
    blocked,
    by_hand,
    from_a_thread,
    goes_on,
    iterates,
    never_begun,
    never_fired,
    never_fires,
    never_run,
    never_stopped,
    own_loop,
    slept,
    stuck,
)
from companion.event import Enter, Leave, Print
from companion.render.language import LANGUAGES, translated
from companion.tutorial.stages import load_map


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


def kept_nowhere(case: Case) -> Found | None:
    """A value that is computed in a line of its own, where it should be kept."""
    node = source.computed_only(case.source)
    if node is None:
        return None
    words = ast.unparse(node)
    meant = words.replace("==", "=") if isinstance(node.value, ast.Compare) else ""
    if isinstance(node.value, ast.BinOp):
        sign = "+" if isinstance(node.value.op, ast.Add) else "-"
        meant = f"{ast.unparse(node.value.left)} {sign}= {ast.unparse(node.value.right)}"
    return in_line(
        3,
        node.lineno,
        f"{words} is computed and kept nowhere: is {meant} what is meant?",
        f"{words} 算出来却没有存到哪里：是不是 {meant}？",
    )


def no_failure(case: Case) -> Found | None:
    """An errback that asks whether what it is given is an exception."""
    call = source.tested_failure(case.source)
    if call is None:
        return None
    name, error = (ast.unparse(word) for word in call.args)
    return in_line(
        10,
        call.lineno,
        f"{name} is a Failure, which holds the exception, and so never {error} itself:"
        f" {name}.check({error}), or {name}.trap({error})",
        f"{name} 是 Failure，异常在它里面，所以它从来不是 {error}："
        f"用 {name}.check({error}) 或 {name}.trap({error})",
    )


def other_loop(case: Case) -> Found | None:
    """A loop that is run where another is at work: asyncio's beside the reactor, or twistd's."""
    lines = [call.lineno for call in case.source.calls("run") if is_of(call, "asyncio")]
    if lines and "reactor" in case.stage.lesson and b"asyncioreactor" not in case.source.text:
        return in_line(
            17,
            lines[0],
            "asyncio.run runs a loop of asyncio's own, in which no Deferred fires:"
            " Deferred.fromCoroutine(...), and reactor.run()",
            "asyncio.run 运行的是 asyncio 自己的循环，Deferred 不会在那里触发："
            "用 Deferred.fromCoroutine(...) 和 reactor.run()",
        )
    lines = [call.lineno for call in case.source.calls("run") if is_of(call, "reactor")]
    if lines and case.stage.kind == "server" and case.stage.part == 16:
        return in_line(
            16,
            lines[0],
            "twistd runs the reactor, once it has loaded this file: no reactor.run() in it",
            "twistd 加载这个文件以后会运行 reactor：文件里不要 reactor.run()",
        )
    return None


def is_of(call: ast.Call, name: str) -> bool:
    """Whether a call is that of a method of what has this name."""
    return isinstance(call.func, ast.Attribute) and source.named(call.func.value) == name


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


def no_log(case: Case) -> Found | None:
    """A log that nobody has started: what is raised is not the cause, where it is to be logged."""
    if case.real is None or case.run.status != case.real.status:
        return None
    first = next((found.moment for _, found in lacks(case.subject)), "")
    return behind(first) if first == LOGGED else None


# What leads to a cause by itself, whatever the check asked for; then what has not come.
ALWAYS: tuple[Look, ...] = (
    other_world,
    other_loop,
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
    kept_nowhere,
    no_failure,
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
        return (*ALWAYS, *SHOWN, raised, never_begun, never_run, slept, for_each_piece, not_joined)
    if group == "exercise":  # which may ask for what the stage that it starts from has otherwise
        return (*ALWAYS, bytes_shown, wrapped, handed_none, raised, never_begun, unhandled, *WAITS)
    if kind_of(case.stage) == "demo":
        return (*ALWAYS, by_hand, *SHOWN, no_log, *EXCEPTIONS, *WAITS, taken_before, lacking)
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


def not_joined(case: Case) -> Found | None:
    """What sums up comes before the threads have ended."""
    if case.check != "client-thread" or "still run" not in case.happened:
        return None
    lines = [event.line or 0 for event in case.of(Print) if not event.thread]
    return in_line(
        22,
        lines[-1],
        "this is printed while the threads still run, since nothing waits for them: join() does,"
        " for each, before the sum is made",
        "这一行打印时，线程还在运行，因为没有代码等它们：求和之前，对每个线程调用 join()",
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
    if not first.left_out:
        with suppress(Stuck):  # traced, it may take too long: then there is what it has done so far
            subject.play(scenario)
    run = subject.runs[scenario]
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
