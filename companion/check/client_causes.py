"""What is behind a client that failed: connections, poems, and who learns of them."""

import re

from companion.check import source
from companion.check.case import SLIPS, Case, Found, Look, in_line, last
from companion.check.causes import causes_of
from companion.check.subject import short
from companion.event import (
    Close,
    Closing,
    Deferred,
    Enter,
    Fired,
    Open,
    Pair,
    Paused,
    Print,
    Ran,
    Reactor,
    Read,
    Timer,
    TimerFired,
    Wait,
)

SOON = 1.5  # seconds that the poems of the checks take, at the most


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
    return (
        2,
        "no connection is ever made: the addresses are read, and not used",
        "从来没有建立过连接：读了地址却没有使用",
    )


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


OWN_WORDS = re.compile(
    r"object is not callable|has no attribute|positional argument|is not defined|not iterable"
    r"|unsupported operand|can't concat|can only concatenate|bytes-like object"
)


def printed_itself(case: Case) -> Found | None:
    """A mistake of its own, which it takes and prints as if a poem had failed."""
    if any(event.how != "done" for event in case.ends.values()):
        return None
    for event in case.of(Print):
        words = event.text.strip()
        if not OWN_WORDS.search(words):
            continue
        part, en, zh = next(causes_of(words), (3, "", ""))
        return in_line(
            part,
            (event.line or 0),
            f"what is printed here is a mistake of the program's own: {short(words)}"
            f"{': ' + en if en else ''}",
            f"这里打印的是程序自己的错误：{short(words)}{'：' + zh if zh else ''}",
        )
    return None


def last_line(case: Case) -> Found | None:
    """A LineReceiver's last line, which has no end."""
    if not {"LineReceiver", "LineOnlyReceiver"} & case.source.uses or not is_incomplete(case):
        return None
    if "first" not in case.happened or case.crash:
        return None
    return in_line(
        5,
        next((one.lineno for one in case.source.functions if one.name == "lineReceived"), 0),
        "lineReceived is called at the end of a line, and the poem's last line may have none: what"
        " is left when the connection is lost belongs to the poem, too",
        "一行结束时才调用 lineReceived，而诗的最后一行可能没有行尾：连接断开时剩下的也属于这首诗",
    )


def not_read(case: Case) -> Found | None:
    """Connections that nobody reads from."""
    if not case.opened or case.of(Read) or case.run.how == "exit":
        return None
    return (
        4,
        "a connection is made, and nothing reads from it: reactor.addReader(self) tells the reactor"
        " to call doRead",
        "建立了连接，却没有谁来读：reactor.addReader(self) 让 reactor 调用 doRead",
    )


def own_recv(case: Case) -> Found | None:
    """A recv that waits, where many sockets are to be waited for."""
    if "in-turn" in case.stage.traits or "thread" in case.stage.lesson:
        return None
    for event in case.of(Wait):
        if event.call == "recv" and event.by == "stage":
            return in_line(
                2,
                event.line or 0,
                "recv waits for the next piece of one poem, and all the others wait with it:"
                " sock.setblocking(False), and a BlockingIOError says that there is no more yet",
                "recv 等待一首诗的下一块，其他的诗只好一起等：用 sock.setblocking(False)，"
                "暂时没有数据时会抛出 BlockingIOError",
            )
    return None


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


def unfinished(case: Case) -> list[int]:
    """The servers whose poem had not come to its end."""
    sized = (event.lane for event in case.of(Open) if event.lane and event.size)
    return [lane for lane in sized if lane not in case.whole]


def too_soon(case: Case) -> Found | None:
    """A time-out that is over before the poems are there."""
    if not unfinished(case) or case.run.how != "exit" or "AlreadyCalled" in case.crash:
        return None
    timers = {event.timer: event for event in case.of(Timer)}
    for event in case.of(TimerFired):
        timer = timers.get(event.timer)
        if timer is not None and 0.05 < timer.delay < SOON:
            seconds = f"{timer.delay:g}"
            if "stop" in timer.calls:
                return in_line(
                    3,
                    timer.line or 0,
                    f"the reactor is stopped after {seconds} s, whatever has come by then: the"
                    " callback of the last poem is to stop it",
                    f"{seconds} 秒后就停止 reactor，不管到了什么：应该由最后一首诗的回调来停",
                )
            return in_line(
                6,
                timer.line or 0,
                f"the time-out of {seconds} s is over before the poems are there, which take up to"
                " 1.2 s",
                f"{seconds} 秒的超时在诗到齐之前就到了，而诗最多需要 1.2 秒",
            )
    return None


