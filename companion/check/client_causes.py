"""What is behind a client that failed: connections, and who learns of what comes of them."""

import ast
import re

from companion.check import source
from companion.check.case import Case, Found, Look, in_line, last
from companion.check.client_data import (
    SOON,
    blanks_lost,
    closed_early,
    ended_at_once,
    guessed_end,
    is_incomplete,
    last_line,
    long_lines,
    not_read,
    nothing_shown,
    overwritten,
    own_recv,
    piece_for_whole,
    printed_itself,
    shared,
    too_soon,
    unchanged,
    unfinished,
    wrong_codec,
)
from companion.check.client_ends import (
    given_up,
    in_turn,
    loop_goes_on,
    never_stopped,
    stopped_early,
    stopper_skipped,
)
from companion.event import Close, Deferred, Enter, Fired, Open, Reactor, Read, Wait


def nothing_connected(case: Case) -> Found | None:
    """It has addresses, and uses none."""
    if case.opened or case.ends:
        return None
    if found := source.used_up(case.source):
        line, name = found
        return in_line(
            2,
            line,
            f"no connection is ever made: {name} is an iterator, and used up by the first that goes"
            " through it: list(...) keeps the addresses",
            f"从来没有建立过连接：{name} 是迭代器，遍历一次就用完了：用 list(...) 把地址留下来",
        )
    connects = case.source.line("connectTCP", "connect", "connectProtocol")
    runs = case.source.line("run")
    if case.of(Reactor) and runs > 0 and runs_before(case.source, runs, connects):
        return in_line(
            3,
            runs,
            "no connection is ever made: run() returns only when the reactor stops, so what begins"
            " the downloads has to come before it",
            "从来没有建立过连接：run() 要到 reactor 停下才返回，所以启动下载的代码应该在它之前",
        )
    return (
        2,
        "no connection is ever made: the addresses are read, and not used",
        "从来没有建立过连接：读了地址却没有使用",
    )


def runs_before(text: source.Source, runs: int, connects: int) -> bool:
    """Whether run() stands before what connects, or before a loop that calls for it."""
    around, begins = text.around(runs), text.around(connects)
    if connects > runs and begins == around:
        return True
    calls = (call for call in text.calls(begins) if call.lineno > runs)
    return any(text.around(call.lineno) == around for call in calls)


def few_connected(case: Case) -> Found | None:
    """Servers that it never connects to."""
    number, count = len({*case.opened, *case.ends}), len(case.servers)
    if not case.servers or number >= count or case.stage.transforms:
        return None
    if line := source.run_in_a_loop(case.source):
        return in_line(
            3,
            line,
            "reactor.run() stands in the loop over the addresses, and returns only when the reactor"
            " stops: connect to all of them first, then run it once",
            "reactor.run() 写在遍历地址的循环里，而它要到 reactor 停下才返回："
            "先连接所有地址，再运行一次",
        )
    if len(case.opened) > number and (found := source.late_bound(case.source)):
        return looked_up_late(*found)
    if len(case.opened) > number:
        return (
            2,
            f"one server is asked {len(case.opened)} times, and {count - number} of {count} never:"
            " each connection needs its own host and port",
            f"同一台服务器被连接了 {len(case.opened)} 次，{count} 台中有 {count - number} 台"
            "从未被连接：每个连接都要用自己的主机和端口",
        )
    return (
        2,
        f"only {number} of {count} servers are connected to: go through all of the addresses",
        f"{count} 台服务器中只连接了 {number} 台：要遍历所有的地址",
    )


def daemons(case: Case) -> Found | None:
    """Threads that end with the program, before their poems are there."""
    line = source.daemon(case.source) if "thread" in case.stage.lesson else 0
    joins = any(not call.args for call in case.source.calls("join"))  # and no text's
    if not line or case.run.how != "exit" or joins:
        return None
    return in_line(
        22,
        line,
        "a daemon thread ends with the program, which does not wait for it: join() does, for each",
        "守护线程随程序一起结束，程序并不等它：对每个线程调用 join() 才会等",
    )


