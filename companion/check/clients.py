"""What a client must do: the checks of a learner's own client.

A check asks for no more than the stage of the map has: where a flaw is taught, it is left out.
"""

import re
from bisect import bisect_left
from itertools import pairwise
from typing import Any

from companion.check.hidden import no_mistake
from companion.check.subject import Subject, check, interrupted, short, usage, usage_check
from companion.event import Fired, Leave, Ran, Read, Wait
from companion.peers import script
from companion.peers.script import CLOSE, Script
from companion.tutorial.poems import find_poem
from companion.tutorial.stages import Stage
from companion.virtual.run import Run

FIRST_POEM = b"A Poem That Is There At Once\n"
FIRST = script.fast(FIRST_POEM)
POEM = b"A Poem for Whoever Asks for It.\n"
IN_PIECES = script.slow(POEM, 20, 0.1)  # one, so that the run is kept
BEFORE = b"The First Poem Comes at Once.\n"
AFTER = b"The Last One Takes Its Time, as Poems Do.\n"
GOOD = script.fast(BEFORE), script.slow(AFTER, 14, 0.3)
HALF = b"Only half of this"
TRANSFORM = script.transform()
REFUSED, UNKNOWN = script.refused(), script.unknown_name()
RESET = script.reset_at(HALF * 2, len(HALF))
NOT_UTF_8 = script.fast("Un café".encode("latin-1"))
# Seconds that the poems take: all less than any time-out that an exercise asks for.
SECONDS = 0.3, 1.2, 0.7
SHORT, MANY = 0.002, 100  # a wait in seconds, and how many of them are busy waiting
LINES = b"v" * 30, b"w" * 120, b"x" * 70
TIMED = tuple(script.slow(line, 10, 0.1) for line in LINES)
SPLIT = [find_poem(name).text[:60].encode() for name in ("spring", "loved", "cupbearer")]
PIECES = tuple(script.slow(poem, 7, 0.02) for poem in SPLIT)
LONG = (b"This line is one of a few. " * 40 + b"It ends.\n") * 20  # more than one piece
BYTES = re.compile(r"\bb(?:'[^'\n]*'|\"[^\"\n]*\")")  # as Python shows bytes
UNHANDLED = "Unhandled error in Deferred"
DIGITS = re.compile(r"\d+")  # "Got 2 poems" says no more than "Got 3 poems"
# Where each choice of random falls, in turn: of three outcomes each comes, of six too.
LUCK = tuple((n + 0.5) / 6 for n in (0, 2, 4, 1, 3, 5))


def stands_failures(stage: Stage) -> bool:
    return "crashes" not in stage.traits


def knows_a_clean_end(stage: Stage) -> bool:
    return not {"crashes", "trusts"} & set(stage.traits)


def fetch(subject: Subject, *servers: Script, transform: Script = TRANSFORM, **more: Any) -> Run:
    """Run a client over these servers; by chance, where there is chance, it does what it should."""
    if "chance" in subject.stage.traits:
        more["luck"] = more["luck"] if "luck" in more else lucky(subject)
    if subject.stage.transforms:
        servers = (transform, *servers)
    return subject.run(servers, **more)


def beside(subject: Subject, fault: Script) -> Run:
    """A run over two good servers, and one with a fault between them."""
    return fetch(subject, TIMED[0], fault, TIMED[2])


def main_run(subject: Subject, **more: Any) -> Run:
    """A run over one poem that comes in pieces: traced where the lesson is seen in it, too."""
    return fetch(subject, IN_PIECES, traced=bool(subject.stage.lesson), **more)


def lucky(subject: Subject) -> float:
    """Which luck lets the engine of client 5 succeed."""
    poem = POEM.decode().lower()
    found = (luck for luck in LUCK if shows(main_run(subject, luck=luck), poem))
    return next(found, LUCK[0])


def shows(run: Run, poem: str) -> bool:
    """Whether a poem is in the output, its lines one below the other, framed or indented."""
    wanted = [line.strip() for line in poem.splitlines() if line.strip()]
    printed = BYTES.sub("", run.stdout + "\n" + run.stderr)  # a piece shown as it came is no poem
    lines = [line.strip() for line in printed.splitlines()]
    lines = [line for line in lines if line]
    return any(
        all(line in lines[at + n] for n, line in enumerate(wanted))
        for at in range(len(lines) - len(wanted) + 1)
    )


def lowers(stage: Stage) -> bool:
    """Whether its poems come in lower case."""
    return "chance" in stage.traits or stage.transforms


