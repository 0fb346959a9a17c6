"""What is behind a client that failed: who stops it, too soon or never, and what it gives up."""

import re

from companion.check.case import SLIPS, Case, Found, in_line, last
from companion.check.client_data import unfinished
from companion.event import (
    Close,
    Closing,
    Open,
    Pair,
    Paused,
    Ran,
    Reactor,
    Read,
    Timer,
    TimerFired,
)


def stopped_early(case: Case) -> Found | None:
    """The first poem stops the reactor, and the others are cut short."""
    closed = {event.lane for event in case.of(Closing)}
    cut = [lane for lane in unfinished(case) if lane in case.ends and lane not in closed]
    refused = any(event.how == "refused" for event in case.ends.values())
    if not cut or not (refused or case.whole - {1 if case.stage.transforms else 0}):
        return None
    if case.run.how != "exit" or not case.of(Reactor):
        return None
    if re.search("AlreadyCalled|UnicodeDecode", case.crash):
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


def in_turn(case: Case) -> Found | None:
    """The second download begins when the first has ended."""
    if "in-turn" in case.stage.traits:
        return None
    begun: set[int] = set()
    for event in case.of(Open, Close):
        lane = event.lane or 0
        if lane == 1 and case.stage.transforms:
            continue  # which is asked for no poem
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