def locked(case: Case) -> Found | None:
    """A lock that is held too long, or taken twice."""
    if "thread" not in case.stage.lesson or not {"Lock", "acquire"} & case.source.uses:
        return None
    line = case.source.line("Lock")
    if case.run.how == "waits for ever":
        return in_line(
            22,
            line,
            "a thread waits for this lock without end: it has it already, and takes it a second"
            " time, or whoever has it does not give it back",
            "有线程一直在等这把锁：它自己已经拿着，又去拿第二次，或者拿着它的线程没有放开",
        )
    begun = {event.thread for event in case.of(Enter) if event.thread and event.t < SOON / 10}
    if case.check in ("client-turns", "client-longest") and len(begun) > 1:
        return in_line(
            22,
            line,
            "a thread holds this lock while it waits for its poem, and the others wait for the"
            " lock: hold it only where something is used that they share",
            "一个线程拿着这把锁等自己的诗，其他线程就都在等锁：只在用到共享的东西时才拿锁",
        )
    return None


def mixed_up(case: Case) -> Found | None:
    """The transform server is asked for a poem, for another address is taken for its own."""
    if not case.stage.transforms or case.check in ("client-alone",):
        return None
    events = [e for e in case.of(Open, Close) if e.lane]
    first = next((at for at, e in enumerate(events) if isinstance(e, Close)), len(events))
    if not any(event.lane == 1 for event in events[:first]) or case.run.how == "exit":
        return None
    return (
        13,
        "the transform server, whose address is the first, is asked for a poem: take that address"
        " out, and ask those behind it for poems",
        "转换服务器的地址是第一个，却向它要诗：把这个地址取出来，向后面的地址要诗",
    )


def failed_without_failure(case: Case) -> Found | None:
    """An errback that is called with a poem."""
    fails = any(event.how != "done" for event in case.ends.values())
    if fails or case.crash or case.stage.transforms or "chance" in case.stage.traits:
        return None
    for event in case.of(Enter):
        name = last(event.function)
        if re.search(r"fail|errback|error", name, re.IGNORECASE) and case.whole:
            return in_line(
                6,
                (event.at or 0) or event.line,
                f"{name} is called, though nothing has failed: it is handed over, or called, in the"
                " place of the callback",
                f"什么也没有失败，却调用了 {name}：它被当成回调交了出去，或者被当成回调来调用",
            )
    return None


def in_place_of_another(case: Case) -> Found | None:
    """Poems that have come whole, of which some are not shown."""
    if case.run.how != "exit" or unfinished(case) or case.crash or not is_incomplete(case):
        return None
    output = case.run.stdout + case.run.stderr
    if "counts" in case.stage.traits:
        numbers = {int(word) for word in re.findall(r"\d+", output)}
        shown = [len(poem) in numbers or len(poem.decode()) in numbers for poem in case.poems]
    else:
        starts = [poem.decode().lower()[:3] for poem in case.poems if len(poem) > 2]
        shown = [start in output.lower() for start in starts]
    if not any(shown):
        if "counts" not in case.stage.traits:
            return None
        return (
            2,
            "the poems have come whole, and other sizes are shown: count all bytes that have come,"
            " and those of one poem alone",
            "诗都完整地到了，显示的却是别的大小：要数到达的全部字节，而且每首诗分开数",
        )
    if all(shown):
        return None
    return (
        5,
        f"of {len(shown)} poems that have come whole {shown.count(True)} are shown: does one take"
        " the place of another, under the same number, or does the print stand out of its loop?",
        f"{len(shown)} 首诗都完整地到了，却有 {shown.count(False)} 首没有显示："
        "是不是编号相同，一首取代了另一首，或者打印的代码不在循环里？",
    )


def used_up(case: Case) -> Found | None:
    """An iterator that is empty where it is gone through again."""
    found = source.used_up(case.source)
    if not found or case.run.how != "exit" or not is_incomplete(case):
        return None
    line, name = found
    return in_line(
        2,
        line,
        f"{name} is an iterator, and used up by the first that goes through it: list(...) keeps"
        " what it gives",
        f"{name} 是迭代器，遍历一次就用完了：用 list(...) 留住它给出的东西",
    )