def closed_early(case: Case) -> Found | None:
    """It hangs up before the poem is whole."""
    sizes = {event.lane: event.size for event in case.of(Open) if event.size}
    read: dict[int, int] = {}
    for event in case.of(Read, Closing):
        lane = event.lane or 0
        if isinstance(event, Read):
            read[lane] = read.get(lane, 0) + event.bytes
        elif isinstance(event, Closing) and read.get(lane, 0) < sizes.get(lane, 0):
            return in_line(
                5,
                event.line or 0,
                "the connection is closed before the poem is whole: the server ends it after the"
                " last piece, and connectionLost says so",
                "诗还没到齐就关闭了连接：服务器会在最后一块之后结束连接，connectionLost 告诉你",
            )
    return None


def stopped_early(case: Case) -> Found | None:
    """The first poem stops the reactor, and the others are cut short."""
    closed = {event.lane for event in case.of(Closing)}
    cut = [lane for lane in unfinished(case) if lane in case.ends and lane not in closed]
    refused = any(event.how == "refused" for event in case.ends.values())
    if not cut or not (refused or case.whole - {1 if case.stage.transforms else 0}):
        return None
    if case.run.how != "exit" or not case.of(Reactor) or "AlreadyCalled" in case.crash:
        return None
    first = min(case.run.events.index(case.ends[lane]) for lane in cut)
    later = (event for event in case.run.events[first:] if isinstance(event, Read))
    if any(case.ends[lane].how != "left" for lane in cut) or any(later):
        return None  # or dropped for an exception
    if refused and case.crash and "ReactorNotRunning" not in case.crash:
        return None
    if refused:
        return in_line(
            6,
            case.source.line("stop"),
            "a connection that fails stops the reactor, and the poems that still come are cut"
            " short: count it as one that is done",
            "一个连接失败就停止 reactor，还在到来的诗被截断：应该把它算作处理完的一个",
        )
    return in_line(
        3,
        case.source.line("stop"),
        "the reactor is stopped when the first poem is there, and the others are cut short: count,"
        " and stop it at the last",
        "第一首诗到了就停止 reactor，其他的诗被截断：要计数，到最后一首再停",
    )


def is_incomplete(case: Case) -> bool:
    """Whether the check misses a poem, or what it says of one."""
    return "in the output" in case.expected or "UnicodeDecodeError" in case.crash


def shared(case: Case) -> Found | None:
    """An attribute that all connections have in common, where pieces are mixed."""
    found = source.shared(case.source) if is_incomplete(case) and len(case.servers) > 1 else None
    if not found:
        return None
    line, name = found
    return in_line(
        5,
        line,
        f"{name} belongs to all connections at once, so their pieces are mixed: give each Protocol"
        f" its own, self.{name} = ..., in connectionMade",
        f"{name} 是所有连接共用的，各首诗的数据块混在了一起："
        f"在 connectionMade 里给每个 Protocol 自己的 self.{name} = ...",
    )


def wrong_codec(case: Case) -> Found | None:
    """A codec, or a handler of errors, that spoils a character cut in two."""
    texts = "counts" not in case.stage.traits  # whose sizes are of bytes, or of characters
    found = source.codec(case.source) if is_incomplete(case) and texts else None
    if not found:
        return None
    line, word = found
    if word in ("ignore", "replace", "backslashreplace", "surrogateescape"):
        return in_line(
            5,
            line,
            f"errors={word!r} hides that a piece was cut inside a character, and the character is"
            " lost: keep the bytes until the poem is whole, then decode once",
            f"errors={word!r} 掩盖了一块数据断在字符中间，那个字符就丢了："
            "先存起字节，整首到齐再解码一次",
        )
    return in_line(
        5,
        line,
        f"the poem is decoded as {word}, and it is written in UTF-8",
        f"诗是 UTF-8 的，却按 {word} 解码",
    )