def arrived(subject: Subject, run: Run, *poems: bytes, lower: bool = True) -> None:
    """Raises Unmet where a poem is not in the output: its text, or its size in an early client."""
    for number, poem in enumerate(poems, 1):
        text = poem.decode()
        texts = {text}
        if lower and lowers(subject.stage):
            text = text.lower()
            texts = {text, poem.lower().decode()}  # bytes.lower knows the letters of ASCII alone
        if "counts" in subject.stage.traits:
            expected = f"the size of poem {number}, {len(poem)} bytes, in the output"
            sizes = {len(poem), len(text)}
            found = shows(run, text) or any(
                re.search(rf"(?<!\d){size}(?!\d)", run.stdout + run.stderr) for size in sizes
            )
            subject.expect(found, expected, run)
            continue
        expected = f"{short(repr(text), 40)} in the output, to the last character"
        if any(shows(run, one) for one in texts):
            framed = any(f"{len(one.encode())}:{one}" in run.stdout for one in texts)
            expected = "the poem, without the size in front that a netstring has"
            subject.expect(not (framed and subject.stage.transforms), expected, run)
            continue
        seen = as_far_as_it_came(text, run.stdout)
        subject.expect(False, expected, run, "" if subject.crash(run) else seen)


def as_far_as_it_came(text: str, output: str) -> str:
    """How much of a text's beginning is in the output, and what stands there in the place of the
    rest; "" where nothing of it is."""
    begun = longest_start(text, output)
    if not 0 < begun < len(text):
        return ""
    after = output.partition(text[:begun])[2].strip()
    then = repr(short(after, 40)) if after else "nothing more"
    return f"its first {begun} characters are there, and then {then}"


def longest_start(text: str, output: str) -> int:
    """How many characters of a text's beginning are in the output."""
    ends = range(1, len(text) + 1)
    return bisect_left(ends, True, key=lambda end: text[:end] not in output)


def fails(subject: Subject, fault: Script) -> Run:
    """A run beside a server with a fault. Raises Unmet where that is reported nowhere, or where the
    other poems do not arrive."""
    known = {DIGITS.sub("0", line) for _, _, line in fetch(subject, *TIMED).lines}
    run = beside(subject, fault)
    own_crash = subject.crash(run).startswith("line ")  # in its own code, and not only logged
    subject.expect(run.how == "exit" and not own_crash, "a line on what failed", run)
    arrived(subject, run, LINES[0], LINES[2])
    more = [line for _, _, line in run.lines if DIGITS.sub("0", line) not in known]
    more = [line for line in more if line.strip() != "None" and re.search(r"[^\W\d_]", line)]
    subject.expect(more, "a line that says what failed", run)
    unhandled = "it was told only because nobody handled it"
    subject.expect(UNHANDLED not in run.stderr, "an errback for what failed", run, unhandled)
    whole(subject, run)
    return run


def whole(subject: Subject, run: Run) -> None:
    """Raises Unmet where a poem that has not come to its end is shown, in one piece."""
    half = HALF.decode().lower()
    shown = any(line.strip().lower() == half for _, _, line in run.lines)
    if "counts" not in subject.stage.traits:
        subject.expect(not shown, "no poem but whole ones", run, "half a poem is shown as if whole")


@check(
    "client-ends",
    "asked",
    2,
    name=("a poem arrives, and the client ends", "一首诗到达，客户端结束"),
    hint=(
        "when the last poem is there, something has to stop the loop or the reactor",
        "最后一首诗到了，就得有代码让循环或 reactor 停下来",
    ),
)
def client_ends(subject: Subject) -> None:
    run = main_run(subject)
    arrived(subject, run, POEM)
    subject.expect(run.how == "exit", "an end", run)
    subject.expect(not subject.crash(run), "a poem, and no traceback", run)
    no_mistake(subject, run)


@check(
    "client-split",
    "asked",
    5,
    name=(
        "poems in three scripts arrive to the byte, wherever they are split",
        "三种文字的诗一个字节不差地到达，不论在哪里断开",
    ),
    hint=(
        "keep bytes until the poem is whole, then decode once: a piece may end inside a character",
        "先把字节存起来，整首到齐再解码一次：一块数据可能断在一个字符中间",
    ),
)
def client_split(subject: Subject) -> None:
    arrived(subject, fetch(subject, *PIECES, script.fast(LONG)), *SPLIT, LONG)


def takes(subject: Subject, seconds: float) -> None:
    run = fetch(subject, *TIMED)
    expected = f"poems that take {', '.join(map(str, SECONDS))} s, all in {seconds:.1f} s"
    in_time = run.how == "exit" and -0.15 < run.seconds - seconds < 0.15 + subject.slack
    seen = f"it took {run.seconds:.1f} s" if run.how == "exit" and not subject.crash(run) else ""
    subject.expect(in_time, expected, run, seen)
    arrived(subject, run, *LINES)


