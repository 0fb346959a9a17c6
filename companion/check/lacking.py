"""What a moment that does not come in a demonstration comes of, in the words of its part."""

import re

# The moment that is lacking; the part that teaches it, 0 for the stage's; English and Chinese.
LACKING: tuple[tuple[str, int, str, str], ...] = (
    (
        "the reactor runs",
        3,
        "the reactor is never run: what is handed to it is never called",
        "reactor 从未运行：交给它的函数永远不会被调用",
    ),
    ("the reactor returns", 3, "nothing stops the reactor", "没有代码停止 reactor"),
    (
        "the reactor waits in",
        3,
        "the other reactor is not installed: install() has to come before reactor is imported",
        "没有装上另一种 reactor：install() 必须在导入 reactor 之前调用",
    ),
    (
        r"a timer goes off at ([\d.]+) s",
        3,
        "no timer goes off at {} s: reactor.callLater(seconds, function) sets one",
        "{} 秒时没有定时器到点：用 reactor.callLater(秒数, 函数) 设置",
    ),
    (
        "a timer goes off",
        3,
        "no timer goes off: reactor.callLater(seconds, function) sets one",
        "没有定时器到点：用 reactor.callLater(秒数, 函数) 设置",
    ),
    (
        "a second time",
        7,
        "no Deferred is fired a second time, and that is what is to be seen here",
        "没有 Deferred 被触发第二次，而这里要看的正是这个",
    ),
    (
        "a generator returns a result",
        17,
        "no generator returns a result here: return value, with which its Deferred fires",
        "这里没有生成器返回结果：写 return 值，它的 Deferred 就带着这个值触发",
    ),
    (
        "fires with a result",
        7,
        "no Deferred is fired with a result here: d.callback(result)",
        "这里没有 Deferred 以结果触发：d.callback(结果)",
    ),
    (
        "fires with a failure",
        7,
        "no Deferred is fired with a failure here: d.errback(error)",
        "这里没有 Deferred 以错误触发：d.errback(错误)",
    ),
    (
        "a callback returns",
        7,
        "no callback runs here: it has to be added to the Deferred that fires",
        "这里没有回调运行：要先把它加到触发的那个 Deferred 上",
    ),
    (
        "an errback returns",
        7,
        "no errback runs here: addErrback, or the second function of addCallbacks",
        "这里没有 errback 运行：用 addErrback，或 addCallbacks 的第二个函数",
    ),
    (
        "(callback|errback) fails|an exception is raised",
        9,
        "nothing raises an exception here that leaves its function",
        "这里没有异常从函数中抛出来",
    ),
    (
        "a Deferred waits on another",
        13,
        "no callback returns a Deferred that has not fired yet, so the chain does not wait",
        "没有回调返回一个尚未触发的 Deferred，所以链不会等待",
    ),
    (
        "a pair is added late, and runs",
        14,
        "callbacks are added before the Deferred fires, or while it is paused; here they come"
        " after",
        "回调是在 Deferred 触发之前或暂停期间添加的；这里要在触发之后添加",
    ),
    (
        "a pair is added late, and waits",
        14,
        "the Deferred is not paused while callbacks are added: d.pause(), then d.unpause()",
        "添加回调时 Deferred 没有暂停：先 d.pause()，再 d.unpause()",
    ),
    (
        "a Deferred waits for several",
        18,
        "no DeferredList waits for the Deferreds",
        "没有 DeferredList 等待这些 Deferred",
    ),
    (
        "a failure is forgotten",
        9,
        "every failure is handled, and here one is to be left without an errback",
        "错误都被处理了，而这里要留下一个没有 errback 处理的",
    ),
    (
        "is cancelled",
        19,
        "no Deferred is cancelled here before it has fired: d.cancel()",
        "这里没有 Deferred 在触发之前被取消：d.cancel()",
    ),
    (
        "a stack is printed|without frames",
        6,
        "what is printed is without a stack, or with one where there is to be none",
        "打印的内容缺少调用栈，或者多了调用栈",
    ),
    (
        "a line is logged",
        16,
        "nothing goes to the log: log.startLogging has to come first",
        "什么也没有写进日志：要先调用 log.startLogging",
    ),
    (
        "it sleeps",
        8,
        "nothing blocks here, and a callback that blocks is what is to be seen",
        "这里没有阻塞，而要看的正是一个阻塞的回调",
    ),
    (
        "a generator begins while another waits",
        17,
        "the second generator begins only when the first has ended: call both, which begins them,"
        " and then add what waits for their results",
        "第二个生成器要到第一个结束才开始：先调用两者，它们就都开始了，再添加等待结果的函数",
    ),
    (
        "comes to its end",
        17,
        "a generator is left before its end: keep each, and call next() on it until it raises"
        " StopIteration",
        "有生成器没有运行到结尾：保留每个生成器，对它调用 next()，直到引发 StopIteration",
    ),
    (
        "yields|a generator prints",
        17,
        "the generator does not run up to its yield here: next(), send() or a loop makes it go on",
        "生成器在这里没有运行到 yield：要用 next()、send() 或循环让它继续",
    ),
    (
        "something is printed",
        0,
        "a function that prints in the stage prints nothing here",
        "阶段中会打印的函数，在这里什么也没有打印",
    ),
)


NOT_CALLED = (
    3,
    "the reactor calls no function that prints: hand one over before run(), with"
    " reactor.callWhenRunning(function)",
    "reactor 没有调用会打印的函数：在 run() 之前用 reactor.callWhenRunning(函数) 交给它",
)


def behind(moment: str, before: str = "") -> tuple[int, str, str] | None:
    """The part, and the sentence in English and in Chinese; None where the moment says it all."""
    if (moment, before) == ("something is printed", "the reactor runs"):
        return NOT_CALLED
    for pattern, part, en, zh in LACKING:
        if found := re.search(pattern, moment):
            return part, en.format(*found.groups()), zh.format(*found.groups())
    return None