def busy(case: Case) -> Found | None:
    """It asks again and again whether something has come."""
    if case.check != "client-waits":
        return None
    waits = [event for event in case.of(Wait) if event.by == "stage"]
    line = (waits[0].line or 0) if waits else 0
    name = waits[0].call if waits else "the loop"
    return in_line(
        2,
        line,
        f"{name} does not wait: with a time-out of 0 it returns at once, and the loop takes all of"
        " the processor. Without a time-out it waits until something comes",
        f"{name} 并不等待：超时为 0 时它立刻返回，循环占满处理器。"
        "不带超时，它就会一直等到有数据到来",
    )


def callback_not_called(case: Case) -> Found | None:
    """Functions are handed over, and none of them is called."""
    given = [(name, event) for event in case.of(Enter) for name in event.given or ()]
    if not given or not case.whole or any(case.entered[last(name)] for name, _ in given):
        return None
    name, event = given[0]
    return in_line(
        6,
        event.at or 0,
        f"{name} is handed over here, and nobody calls it: whoever has the whole poem has to call"
        " it with the poem",
        f"{name} 从这里交了出去，却没有谁调用它：得到整首诗的代码要拿着诗来调用它",
    )


def late_bound(case: Case) -> Found | None:
    """A lambda in a loop that looks up the variable of the loop when it is called."""
    found = source.late_bound(case.source) if is_incomplete(case) else None
    return looked_up_late(*found) if found else None


def looked_up_late(line: int, name: str) -> Found:
    """What to say of such a lambda."""
    return in_line(
        6,
        line,
        f"this lambda looks at {name} when it is called, and by then the loop has come to its last:"
        f" lambda ..., {name}={name}: ... keeps the one of now",
        f"这个 lambda 在被调用时才看 {name}，那时循环已经到了最后一个："
        f"lambda ..., {name}={name}: ... 才会留住现在的值",
    )


def transform_unasked(case: Case) -> Found | None:
    """What became of the transform server's answer."""
    if not case.stage.transforms or case.expected.startswith(("a line", "poems that")):
        return None
    read = sum(event.bytes for event in case.of(Read) if event.lane == 1)
    inner = [event for event in case.of(Fired) if event.failed]
    lines = {event.deferred: event.line or 0 for event in case.of(Deferred)}
    if 1 not in case.ends and 1 not in case.opened:
        return (
            12,
            "the transform server is never asked: nothing connects to its address",
            "从来没有请求转换服务器：没有代码连接它的地址",
        )
    if inner and read > 2:
        return in_line(
            12,
            lines.get(inner[0].deferred, 0),
            "the answer of the transform server comes, and the Deferred that is made here is not"
            " fired with it: stringReceived has to do that",
            "转换服务器的回答到了，却没有用它触发这里创建的 Deferred：应该由 stringReceived 来做",
        )
    if case.ends.get(1) and case.ends[1].how == "done" and not read:
        return (
            12,
            "the transform server closes without an answer: it wants one netstring, NAME.POEM, and"
            " the name that it knows is cummingsify",
            "转换服务器没有回答就关闭了连接：它要的是一个 netstring，名字.诗，"
            "而它认识的名字是 cummingsify",
        )
    return None


def inner_failure(case: Case) -> Found | None:
    """The transform server can't be had, and the poem is lost with it."""
    if case.check != "client-alone":
        return None
    return (
        13,
        "the failure of the transform server goes on to the whole download: an errback on the inner"
        " Deferred, or an except around its yield, gives the poem as it was",
        "转换服务器的错误传给了整个下载：要在内层 Deferred 上加 errback，"
        "或者在它的 yield 外面加 except，返回原来的诗",
    )


CHANCE = {
    "no poem but a line on it": (
        "no outcome of the engine makes the download fail: a GibberishError has to go on to the"
        " errback, so it is not to be taken by an except, or an errback, for all errors",
        "引擎的哪种结果都不会让下载失败：GibberishError 必须传给 errback，"
        "不能被处理所有错误的 except 或 errback 拦下",
    ),
    "the poem as it was": (
        "no outcome gives the poem as it was: where the engine fails in any other way than with a"
        " GibberishError, the poem itself is the result",
        "没有哪种结果给出原样的诗：引擎以 GibberishError 以外的方式失败时，结果就是诗本身",
    ),
    "the poem in lower case": (
        "no outcome gives the poem in lower case: the engine's result has to be returned, and so"
        " handed to the next callback",
        "没有哪种结果给出小写的诗：要返回引擎的结果，让它传给下一个回调",
    ),
}