@check(
    "client-adds",
    "asked",
    2,
    name=("the waits for the poems add up", "等待各首诗的时间相加"),
    hint=("one poem after another is what blocking means", "阻塞的意思就是一首接一首"),
    applies=lambda stage: "in-turn" in stage.traits,
)
def client_adds(subject: Subject) -> None:
    takes(subject, sum(SECONDS))


@check(
    "client-longest",
    "asked",
    2,
    name=("the longest wait is the whole wait", "最长的等待就是全部的等待"),
    hint=("start every download before you wait for any", "先启动所有的下载，再等待其中任何一个"),
    applies=lambda stage: "in-turn" not in stage.traits,
)
def client_longest(subject: Subject) -> None:
    takes(subject, max(SECONDS))


@check(
    "client-turns",
    "asked",
    4,
    name=("pieces are read in turn, as they come", "数据块到一块读一块，轮流进行"),
    hint=(
        "a read must never wait: take what is there and go back to the loop",
        "读取绝不能等待：有多少读多少，然后回到循环",
    ),
    applies=lambda stage: not {"in-turn", "gulps"} & set(stage.traits),
)
def client_turns(subject: Subject) -> None:
    run = fetch(subject, *TIMED)
    lanes = [event.lane for event in run.of(Read)]
    changes = sum(one != other for one, other in pairwise(lanes))
    expected = "three poems read by turns, as their pieces come"
    seen = f"it changed from one poem to another {changes} times" if changes else ""
    subject.expect(changes >= 5, expected, run, seen)


@check(
    "client-waits",
    "asked",
    2,
    name=("it waits where nothing has come yet", "什么都还没到的时候，它就等着"),
    hint=(
        "select(sockets, [], []) without a time-out waits; with a time-out of 0 it asks again and"
        " again, and takes all of the processor",
        "不带超时的 select(sockets, [], []) 会等待；超时为 0 时它不停地询问，占满处理器",
    ),
)
def client_waits(subject: Subject) -> None:
    run = fetch(subject, *TIMED)
    asked = sum(
        isinstance(event, Wait) and event.until is not None and event.until - event.t < SHORT
        for event in run.events
    )
    # In real time a short wait is no event, and is seen by what it takes of the processor.
    asked = MANY if subject.slack and run.cpu > run.seconds / 2 else asked
    seen = f"it asked {asked} times whether something had come, without a wait"
    subject.expect(asked < MANY, "a wait until something comes", run, seen)


def refused(subject: Subject) -> None:
    fails(subject, REFUSED)
    run = fetch(subject, REFUSED, traced="deferred" in subject.stage.lesson)
    subject.expect(run.how == "exit", "an end, where the last poem has failed", run)
    no_mistake(subject, run)


# In part 2 a refused port may end a client with an exception.
for key, group, parts in (("refused", "asked", range(5, 23)), ("endures", "beyond", range(5))):
    check(
        f"client-{key}",
        group,
        6,
        name=(
            "a refused port is reported, and the other poems arrive",
            "端口被拒绝时说出来，其他的诗照样到达",
        ),
        hint=(
            "a connection that is never made has a callback of its own, or an exception of connect",
            "从未建立的连接有它自己的回调，或者由 connect 抛出异常",
        ),
        applies=lambda stage, parts=parts: stands_failures(stage) and stage.part in parts,  # type: ignore[misc]
    )(refused)


@check(
    "client-unknown",
    "beyond",
    6,
    name=(
        "an unknown host is reported, and the other poems arrive",
        "主机名不存在时说出来，其他的诗照样到达",
    ),
    hint=(
        "a name that can't be found is a failed connection like any other",
        "找不到的名字和其他失败的连接一样处理",
    ),
    applies=stands_failures,
)
def client_unknown(subject: Subject) -> None:
    fails(subject, UNKNOWN)


@check(
    "client-reset",
    "beyond",
    6,
    name=(
        "a poem cut short by a reset is reported, and not shown as whole",
        "诗被重置打断时说出来，不当作完整的诗显示",
    ),
    hint=(
        "the reason of connectionLost says whether the end is clean",
        "connectionLost 的 reason 能区分正常结束和其他情况",
    ),
    applies=knows_a_clean_end,
)
def client_reset(subject: Subject) -> None:
    fails(subject, RESET)