def overwritten(case: Case) -> Found | None:
    """Each piece takes the place of the one before."""
    line = source.overwritten(case.source) if is_incomplete(case) else 0
    if not line:
        return None
    return in_line(
        5,
        line,
        "each piece takes the place of the one before, and only the last is left: add to what has"
        " come, with += or append",
        "每一块数据都取代了前一块，只剩下最后一块：要用 += 或 append 加到已有的后面",
    )


def long_lines(case: Case) -> Found | None:
    """A LineReceiver whose lines do not end, so that it hangs up after MAX_LENGTH bytes."""
    line = next(
        (
            one.lineno
            for one in case.source.classes
            if any(source.named(base) == "LineReceiver" for base in one.bases)
        ),
        0,
    )
    if not line or not is_incomplete(case) or b"delimiter" in case.source.text:
        return None
    return in_line(
        5,
        line,
        r"a LineReceiver ends its lines at \r\n, and hangs up where none comes for 16,384 bytes:"
        r' delimiter = b"\n" in the class',
        r"LineReceiver 以 \r\n 作为行尾，16384 字节里没有就断开连接："
        r'在类里写 delimiter = b"\n"',
    )


def in_turn(case: Case) -> Found | None:
    """The second download begins when the first has ended."""
    if "in-turn" in case.stage.traits:
        return None
    begun: set[int] = set()
    for event in case.of(Open, Close):
        lane = event.lane or 0
        if isinstance(event, Open) and begun and event.t > 0.1 and begun <= case.whole:
            waits = case.of(Paused)
            line = next((one.line for one in waits if one.line), 0)
            return in_line(
                3,
                line,
                f"the second download begins at {event.t:.1f} s, when the first has ended: start"
                " all of them, and then wait",
                f"第二个下载要到 {event.t:.1f} 秒、第一个结束时才开始：先全部启动，再等待",
            )
        if isinstance(event, Open):
            begun.add(lane)
    return None


def piece_for_whole(case: Case) -> Found | None:
    """It ends a poem, or itself, at the first piece."""
    if case.run.how != "exit" or not unfinished(case):
        return None
    if not any(event.lane for event in case.of(Read)):
        return None
    if "Protocol" not in case.source.uses:
        return in_line(
            2,
            case.source.line("recv", "recv_into", "read", "readline"),
            "a piece is taken for the whole: a read gives what has come by now, or says that there"
            " is nothing yet; the poem is whole where it gives b''",
            "把一块数据当成了整首诗：一次读取只给出目前已到的数据，或者说明暂时还没有；"
            "读到 b'' 时诗才完整",
        )
    return (
        5,
        "a piece is taken for the whole: dataReceived is called with whatever has come, and the"
        " poem is whole only when the connection is lost",
        "把一块数据当成了整首诗：dataReceived 得到的只是已经到的部分，连接断开时诗才完整",
    )


