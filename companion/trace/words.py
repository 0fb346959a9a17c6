"""What the views of a trace say in words, in both languages; the stage's own words stay."""

from collections.abc import Iterable, Sequence

from companion.event import (
    Deferred,
    Enter,
    Event,
    Fired,
    Join,
    Leave,
    Pair,
    Placed,
    Print,
    Reactor,
    Resumed,
    Unseen,
    Wait,
)
from companion.render.text import visible
from companion.trace.turns import MAIN, Row, Task, is_own, lane_of, task_of

TEXTS = {
    "en": {
        "head": "{stage}: {seconds:.3f} s of simulated time",
        "real head": "{stage}: {seconds:.3f} s of real time",
        "then for ever": ", then it waits for ever",
        "unseen": "not shown on Twisted {twisted}: {what}",
        "runs on": "{stage} runs in real time; Ctrl-C ends it, and shows what there is so far",
        "not begun": "{stage} had not begun: there is nothing to show",
        "library": "the library",
        "code": "the stage's code",
        "main": "main thread",
        "time": "time",
        "no time": "no time passes: all in its order, from left to right",
        "seconds": "{:.3f} s",
        "to": "{} to {}",
        "bytes": "{:,} bytes, {}",
        "done": "done",
        "reset": "reset",
        "refused": "refused",
        "left": "left",
        "open": "open",
        "waits": "waits",
        "runs": "runs",
        "blocks": "waits, and the reactor stands still",
        "reads": "bytes arrive, code runs",
        "servers": "server",
        "once": "a moment: bytes arrive, code runs",
        "often": "several of them",
        "connected": "connected",
        "cut": "refused or reset",
        "waits ever": "waits for ever",
        "idle": "At {:.3f} s the reactor wakes once more and finds nothing to do: a connection that"
        " Twisted can't make is given up after 30 s, and the timer for it stays in the reactor's"
        " list, though cancelled.",
        "exit": "ends with status {status}",
        "of program": "{}: {}",
        "start": "start",
        "reactor": "reactor",
        "thread": "thread {thread}",
        "returns": "reactor returns",
        "loop": "reactor.run",
        "of library": "library",
        "lane": "{}, server {}",
        "caller": "{}, client {}",
        "client": "client {}",
        "line": "line {}",
        "handler": "D{deferred}, {side} {pair}",
        "reactor waits": "reactor waits",
        "for ever": "for ever in {call}",
        "until": "{seconds:.3f} s in {call}, until {until:.3f}",
        "call waits": "waits {}",
        "takes": ", takes {took}",
        "resumed": "{function} goes on",
        "returned": "returned {value}",
        "yielded": "yielded {value}",
        "raised": "raised {value}",
        "timer": "timer {timer}: {calls} in {delay:g} s",
        "timer_fired": "timer {timer} fires",
        "timer_cancelled": "timer {timer} is cancelled",
        "made": "D{deferred} is made",
        "stands": "D{deferred} stands for {generator}",
        "pair": "D{deferred} gets the pair {callback} | {errback}",
        "tells": "when D{deferred} fires, D{joins} gets its result",
        "resumes": "when D{deferred} fires, the generator of D{resumes} goes on",
        "fired": "D{deferred} fires with {value}",
        "refired": "D{deferred} fires a second time, with {value}",
        "paused": "D{deferred} waits on D{on}",
        "goes on": "D{deferred} goes on with {value}, from D{on}",
        "cancelled": "D{deferred} is cancelled",
        "unhandled": "D{deferred} ends UNHANDLED: {value}",
        "join": "D{deferred} joins {members} ({by})",
        "and": ", ",
        "more": "… {} more times",
        "more once": "… once more",
        "more lines": "… {} more lines",
        "more lines once": "… 1 more line",
        "more groups": "… these {1} steps {0} more times",
        "more groups once": "… these {1} steps once more",
        "of tasks": " ({})",
        "of servers": " (servers {})",
        "of clients": " (clients {})",
        "waited": "reactor waits {:.3f} s",
        # The ladder.
        "deferreds": "the Deferreds",
        "for": "D{}, for {}: made {}",
        "chain": "D{}: made {}",
        "joins": "joins {} ({by})",
        "cancelled at": "cancelled {}, {:.3f} s",
        "canceller": "its canceller {} is called, line {}",
        "fired at": "fired {}, {:.3f} s",
        "fired again": "fired for the second time {}, {:.3f} s",
        "never": "never fired",
        "same": "the same way: {} ({})",
        "at": "at line {}",
        "in": "at line {} in {}",
        "line in": "line {} in {}",
        "by library": "by the library",
        "pass": "pass on",
        "tell": "tells D{}",
        "resume": "D{}'s generator",
        "wait": "waits on D{}",
        "wait until": "waits on D{} until {:.3f} s",
        "wait for ever": "waits on D{} for ever",
        "ever": "for ever",
        "moment": "{:.3f} s, line {}",
        "on": "goes on",
        "on with": "goes on with",
        "UNHANDLED": "UNHANDLED",
        "callback": "callback",
        "errback": "errback",
        "result": "a result",
        "failure": "a failure",
        "between": "from one Deferred to another",
        "cancel": "a cancellation",
        # Two stages compared.
        "first": "here they first differ",
        "first at": "here, at {:.3f} s, they first differ",
        "same output": "the same output and exit status",
        "end of output": "(exit status {}: {})",
        "same acts": "they do the same, from the first moment to the last",
        "tried": ", with {}",
        "never called": "; never called, so nothing is known of: {}",
        "stands for": "{} stands for {}",
        "besides": "; {}",
        "differ": "at {:.3f} s {}; {}",
        "has ended": "{} has ended",
        "within": " in {}",
        "prints": "{}{inside} prints {}",
        "waits itself": "{} waits {}",
        "its reactor waits": "{}'s reactor waits {}",
        "does": "{}{inside}: {}",
        "its Deferred": "{}'s D{} calls {}, its {}",
        "itself": "{} calls {} itself{inside}",
        "its reactor": "{}'s reactor calls {}",
        "its task": "{}'s {} runs {}",
        "its library": "{}'s library calls {}",
        "ran": "{}: {:.3f} s, status {} ({})",
        "hunk": "{:.3f} s{inside}",
        "hunk again": "{:.3f} s{inside}, and {} more times like this",
        "hunk again once": "{:.3f} s{inside}, and once more like this",
        "nothing": "(nothing)",
        "lines left": "… {} more lines",
        "lines left once": "… 1 more line",
        "hunks left": "… {} more places",
        "hunks left once": "… 1 more place",
    },
    "zh": {
        "head": "{stage}：模拟时间 {seconds:.3f} 秒",
        "real head": "{stage}：真实时间 {seconds:.3f} 秒",
        "then for ever": "，然后永远等待",
        "unseen": "在 Twisted {twisted} 上无法显示：{what}",
        "runs on": "{stage} 正在真实时间中运行；按 Ctrl-C 结束，并显示到目前为止的情况",
        "not begun": "{stage} 还没有开始运行：没有可以显示的内容",
        "library": "库",
        "code": "本程序的代码",
        "main": "主线程",
        "time": "时间",
        "no time": "没有时间流逝：从左到右只表示先后",
        "seconds": "{:.3f} 秒",
        "to": "{} 至 {}",
        "bytes": "{:,} 字节，{}",
        "done": "完成",
        "reset": "被重置",
        "refused": "被拒绝",
        "left": "中途离开",
        "open": "未关闭",
        "waits": "等待",
        "runs": "运行",
        "blocks": "等待，reactor 也停住不动",
        "reads": "字节到达，代码运行",
        "servers": "服务器",
        "once": "一个时刻：字节到达，代码运行",
        "often": "多个时刻",
        "connected": "已连接",
        "cut": "被拒绝或重置",
        "waits ever": "永远等待",
        "idle": "{:.3f} 秒时 reactor 又醒来一次，却无事可做：Twisted 连接 30 秒不成就放弃，"
        "这个定时器虽已取消，仍留在 reactor 的列表里。",
        "exit": "结束，退出状态 {status}",
        "of program": "{}：{}",
        "start": "启动",
        "reactor": "reactor",
        "thread": "线程 {thread}",
        "returns": "reactor 返回",
        "loop": "reactor.run",
        "of library": "库",
        "lane": "{}，服务器 {}",
        "caller": "{}，客户端 {}",
        "client": "客户端 {}",
        "line": "第 {} 行",
        "handler": "D{deferred}，{side} {pair}",
        "reactor waits": "reactor 等待",
        "for ever": "永远（在 {call} 中）",
        "until": "{seconds:.3f} 秒（在 {call} 中，到 {until:.3f}）",
        "call waits": "等待：{}",
        "takes": "，得到 {took}",
        "resumed": "{function} 继续",
        "returned": "返回 {value}",
        "yielded": "yield {value}",
        "raised": "抛出 {value}",
        "timer": "定时器 {timer}：{delay:g} 秒后调用 {calls}",
        "timer_fired": "定时器 {timer} 到时",
        "timer_cancelled": "定时器 {timer} 被取消",
        "made": "创建 D{deferred}",
        "stands": "D{deferred} 代表 {generator}",
        "pair": "D{deferred} 添加一对：{callback} | {errback}",
        "tells": "D{deferred} 触发后，D{joins} 得到它的结果",
        "resumes": "D{deferred} 触发后，D{resumes} 的生成器继续",
        "fired": "D{deferred} 触发，结果是 {value}",
        "refired": "D{deferred} 第二次触发，结果是 {value}",
        "paused": "D{deferred} 等待 D{on}",
        "goes on": "D{deferred} 继续，从 D{on} 得到 {value}",
        "cancelled": "D{deferred} 被取消",
        "unhandled": "D{deferred} 的错误无人处理：{value}",
        "join": "D{deferred} 汇合 {members}（{by}）",
        "and": "、",
        "more": "… 再重复 {} 次",
        "more once": "… 再重复 1 次",
        "more lines": "… 还有 {} 行",
        "more lines once": "… 还有 1 行",
        "more groups": "… 这 {1} 步再重复 {0} 次",
        "more groups once": "… 这 {1} 步再重复 1 次",
        "of tasks": "（{}）",
        "of servers": "（服务器 {}）",
        "of clients": "（客户端 {}）",
        "waited": "reactor 等待 {:.3f} 秒",
        "deferreds": "各个 Deferred",
        "for": "D{}，代表 {}：创建{}",
        "chain": "D{}：创建{}",
        "joins": "汇合 {}（{by}）",
        "cancelled at": "取消{}，{:.3f} 秒",
        "canceller": "调用它的取消函数 {}，第 {} 行",
        "fired at": "触发{}，{:.3f} 秒",
        "fired again": "第二次触发{}，{:.3f} 秒",
        "never": "从未触发",
        "same": "走同样的路：{}（{} 个）",
        "at": "于第 {} 行",
        "in": "于 {1} 第 {0} 行",
        "line in": "{1} 第 {0} 行",
        "by library": "于库中",
        "pass": "直接传递",
        "tell": "通知 D{}",
        "resume": "D{} 的生成器",
        "wait": "等待 D{}",
        "wait until": "等待 D{}，到 {:.3f} 秒",
        "wait for ever": "永远等待 D{}",
        "ever": "永远",
        "moment": "{:.3f} 秒，第 {} 行",
        "on": "继续",
        "on with": "继续，得到",
        "UNHANDLED": "错误无人处理",
        "callback": "callback",
        "errback": "errback",
        "result": "结果",
        "failure": "失败",
        "between": "从一个 Deferred 到另一个",
        "cancel": "取消",
        "first": "从这里开始不同",
        "first at": "{:.3f} 秒，从这里开始不同",
        "same output": "输出和退出状态都相同",
        "end of output": "（退出状态 {}：{}）",
        "same acts": "两者从头到尾所做的都相同",
        "tried": "（{}）",
        "never called": "；从未被调用、因此无从得知：{}",
        "stands for": "{} 对应 {}",
        "besides": "；{}",
        "differ": "{:.3f} 秒时，{}；{}",
        "has ended": "{} 已经结束",
        "within": "（在 {} 中）",
        "prints": "{}{inside}打印 {}",
        "waits itself": "{} 等待：{}",
        "its reactor waits": "{} 的 reactor 等待：{}",
        "does": "{}{inside}：{}",
        "its Deferred": "{} 的 D{} 调用 {}，即它的 {}",
        "itself": "{}{inside}自己调用 {}",
        "its reactor": "{} 的 reactor 调用 {}",
        "its task": "{} 的 {} 运行 {}",
        "its library": "{} 的库代码调用 {}",
        "ran": "{}：{:.3f} 秒，退出状态 {}（{}）",
        "hunk": "{:.3f} 秒{inside}",
        "hunk again": "{:.3f} 秒{inside}，同样的还有 {} 处",
        "hunk again once": "{:.3f} 秒{inside}，同样的还有一处",
        "nothing": "（没有）",
        "lines left": "… 还有 {} 行",
        "lines left once": "… 还有 1 行",
        "hunks left": "… 还有 {} 处",
        "hunks left once": "… 还有 1 处",
    },
}
HOWS = {
    "en": {},
    "zh": {
        "exit": "自行结束",
        "waits for ever": "永远等待下去",
        "still runs": "仍在运行",
        "blocks": "阻塞",
        "not covered": "模拟时间不支持",
        "busy": "忙个不停",
        "broken": "出错",
    },
}