@check(
    "client-utf-8",
    "beyond",
    6,
    name=(
        "a poem that is not UTF-8 is reported, and the other poems arrive",
        "诗不是 UTF-8 时说出来，其他的诗照样到达",
    ),
    hint=(
        "decoding may fail, and whoever waits for the poem has to know of that too",
        "解码可能失败，等待这首诗的代码也必须得到通知",
    ),
    applies=lambda stage: knows_a_clean_end(stage) and "counts" not in stage.traits,
)
def client_not_utf_8(subject: Subject) -> None:
    fails(subject, NOT_UTF_8)


@check(
    "client-stderr",
    "beyond",
    6,
    name=("failures are reported on standard error", "失败写到标准错误"),
    hint=("print(..., file=sys.stderr)", "print(..., file=sys.stderr)"),
    applies=stands_failures,
)
def client_stderr(subject: Subject) -> None:
    run = beside(subject, REFUSED)
    subject.expect(run.stderr.strip(), "a line on standard error that says what failed", run)


@check(
    "client-status",
    "beyond",
    6,
    name=(
        "the exit status says whether all poems have come",
        "退出状态说明诗是否都到了",
    ),
    hint=(
        "count the poems at the end: sys.exit(1) where one is missing",
        "最后数一数有几首诗：少了就 sys.exit(1)",
    ),
    applies=lambda stage: "crashes" not in stage.traits or stage.part < 6,
)
def client_status(subject: Subject) -> None:
    run = main_run(subject)
    subject.expect(run.status == 0, "status 0 where all poems have come", run)
    run = beside(subject, REFUSED)
    failed = run.how == "exit" and run.status != 0
    subject.expect(failed, "an end with a status other than 0 where a poem is missing", run)


@usage_check("client")
def client_usage(subject: Subject) -> None:
    usage(subject, (), ("10000", "99999"))


@check(
    "client-interrupted",
    "beyond",
    3,
    name=(
        "Ctrl-C ends the wait at once, and no half poem is shown",
        "按 Ctrl-C 立刻结束等待，不显示半首诗",
    ),
    hint=(
        "at Ctrl-C connections are lost too: what is unfinished then has neither come nor failed",
        "按 Ctrl-C 时连接也会断开：那时没读完的诗既不算到达，也不算失败",
    ),
    applies=lambda stage: "gulps" not in stage.traits,
)
def client_interrupted(subject: Subject) -> None:
    half = script.schedule((0.5, HALF))
    run = fetch(subject, GOOD[0], half, signals=((1.0, "SIGINT"),))
    whole(subject, run)
    interrupted(subject, run, 1.0)


def something_failed(run: Run) -> bool:
    """Whether a function raised, or a Deferred failed, in a traced run."""
    raised = any(event.how == "raised" for event in run.of(Leave))
    taken = any(event.failed for event in run.of(Ran))
    return raised or taken or any(event.failed for event in run.of(Fired))


@check(
    "client-chance",
    "asked",
    10,
    name=(
        "the engine's three outcomes are lower case, the poem as it was, and a failure",
        "引擎的三种结果：变成小写、原样不变、失败",
    ),
    hint=(
        "GibberishError goes on to poem_failed; any other error gives the poem as it was",
        "GibberishError 继续传给 poem_failed；其他错误则返回原来的诗",
    ),
    applies=lambda stage: "chance" in stage.traits,
)
def client_chance(subject: Subject) -> None:
    poem = POEM.decode()
    wanted = {"the poem in lower case", "the poem as it was", "no poem but a line on it"}
    seen = set()
    for luck in LUCK:
        run = main_run(subject, luck=luck)
        if shows(run, poem.lower()):
            seen.add("the poem in lower case")
        elif shows(run, poem):
            seen.add("the poem as it was")
        elif run.lines and run.how == "exit" and not subject.crash(run) and something_failed(run):
            seen.add("no poem but a line on it")
        if seen == wanted:
            return
    happened = f"none of {len(LUCK)} runs has done that"
    subject.expect(False, f"by chance, {min(wanted - seen)}", run, happened)


@check(
    "client-alone",
    "asked",
    13,
    name=("without a transform server the poem comes as it was", "没有转换服务器时，诗原样到达"),
    hint=(
        "an errback on the inner Deferred returns the original poem",
        "在内层 Deferred 上加一个 errback，返回原来的诗",
    ),
    applies=lambda stage: stage.transforms,
)
def client_alone(subject: Subject) -> None:
    for transform in (REFUSED, script.answering((1.0, CLOSE))):
        run = fetch(subject, FIRST, transform=transform)
        arrived(subject, run, FIRST_POEM, lower=False)
        subject.expect(run.how == "exit", "an end", run)