def ended_at_once(case: Case) -> Found | None:
    """It ends before anything has come."""
    came = any(event.lane for event in case.of(Read))
    if case.run.how != "exit" or came or case.crash or not case.of(Reactor):
        return None
    if any(event.how == "refused" for event in case.ends.values()):
        return None
    return in_line(
        3,
        case.source.line("stop"),
        "the reactor is stopped before anything has come: what stops it has to be called by the"
        " last poem's callback",
        "什么都还没到，reactor 就停了：停止它的代码应该由最后一首诗的回调来调用",
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


def stopper_skipped(case: Case) -> Found | None:
    """What would stop the reactor is added for one of two sides, and the other one comes."""
    line = case.source.line("stop")
    name = case.source.around(line)
    if case.run.how != "waits for ever" or not name or case.entered[name] >= len(case.servers):
        return None
    if any(SLIPS.match(one.value) for one in case.raised()):
        return None
    passed = {(event.deferred, event.pair) for event in case.of(Ran) if event.how == "passed"}
    for pair in case.of(Pair):
        if (pair.deferred, pair.pair) not in passed:
            continue
        sides = [side for side in ("callback", "errback") if last(str(getattr(pair, side))) == name]
        if len(sides) == 1:
            other, what, zh_what = (
                ("callback", "a result", "结果")
                if sides == ["errback"]
                else ("errback", "a failure", "错误")
            )
            return in_line(
                8,
                pair.line or 0,
                f"{name}, which stops the reactor, is added as {sides[0]} alone, and {what} comes,"
                f" which goes to the {other}: addBoth adds it for both",
                f"停止 reactor 的 {name} 只作为 {sides[0]} 添加，而到来的是{zh_what}，"
                f"走的是 {other}：addBoth 两边都添加",
            )
    return None


def never_stopped(case: Case) -> Found | None:
    """All has come, and it waits on."""
    if case.run.how != "waits for ever" or not case.of(Reactor):
        return None
    if set(case.opened) - set(case.ends) or not (case.opened or case.ends):
        return None
    calls = case.source.calls("stop")
    handed = "stop" in case.source.uses
    if not calls and not handed:
        return (
            3,
            "all poems have come, and nothing stops the reactor: there is no reactor.stop() in it",
            "诗都到了，却没有代码停止 reactor：文件里没有 reactor.stop()",
        )
    line = calls[0].lineno if calls else 0
    name = case.source.around(line)
    failed = any(event.how != "done" for event in case.ends.values())
    if name and not case.entered[name]:
        en, zh = ("a poem has failed", "有一首诗失败了") if failed else ("all has come", "都到了")
        return in_line(
            3,
            line,
            f"{en}, and {name}, which would stop the reactor, is not called then: whatever comes or"
            " fails has to call it",
            f"{zh}，却没有调用会停止 reactor 的 {name}：不论到达还是失败，都要调用它",
        )
    if failed and "connectTCP" in case.source.uses and not hears_of_failures(case):
        return in_line(
            6,
            case.source.line("connectTCP"),
            "connectTCP raises nothing where a connection fails, and nothing hears of it: the"
            " factory needs clientConnectionFailed(self, connector, reason)",
            "连接失败时 connectTCP 不抛出异常，也没有谁知道："
            "factory 需要 clientConnectionFailed(self, connector, reason)",
        )
    if failed:
        return in_line(
            6,
            line,
            "every connection has ended, and nothing stops the reactor: it is stopped only when all"
            " poems came, and one has failed. Whatever has failed counts, too",
            "所有连接都结束了，却没有代码停止 reactor：它只在诗全部到达时才停，"
            "而有一首失败了。失败的也要算在内",
        )
    times = case.entered[name]
    count = f", though {name} runs {'once' if times == 1 else f'{times} times'}" if name else ""
    count_zh = f"，虽然 {name} 运行了 {times} 次" if name else ""
    return in_line(
        3,
        line,
        "all poems have come, and nothing stops the reactor: reactor.stop() is never reached"
        f"{count}",
        f"诗都到了，却没有代码停止 reactor：从来没有执行到 reactor.stop(){count_zh}",
    )


def hears_of_failures(case: Case) -> bool:
    """Whether a factory of its own is told of a connection that fails."""
    return b"clientConnectionFailed" in case.source.text


def loop_goes_on(case: Case) -> Found | None:
    """All has come, and a loop of its own goes on."""
    if case.run.how == "exit" or case.of(Reactor) or not case.ends:
        return None
    if "task" in case.stage.lesson:
        return (
            22,
            "all poems have come, and something is awaited that nobody fulfils: a future's"
            " set_result, or set_exception, does",
            "诗都到了，却还在等一个没有谁来完成的东西：future 要由 set_result 来完成",
        )
    if any(lane not in case.ends for lane in case.opened):
        return None
    return in_line(
        2,
        case.source.line("select", "poll"),
        "all poems have come, and the loop goes on: a socket that has ended is to be taken out of"
        " those that are waited for, and the loop ends with the last",
        "诗都到了，循环还在继续：结束的套接字要从等待的名单中去掉，最后一个结束时循环也结束",
    )


def guessed_end(case: Case) -> Found | None:
    """The end of a poem is looked for in its text."""
    line = source.guessed_end(case.source)
    if not line or case.run.how == "exit":
        return None
    return in_line(
        5,
        line,
        "the end of a poem is looked for in its text, which may hold the same anywhere, or not at"
        " all: it is whole when the connection is lost",
        "在诗的文本里寻找结尾，而文本中任何地方都可能有同样的内容，也可能没有：连接断开时诗才完整",
    )


def late_bound(case: Case) -> Found | None:
    """A lambda in a loop that looks up the variable of the loop when it is called."""
    found = source.late_bound(case.source) if is_incomplete(case) else None
    if not found:
        return None
    line, name = found
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
    en, zh = CHANCE[case.expected.removeprefix("by chance, ")]
    return 10, en, zh


def unchanged(case: Case) -> Found | None:
    """The poem is shown as it came, where it is to be changed."""
    poem = next((one.decode() for one in case.poems if len(one) > 2 and one.isascii()), "")
    first = poem.partition("\n")[0]
    if case.stage.part < 10 or not first or first == first.lower():
        return None
    if first not in case.run.stdout or first.lower() in case.run.stdout:
        return None
    return (
        10,
        "the poem is printed as it came: the callback that changes it is not in the chain, stands"
        " behind the one that prints, or does not return what it made",
        "打印的是原样的诗：改变它的回调不在链上，或者排在打印它的回调之后，或者没有返回它的结果",
    )


def nothing_shown(case: Case) -> Found | None:
    """Poems arrive, and nobody prints them."""
    if "in the output" not in case.expected or case.run.how != "exit" or unfinished(case):
        return None
    shown = case.run.stdout + case.run.stderr
    if "counts" in case.stage.traits:
        if re.search(r"\d\d", shown):
            return None
    elif any(poem.decode("utf-8", "replace")[:3] in shown for poem in case.poems if poem):
        return None
    return (
        case.stage.part,
        "the poems arrive, and nothing prints them",
        "诗都到了，却没有代码打印它们",
    )


def untold(case: Case) -> Found | None:
    """A failure that nobody says a word of."""
    if "says what failed" not in case.expected or case.run.how != "exit":
        return None
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


def given_up(case: Case) -> Found | None:
    """What is wrong with a time-out that the program has of its own."""
    if case.check != "client-gives-up":
        return None
    gone = {event.timer for event in case.of(TimerFired)}
    timer = next((e for e in case.of(Timer) if e.timer in gone), None)
    line = (timer.line or 0) if timer else 0
    for words, (en, zh) in GIVEN_UP.items():
        if words in case.happened:
            return in_line(6, line, en, zh)
    return None


GIVEN_UP = {
    "timers go off": (
        "the timer of a poem that came in time goes off all the same: keep what callLater returns,"
        " and cancel() it when the poem is there",
        "诗按时到了，它的定时器照样到点：保存 callLater 返回的对象，诗到了就 cancel()",
    ),
    "nothing closes it": (
        "the poem is given up after this time, and its connection is left open:"
        " transport.loseConnection(), or connector.disconnect(), closes it",
        "过了这段时间就放弃这首诗，连接却一直开着：用 transport.loseConnection()"
        " 或 connector.disconnect() 关闭它",
    ),
    "fired a second time": (
        "a poem that is given up after this time fails once more when its connection is lost, and"
        " the Deferred is fired a second time: remember that it is done",
        "过了这段时间放弃的诗，在连接断开时又失败一次，Deferred 被触发两次：要记住它已经处理过了",
    ),
    "times for two poems": (
        "a poem that is given up after this time is reported once more when its connection is lost:"
        " remember that it is done",
        "过了这段时间放弃的诗，在连接断开时又被报告一次：要记住它已经处理过了",
    ),
    "half a poem": (
        "what has come of a poem that is given up is shown as if it were whole: connectionLost is"
        " called after loseConnection, too",
        "放弃的诗只到了一部分，却当作整首显示：loseConnection 之后也会调用 connectionLost",
    ),
}


def unread(case: Case) -> Found | None:
    """A wait in a run that never ends: the end of the stream is not looked for."""
    for function in case.source.functions:
        if function.name == "doRead" and not source.returns(function, "CONNECTION_DONE"):
            return in_line(
                4,
                function.lineno,
                "doRead never says that a connection has ended, so the reactor calls it again and"
                " again: where recv gives b'', return main.CONNECTION_DONE",
                "doRead 从不说明连接已经结束，reactor 就一遍又一遍地调用它："
                "recv 得到 b'' 时，返回 main.CONNECTION_DONE",
            )
    if line := case.source.line("recv"):
        return in_line(
            2,
            line,
            "the loop goes on after the end: recv gives b'' for ever once the server has closed,"
            " and that is the end of the poem",
            "到了末尾循环还在继续：服务器关闭以后 recv 永远得到 b''，那就是诗的结尾",
        )
    return None


# Before an exception is looked at, which these may lead to; then what has not come.
FIRST: tuple[Look, ...] = (
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
)