UNSEEN = {
    "en": {
        "deferreds": "where Deferreds are made",
        "pairs": "the pairs of a chain",
        "fired": "what a Deferred fires with",
        "results": "what callbacks get and give",
        "unhandled": "unhandled failures",
        "generators": "generators of Deferreds",
        "lists": "DeferredLists",
        "timers": "timers",
        "loop": "reactor.run",
        "real waits": "waits",
    },
    "zh": {
        "deferreds": "Deferred 在哪里创建",
        "pairs": "链中的各对回调",
        "fired": "Deferred 以什么触发",
        "results": "callback 得到和给出什么",
        "unhandled": "无人处理的失败",
        "generators": "Deferred 的生成器",
        "lists": "DeferredList",
        "timers": "定时器",
        "loop": "reactor.run",
        "real waits": "等待",
    },
}


def unseen_lines(events: Iterable[Event], lang: str) -> list[str]:
    """What the trace can't show on the Twisted that it was made with: one line, or none."""
    return [
        say(
            lang,
            "unseen",
            twisted=event.twisted,
            what=say(lang, "and").join(UNSEEN[lang].get(one, one) for one in event.what),
        )
        for event in events
        if isinstance(event, Unseen)
    ]


def say(lang: str, text: str, *args: object, **fields: object) -> str:
    """One of the texts, with its values."""
    return TEXTS[lang][text].format(*args, **fields)


