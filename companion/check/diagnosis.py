"""The one cause: from the events of the first run that failed, what a teacher would say first."""

import ast
import os
import re
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice

from companion.check.demos import lacks
from companion.check.lacking import NOT_CALLED, behind
from companion.check.lesson import own_waits
from companion.check.run import Result
from companion.check.subject import Subject, Texts, kind_of, short
from companion.event import Event
from companion.peers.script import Script
from companion.render.language import LANGUAGES
from companion.render.language import told as in_language
from companion.tutorial.stages import Stage, load_map
from companion.virtual.run import Run

SHOWN_BYTES = re.compile(r"(^|[\s(\[,:])b('[^']{3,}|\"[^\"]{3,})")
# How Python shows what is no result yet, or a result in its wrapping.
WRAPPED = {
    re.compile(r"<Deferred at"): ("a Deferred", "Deferred"),
    re.compile(r"<coroutine object"): ("a coroutine", "协程"),
    re.compile(r"<generator object"): ("a generator", "生成器"),
    re.compile(r"\[\((True|False), "): ("a list of pairs", "由二元组构成的列表"),
}
# What an exception of these words comes of; the part that teaches it; English and Chinese.
CAUSES: tuple[tuple[re.Pattern[str], int, str, str], ...] = (
    (
        re.compile(r"positional arguments? but|missing \d+ required positional"),
        7,
        "a function is called with more or fewer arguments than it takes: a callback gets the"
        " result as its first one, an errback the Failure",
        "函数得到的参数比它接受的多或少：回调的第一个参数是结果，errback 的第一个参数是 Failure",
    ),
    (
        re.compile(r"Data must (not be|be)|a bytes-like object is required, not 'str'"),
        11,
        'a transport takes bytes, not text: open the poem with "rb", or encode it',
        'transport 只接受字节，不接受文本：用 "rb" 打开诗歌文件，或者先编码',
    ),
    (
        re.compile(r"UnicodeDecodeError"),
        5,
        "a piece is decoded by itself: it may end inside a character. Keep the bytes until the poem"
        " is whole, then decode once",
        "单独解码了一块数据，而它可能断在一个字符中间。先存起字节，整首到齐再解码一次",
    ),
    (
        re.compile(r"AlreadyCalledError"),
        7,
        "a Deferred is fired a second time",
        "Deferred 被触发了两次",
    ),
    (
        re.compile(r"ReactorNotRestartable|ReactorAlreadyRunning"),
        3,
        "the reactor is run a second time: it runs once in a process",
        "reactor 被运行了两次：一个进程里它只能运行一次",
    ),
    (
        re.compile(r"ReactorNotRunning"),
        3,
        "the reactor is stopped a second time, or before it runs",
        "reactor 被停了两次，或者还没运行就被停止",
    ),
    (
        re.compile(r"None(Type' object)? is not callable"),
        3,
        "a function is called where it should be handed over, so that its result, None, is what is"
        " handed over: leave out the brackets behind its name",
        "本该把函数交出去，却调用了它，交出去的是它的结果 None：去掉函数名后面的括号",
    ),
    (
        re.compile(r"'generator' object has no attribute"),
        17,
        "a function with yield in it is called, and nobody runs it: @inlineCallbacks is missing"
        " above it",
        "调用了一个带 yield 的函数，却没有谁来运行它：上方少了 @inlineCallbacks",
    ),
    (
        re.compile(r"'coroutine' object has no attribute"),
        17,
        "a coroutine is called, and nobody runs it: an await, or Deferred.fromCoroutine, is"
        " missing",
        "调用了一个协程，却没有谁来运行它：少了 Deferred.fromCoroutine 或 await",
    ),
    (
        re.compile(r"'(Deferred|generator|coroutine|NoneType)' object (has no attribute|is not)"),
        8,
        "what is not there yet is used as if it were the result: only a callback, or what follows a"
        " yield or an await, has it",
        "把还没到的东西当成结果来用：只有回调，或者 yield、await 之后的代码，才有结果",
    ),
    (
        re.compile(r"CannotListenError|Address already in use"),
        2,
        "another program has the port",
        "端口已经被别的程序占用",
    ),
    (
        re.compile(r"FileNotFoundError|No such file"),
        2,
        "a file is not where it is looked for",
        "文件不在所找的位置",
    ),
)