def by_chance(case: Case) -> Found | None:
    """An outcome of the engine that never comes."""
    if case.check != "client-chance":
        return None
    if line := source.returned_error(case.source):
        return in_line(
            10,
            line,
            "an exception is returned here, as if it were a poem: raise it, and the errback gets"
            " it",
            "这里把异常当成诗返回了：要用 raise 抛出，errback 才会得到它",
        )
    en, zh = CHANCE[case.expected.removeprefix("by chance, ")]
    return 10, en, zh


def untold(case: Case) -> Found | None:
    """A failure that nobody says a word of."""
    if "says what failed" not in case.expected or case.run.how != "exit":
        return None
    if calls := [call for call in case.source.calls("printTraceback") if not call.args]:
        return in_line(
            9,
            calls[0].lineno,
            "printTraceback() writes to Twisted's log, which nobody has started: print the reason",
            "printTraceback() 写进 Twisted 的日志，而日志没有启动：把原因打印出来",
        )
    failed = next((event for event in case.ends.values() if event.how == "refused"), None)
    at = failed.t if failed else 0.0
    taken = [event for event in case.of(Enter) if event.t >= at and event.by != "start"]
    names = [event for event in taken if re.search("fail|err", event.function, re.IGNORECASE)]
    if not names:
        return (
            6,
            "a connection fails, and nobody says so: clientConnectionFailed is called with the"
            " reason, or the Deferred's errback",
            "有一个连接失败了，却没有说出来：clientConnectionFailed 会得到原因，"
            "或者 Deferred 的 errback 会得到",
        )
    name, line = names[-1].function, names[-1].line
    return in_line(
        6,
        line,
        f"{name} hears that a poem has failed, and says nothing of it: print the reason",
        f"{name} 得知一首诗失败了，却什么也没说：把原因打印出来",
    )


def listens(case: Case) -> Found | None:
    """A client that waits to be connected to."""
    line = case.source.line("listenTCP", "listen")
    if not line or case.opened or case.ends:
        return None
    return in_line(
        5,
        line,
        "a client does not listen, which is for those that are connected to: connectTCP(host, port,"
        " factory)",
        "客户端不监听，监听的是等待别人来连接的一方：用 connectTCP(主机, 端口, factory)",
    )


def for_writing(case: Case) -> Found | None:
    """A select that waits until something may be written, which is nearly always."""
    for call in case.source.calls("select"):
        first = call.args[0] if len(call.args) > 1 else None
        if isinstance(first, ast.List) and not first.elts:
            return in_line(
                2,
                call.lineno,
                "select's first list is for the sockets to read from, its second for those to write"
                " to, which nearly always may be: nothing is waited for",
                "select 的第一个列表放要读的套接字，第二个放要写的，而写几乎随时可以："
                "等于什么也没等",
            )
    return None


def framed(case: Case) -> Found | None:
    """A netstring that is taken for the poem in it."""
    if "that a netstring has" not in case.expected:
        return None
    return in_line(
        13,
        next((e.at or 0 for e in case.of(Enter) if last(e.function) == "dataReceived"), 0),
        "the answer is a netstring, with its size in front, and may come in pieces:"
        " NetstringReceiver calls stringReceived with the poem alone",
        "回答是 netstring，前面带长度，还可能分块：NetstringReceiver 只把诗本身交给 stringReceived",
    )


# Before an exception is looked at, which these may lead to; then what has not come.
FIRST: tuple[Look, ...] = (
    framed,
    listens,
    for_writing,
    busy,
    daemons,
    locked,
    mixed_up,
    failed_without_failure,
    given_up,
    too_soon,
    own_recv,
    closed_early,
    stopped_early,
    stopper_skipped,
    shared,
    wrong_codec,
)


LATER: tuple[Look, ...] = (
    printed_itself,
    nothing_connected,
    few_connected,
    not_read,
    by_chance,
    transform_unasked,
    inner_failure,
    untold,
    callback_not_called,
    guessed_end,
    loop_goes_on,
    never_stopped,
    overwritten,
    long_lines,
    in_turn,
    used_up,
    late_bound,
    ended_at_once,
    piece_for_whole,
    unchanged,
    last_line,
    in_place_of_another,
    nothing_shown,
    blanks_lost,
)