def times_text(text: str, times: int, lang: str, *args: object, **fields: object) -> str:
    """One of the texts that count, in its words for one or for many."""
    return say(lang, f"{text} once" if times == 1 else text, times, *args, **fields)


def tasks_text(tasks: Sequence[Task], lang: str) -> str:
    """Which threads or tasks something was done in, six at the most."""
    return say(lang, "of tasks", some([task_text(task, lang) for task in tasks], lang))


def some(names: Sequence[str], lang: str) -> str:
    """Six names at the most."""
    return say(lang, "and").join([*names[:6], *(["…"] if names[6:] else [])])


def lanes_text(names: Sequence[str], lang: str) -> str:
    """Which servers or clients something was for, six of each at the most."""
    said = ""
    for text, there in (
        ("of servers", [name for name in names if not name.startswith("c")]),
        ("of clients", [name[1:] for name in names if name.startswith("c")]),
    ):
        said += say(lang, text, some(there, lang)) if there else ""
    return said


def how_text(how: str, lang: str) -> str:
    """How a run ended."""
    return HOWS[lang].get(how, how)


def deferreds_text(numbers: Iterable[int], lang: str) -> str:
    """D1, D2, ..."""
    return say(lang, "and").join(f"D{number}" for number in numbers)


def place_text(event: Placed, lang: str, alone: str = "at", within: str = "in") -> str:
    """Where in the stage, by the text for the script itself or the one for a function; by the
    library if nowhere."""
    if not event.line:
        return say(lang, "by library")
    inside = event.function and event.function != "<module>"
    return say(lang, within if inside else alone, event.line, event.function)