@dataclass(frozen=True)
class Diagnosis:
    """What is behind it, by language, in one sentence; the part that teaches it, and the trace
    that shows it, as a command to type."""

    cause: Texts
    part: int
    command: str


@dataclass(frozen=True)
class Case:
    """A run that failed, told by the probe, and whose it is."""

    subject: Subject
    run: Run
    servers: Sequence[Script] = ()

    @property
    def poems(self) -> list[bytes]:
        """What the servers send, as far as they end."""
        steps = (list(islice(one.steps(), 1000)) for one in self.servers)
        return [b"".join(what for _, what in some if isinstance(what, bytes)) for some in steps]

    def of_kind(self, *kinds: str) -> list[Event]:
        return [event for event in self.run.events if event.kind in kinds]

    @cached_property
    def printed(self) -> str:
        return self.run.stdout + "\n" + self.run.stderr

    @property
    def generators(self) -> list[Event]:
        """The Deferreds that stand for a generator or a coroutine."""
        return [event for event in self.of_kind("deferred") if "generator" in event.fields]

    @property
    def stage(self) -> Stage:
        return self.subject.stage

    @cached_property
    def real(self) -> Run | None:
        """The stage's own run, where it is a demonstration's."""
        return self.subject.real.traced() if kind_of(self.stage) == "demo" else None

    def shows(self, pattern: re.Pattern[str]) -> bool:
        """Whether it prints this, and the stage itself does not."""
        theirs = self.real.stdout if self.real else ""
        return bool(pattern.search(self.run.stdout) and not pattern.search(theirs))


Found = tuple[int, str, str]  # the part, the sentence in English, and in Chinese
Look = Callable[[Case], Found | None]


def raised(case: Case) -> Found | None:
    """An exception that was printed, or logged by the library: its own words, and its line."""
    if not (crash := case.subject.crash(case.run)):
        return None
    fired_by_timer = "AlreadyCalledError" in crash and case.of_kind("timer_fired")
    for pattern, part, en, zh in CAUSES:
        if pattern.search(crash) or (part == 5 and pattern.search(case.printed)):
            if fired_by_timer:
                en = f"{en}, by a timer: cancel it when the poem is there"
                zh = f"{zh}，是定时器触发的：诗到了就要取消定时器"
            return part, f"{en} ({short(crash)})", f"{zh}（{short(crash)}）"
    if case.real and case.subject.real.crash(case.real):
        return None  # the stage has one, too
    if "Unhandled error in Deferred" in case.printed and (found := unhandled(case)):
        return found
    swallowed = case.run.how != "exit"
    en = (
        "an exception ended a function, and the library only logged it"
        if swallowed
        else "it ends with an exception"
    )
    zh = "一个异常结束了函数，库只把它记了下来" if swallowed else "它以异常结束"
    return 3, f"{en}: {short(crash)}", f"{zh}：{short(crash)}"


def unhandled(case: Case) -> Found | None:
    """A failure that the last pair of a chain left behind."""
    last: dict[int, Event] = {}
    waits: set[int] = set()
    for event in case.of_kind("ran", "fired", "paused", "resumed"):
        if event.kind == "paused":
            waits.add(event["deferred"])
        else:  # a generator's Deferred is not resumed: it fires
            waits.discard(event["deferred"])
        last[event["deferred"]] = event
    handed_on = {event["on"] for event in case.of_kind("paused")}
    for number, event in last.items():
        failed = event.kind in ("ran", "fired") and event.fields.get("failed")
        if failed and number not in handed_on | waits:
            value = str(event.fields.get("gave") or event.fields.get("value"))
            name = event.fields.get("function")
            where = f" in {name}" if name else ""
            for pattern, part, en, zh in CAUSES:
                if pattern.search(value):
                    return (
                        part,
                        f"{en} ({value}{where}), and no errback is behind it",
                        f"{zh}（{value}{where}），后面也没有 errback",
                    )
            return (
                9,
                f"a Deferred ends with {value}{where}, and no errback handles it",
                f"Deferred 以 {value}{where} 结束，没有 errback 处理它",
            )
    return None


