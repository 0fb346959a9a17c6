"""What is behind a client that failed: what it makes of the data that comes."""

import re

from companion.check import source
from companion.check.case import Case, Found, in_line
from companion.check.causes import causes_of
from companion.check.subject import short
from companion.event import Closing, Open, Print, Reactor, Read, Timer, TimerFired, Wait

SOON = 1.5  # seconds that the poems of the checks take, at the most


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
    if word == "surrogateescape" and case.source.text.count(word.encode()) > 1:
        return None  # what it has escaped is put back
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


def unchanged(case: Case) -> Found | None:
    """The poem is shown as it came, where it is to be changed."""
    poem = next((one.decode() for one in case.poems if len(one) > 2 and one.isascii()), "")
    first = poem.partition("\n")[0]
    if case.stage.part < 10 or not first or first == first.lower():
        return None
    shown = case.run.stdout
    if first.lower() in shown.lower() and first not in shown and first.lower() not in shown:
        return (
            10,
            "the poem is printed changed, and otherwise than into lower case",
            "打印的诗变了，却不是变成小写",
        )
    if first not in shown or first.lower() in shown:
        return None
    return (
        10,
        "the poem is printed as it came: the callback that changes it is not in the chain, stands"
        " behind the one that prints, or does not return what it made",
        "打印的是原样的诗：改变它的回调不在链上，或者排在打印它的回调之后，或者没有返回它的结果",
    )


def words_of(poem: bytes) -> list[str]:
    """The first words of a poem, in lower case."""
    return re.findall(r"\w+", poem.decode("utf-8", "replace").lower())[:3]


def nothing_shown(case: Case) -> Found | None:
    """Poems arrive, and nobody prints them."""
    if "in the output" not in case.expected or case.run.how != "exit" or unfinished(case):
        return None
    shown = case.run.stdout + case.run.stderr
    if "counts" in case.stage.traits:
        if re.search(r"\d\d", shown):
            return None
    elif any(word in shown.lower() for poem in case.poems for word in words_of(poem)):
        return None
    runs = case.source.line("run")
    lines = [call.lineno for call in case.source.calls("print") if call.lineno < runs]
    before = [at for at in lines if case.source.around(at) == case.source.around(runs)]
    if before:
        return in_line(
            3,
            before[-1],
            "this comes before run(), when no poem has come: print behind it, or in a callback",
            "这一行在 run() 之前，那时还没有一首诗到：放在它之后，或者放在回调里打印",
        )
    return (
        case.stage.part,
        "the poems arrive, and nothing prints them",
        "诗都到了，却没有代码打印它们",
    )


def blanks_lost(case: Case) -> Found | None:
    """All of a poem is printed but its blanks and line ends, or with others."""
    if "in the output" not in case.expected or "counts" in case.stage.traits or unfinished(case):
        return None
    shown = case.run.stdout.lower()
    poems = [one.decode("utf-8", "replace").strip().lower() for one in case.poems]
    bare = "".join(shown.split())
    if not any(one not in shown and "".join(one.split()) in bare for one in poems if one):
        return None
    return in_line(
        5,
        case.source.bare_line("split", "splitlines", "strip", "rstrip"),
        "the words of the poem are printed, and not its blanks and line ends as they came: print"
        " the text as it is",
        "诗的字句都打印了，空白和换行却和到来时不同：应该原样打印文本",
    )


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