def line_text(event: Placed, lang: str) -> str:
    """The same, as a note."""
    return place_text(event, lang, "line", "line in")


def left_text(row: Row, lang: str) -> str:
    """What the library does in a row of the control: who calls, and for which lane; or the thread
    or task that goes on."""
    event = row.event
    if isinstance(event, Wait) and not row.depth:
        return say(lang, "reactor waits")
    if not isinstance(event, Enter) or event.by == "stage":
        return ""
    if row.runs:
        return say(lang, "handler", **row.runs.fields)
    if event.by in ("thread", "task"):
        return visible(task_text(task_of(event), lang))
    who = say(lang, "of library" if event.by == "library" else event.by)
    lane = lane_of(event)
    if lane.startswith("c"):
        return say(lang, "caller", who, lane[1:])
    return say(lang, "lane", who, lane) if lane else who


def task_text(task: Task, lang: str) -> str:
    """The name of a thread or task."""
    if isinstance(task, str):
        return task
    return say(lang, "main") if task == MAIN else say(lang, "thread", thread=task)


def lane_text(name: str, lang: str) -> str:
    """The name of a lane: that of a client, or a server's number and its poem's."""
    return say(lang, "client", name[1:]) if name.startswith("c") else name


def row_line(row: Row, lang: str) -> str:
    """The line of the stage that it does it in, where that says more than the function's name."""
    event = row.event
    if not isinstance(event, Placed) or isinstance(event, Enter | Leave | Print | Wait):
        return ""
    return say(lang, "line", event.line) if event.line else ""