def wrong_arguments(case: Case) -> Found | None:
    """A handler that was called, raised a TypeError, and was never entered."""
    runs: Event | None = None
    for event in case.run.events:
        if event.kind == "runs":
            runs = event
        elif event.kind == "enter":
            runs = None
        elif event.kind == "ran" and runs is not None:
            if str(event.fields.get("gave", "")).startswith("TypeError"):
                _, part, en, zh = CAUSES[0]
                name = str(event.fields.get("function"))
                return part, f"{name}: {en}", f"{name}：{zh}"
            runs = None
    return None


def bytes_shown(case: Case) -> Found | None:
    if not case.shows(SHOWN_BYTES):
        return None
    return (
        5,
        "a bytes object is shown as if it were text (b'...'): decode it, once, when the poem is"
        " whole",
        "把字节对象当成文本显示（b'...'）：整首诗到齐以后解码一次",
    )


def bytes_counted(case: Case) -> Found | None:
    """The size of how Python shows a poem's bytes, b'...', in the place of the poem's."""
    if "counts" not in case.stage.traits:
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
    for pattern, (en, zh) in WRAPPED.items():
        if not case.shows(pattern):
            continue
        for event in case.of_kind("leave"):
            # A generator that is driven by a Deferred, and gives another Deferred as its result.
            driven = any(e["generator"] == event["function"] for e in case.generators)
            if driven and event["how"] == "returned" and re.fullmatch(r"D\d+", event["value"]):
                return (
                    17,
                    f"{event['function']} returns {event['value']}, not there yet: a yield,"
                    " or an await, is missing in front of what makes it",
                    f"{event['function']} 返回了还没到的 {event['value']}：创建它的地方前面少了"
                    " yield 或 await",
                )
        return (
            8,
            f"{en} is printed in the place of its result, which comes later, to a callback",
            f"打印的是{zh}，而不是它的结果：结果以后才到，交给回调",
        )
    return None


def nothing_connected(case: Case) -> Found | None:
    """A client that has addresses, and uses none."""
    if case.stage.kind != "client" or any(
        "lane" in e.fields for e in case.of_kind("open", "close")
    ):
        return None
    return (
        2,
        "no connection is ever made: the addresses are read, and not used (an iterator, as of map"
        " or zip, is used up by the first loop over it)",
        "从来没有建立过连接：读了地址却没有使用（map、zip 之类的迭代器遍历一次就用完了）",
    )


def blocked(case: Case) -> Found | None:
    """A wait of its own in a turn of the reactor's."""
    if case.real and any(
        e.kind == "wait" and e.fields.get("by") == "stage" for e in case.real.events
    ):
        return None  # which is what the stage shows
    stack: list[Event] = []
    in_turn = False
    for event in case.run.events:
        if event.kind == "enter":
            stack.append(event)
            in_turn = in_turn or event["by"] == "reactor"
        elif event.kind == "leave" and stack:
            in_turn = stack.pop()["by"] != "reactor" and in_turn
        elif event.kind == "wait" and event.fields.get("by") == "stage" and in_turn and stack:
            if event["until"] is None or event["until"] - event.t < 0.05:
                continue
            where, seconds = stack[-1], event["until"] - event.t
            return (
                3,
                f"line {where['line']}, {where['function']}: {event['call']} blocks the reactor for"
                f" {seconds:.1f} s, and nothing else runs meanwhile: use reactor.callLater",
                f"第 {where['line']} 行，{where['function']}：{event['call']} 让 reactor 停了"
                f" {seconds:.1f} 秒，其间什么都不能运行：改用 reactor.callLater",
            )
    return None


def own_loop(case: Case) -> Found | None:
    wait = next(own_waits(case.run), None)
    if wait is None or "reactor" not in case.stage.lesson:
        return None
    return (
        3,
        f"this looks like an earlier stage: it waits in {wait['call']} itself, not the reactor",
        f"这看起来是更早的阶段：它自己在 {wait['call']} 中等待，而这应该由 reactor 来做",
    )