def row_text(row: Row, lang: str) -> str:
    """What the stage does in a row of the control."""
    event = row.event
    if isinstance(event, Wait):
        text = wait_text(event, lang)
        return say(lang, "call waits", text) if is_own(event) else text
    takes = say(lang, "takes", **row.runs.fields) if row.runs else ""
    return visible(event_text(event, lang) + takes)


def wait_text(event: Wait, lang: str) -> str:
    """What is waited in, and how long: in seconds, or for ever."""
    if event.until is None:
        return say(lang, "for ever", **event.fields)
    return say(lang, "until", seconds=event.until - event.t, **event.fields)


def event_text(event: Event, lang: str) -> str:
    """Any other event that the stage's code has a part in."""
    match event:
        case Enter():
            return say(lang, "resumed", **event.fields) if event.resumed else event.function
        case Leave():
            return say(lang, event.how, **event.fields)
        case Print():
            return f"{'!' if event.stream == 'stderr' else '>'} {event.text}"
        case Deferred():
            return say(lang, "stands" if event.generator else "made", **event.fields)
        case Pair():
            return pair_text(event, lang)
        case Fired():
            return say(lang, "refired" if event.again else "fired", **event.fields)
        case Resumed():
            return say(lang, "goes on", **event.fields)
        case Reactor():
            return say(lang, "loop")
        case Join():
            return say(lang, "join", members=deferreds_text(event.of, lang), **event.fields)
    return say(lang, event.kind, **event.fields)


def pair_text(pair: Pair, lang: str) -> str:
    """That a pair is added, and what it is for."""
    if pair.joins:
        return say(lang, "tells", **pair.fields)
    if pair.resumes:
        return say(lang, "resumes", **pair.fields)
    callback, errback = names_text(pair, lang)
    return say(lang, "pair", deferred=pair.deferred, callback=callback, errback=errback)


def names_text(pair: Pair | None, lang: str) -> tuple[str, str]:
    """The two handlers of a pair."""
    if pair is None:
        return say(lang, "pass"), say(lang, "pass")
    if pair.joins:
        return say(lang, "tell", pair.joins), say(lang, "tell", pair.joins)
    if pair.resumes:
        return say(lang, "resume", pair.resumes), say(lang, "resume", pair.resumes)
    return pair.callback or say(lang, "pass"), pair.errback or say(lang, "pass")