def piece_for_whole(case: Case) -> Found | None:
    """It ends a poem, or itself, at the first piece."""
    if case.stage.kind != "client" or case.run.how != "exit":
        return None
    opened = {event["lane"] for event in case.of_kind("open") if event.fields.get("size")}
    done = [event for event in case.of_kind("close") if event["how"] == "done"]
    reads = [event for event in case.of_kind("read") if "lane" in event.fields]
    if not reads or len(done) >= len(opened):
        return None
    return (
        5,
        "a piece is taken for the whole: dataReceived is called with whatever has come, and the"
        " poem is whole only when the connection is lost",
        "把一块数据当成了整首诗：dataReceived 得到的只是已经到的部分，连接断开时诗才完整",
    )


def never_fires(case: Case) -> Found | None:
    """A Deferred that the stage made and that nobody fires, while all waits."""
    if case.run.how == "exit":
        return None
    fired = {event["deferred"] for event in case.of_kind("fired", "resumed", "ran")}
    for event in case.of_kind("deferred"):
        if (
            event["deferred"] not in fired
            and "line" in event.fields
            and "generator" not in event.fields
        ):
            return (
                7,
                f"the Deferred that is made in line {event['line']} never fires",
                f"第 {event['line']} 行创建的 Deferred 从未被触发",
            )
    return None


def never_stopped(case: Case) -> Found | None:
    """All has come, and it waits on."""
    if case.run.how != "waits for ever":
        return None
    if case.real and case.real.how == "exit":
        return (
            3,
            "nothing stops the reactor, and it waits for ever",
            "没有代码停止 reactor，它会永远等下去",
        )
    if case.stage.kind != "client":
        return None
    ended = {event["lane"] for event in case.of_kind("close") if "lane" in event.fields}
    opened = {event["lane"] for event in case.of_kind("open") if "lane" in event.fields}
    if opened - ended or not (opened or ended):
        return None
    refused = any(event["how"] != "done" for event in case.of_kind("close"))
    if refused:
        return (
            6,
            "every connection has ended, and nothing stops the reactor: it is stopped only when all"
            " poems came, and one has failed",
            "所有连接都结束了，却没有代码停止 reactor：它只在诗全部到达时才停，而有一首失败了",
        )
    return (
        3,
        "all poems have come, and nothing stops the reactor",
        "诗都到了，却没有代码停止 reactor",
    )


def from_a_thread(case: Case) -> Found | None:
    """It calls the transport in another thread."""
    threads = case.real and [e for e in case.of_kind("enter") if e.fields.get("thread")]
    if threads and not any(e.fields.get("thread") for e in case.real.events):  # type: ignore[union-attr]
        name = threads[0]["function"]
        return (
            3,
            f"{name} runs in another thread, where nothing of Twisted may be called:"
            " reactor.callLater needs no thread",
            f"{name} 在另一个线程中运行，那里不能调用 Twisted 的任何东西："
            "用 reactor.callLater 就不需要线程",
        )
    for event in case.of_kind("misuse"):
        line = event.fields.get("line")
        where, there = (f"line {line}: ", f"第 {line} 行：") if line else ("", "")
        return (
            3,
            f"{where}{event['calls']} is called in another thread, where nothing of Twisted may be"
            " called: hand it over with reactor.callFromThread",
            f"{there}{event['calls']} 在另一个线程中调用，那里不能调用 Twisted 的任何东西："
            "用 reactor.callFromThread 交给 reactor 的线程",
        )
    return None


def handed_none(case: Case) -> Found | None:
    """The result of a function is handed to callLater, in the place of the function."""
    for event in case.of_kind("timer"):
        if event["calls"] == "NoneType":
            _, part, en, zh = next(row for row in CAUSES if row[0].search("None is not callable"))
            return part, f"line {event['line']}: {en}", f"第 {event['line']} 行：{zh}"
    return None


def never_begun(case: Case) -> Found | None:
    """A generator or a coroutine that is made, and that nobody runs."""
    if found := re.search(r"coroutine '([\w.<>]+)' was never awaited", case.printed):
        return (
            17,
            f"{found[1]} is a coroutine: to call it only makes it, and nobody runs it:"
            f" defer.ensureDeferred({found[1]}()), or await, does",
            f"{found[1]} 是协程：调用它只是创建它，没有谁来运行：要用"
            f" defer.ensureDeferred({found[1]}())，或者 await",
        )
    # One that is thrown away is entered once more, in its first line.
    begun = {(e["function"].rpartition(".")[2], e["line"]) for e in case.of_kind("leave")}
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
            return (
                17,
                f"{node.name} (line {node.lineno}) has a yield in it: to call it only makes a"
                " generator, and nobody runs that: @inlineCallbacks above it does",
                f"{node.name}（第 {node.lineno} 行）里有 yield：调用它只是创建生成器，"
                "没有谁来运行：在它上方写 @inlineCallbacks",
            )
    return None


def iterated(happened: str) -> Found | None:
    """What never ends, since a Deferred gives itself, again and again."""
    if "yield self at defer.py" not in happened:
        return None
    return (
        18,
        "a Deferred is used as if it were a list: DeferredList takes one list, DeferredList([d1,"
        " d2])",
        "把 Deferred 当成了列表：DeferredList 只接受一个列表，DeferredList([d1, d2])",
    )


def never_run(case: Case) -> Found | None:
    wanted = "reactor" in case.stage.lesson or (
        case.real and any(event.kind == "reactor" for event in case.real.events)
    )
    imported = re.search(rb"import.*\breactor\b", case.subject.file.read_bytes())
    return (
        behind("the reactor runs") if wanted and imported and not case.of_kind("reactor") else None
    )


def lacking(case: Case) -> Found | None:
    """What a demonstration lacks of what happens in the stage; or it ends otherwise."""
    if case.real is None:
        return None
    for _, found in lacks(case.subject):
        called = behind(found.moment, found.before)
        if found.late and called is not NOT_CALLED:
            return (
                case.stage.part,
                f"all of it happens, but in another order: {found.moment} too late or too early",
                f"都发生了，但顺序不同：{in_language('zh', found.moment)}，太早或太晚",
            )
        return called
    if case.real.how == "waits for ever" and case.run.how == "exit":
        return (
            3,
            "it ends by itself, and the stage waits until Ctrl-C: something stops the reactor",
            "它自己就结束了，而阶段会一直等到 Ctrl-C：有代码停止了 reactor",
        )
    return None


# The last ones look for what has not come; where all has come, only the lesson is missing.
ALWAYS: tuple[Look, ...] = (
    own_loop,
    from_a_thread,
    wrong_arguments,
    bytes_shown,
    bytes_counted,
    wrapped,
    handed_none,
    raised,
    never_begun,
    never_run,
)
LOOKS = (
    *ALWAYS,
    nothing_connected,
    unhandled,
    blocked,
    never_fires,
    never_stopped,
    piece_for_whole,
    lacking,
)


def earlier_stage(subject: Subject, missing: str, happened: str) -> Found | None:
    """The stage that the file looks like, where all that is wrong with it is its lesson."""
    stage, stages = subject.stage, load_map().by_id
    while stage.after:
        stage = stages[stage.after]
        if missing not in stage.lesson:
            en = f"this looks like {stage.id}: {happened}"
            return subject.stage.part, en, f"这看起来是 {stage.id}：{in_language('zh', happened)}"
    return None


def diagnose(subject: Subject, failed: Sequence[Result]) -> Diagnosis | None:
    """What is behind the first of these results; None where nobody can say."""
    first = failed[0]
    if first.left_out:
        return told(subject, iterated(first.happened))
    scenario = replace(first.scenario, traced=True)
    case = Case(subject, subject.play(scenario), scenario.servers or ())
    is_lesson = first.check.group == "lesson"
    looks = ALWAYS if is_lesson else LOOKS
    if first.check.group == "exercise":  # which may ask for just that
        looks = tuple(look for look in LOOKS if look is not piece_for_whole)
    found = next(filter(None, (look(case) for look in looks)), None)
    if found is None and is_lesson:
        found = earlier_stage(subject, first.check.key.partition("-")[2], first.happened)
    return told(subject, found)


def told(subject: Subject, found: Found | None) -> Diagnosis | None:
    """What was found, with the command that shows it."""
    if found is None:
        return None
    part, *texts = found
    near = os.path.relpath(subject.file)
    path = str(subject.file) if near.startswith("..") else near
    command = f"companion trace {shlex.quote(path)} --as {subject.stage.id}"
    return Diagnosis(dict(zip(LANGUAGES, texts, strict=True)), part or subject.stage.part, command)
