"""17.2: how deep the stack gets where a generator yields Deferreds that have fired already."""

import random
import sys

from twisted.internet.defer import inlineCallbacks, succeed

from companion.check.exercise import Question

DEEPER = {
    "en": "So it would be if each Deferred's callback resumed the generator. Then a thousand of"
    " them would be too many for Python's stack; try a thousand.",
    "zh": "如果由每个 Deferred 的回调去恢复生成器，就会这样。那么一千个就会超出 Python 的栈；"
    "试一试一千个。",
}


def depth() -> int:
    """How many frames the stack has."""
    frame, count = sys._getframe(), 0
    while frame := frame.f_back:
        count += 1
    return count


def depths(count: int) -> tuple[int, int, str, int]:
    """The depth after the first such yield and after the last; who called, and in which line."""
    found = []
    caller = ("", 0)

    @inlineCallbacks
    def generator():
        nonlocal caller
        for _ in range(count):
            yield succeed(None)
            frame = sys._getframe().f_back
            while "defer.py" not in frame.f_code.co_filename:
                frame = frame.f_back
            caller = frame.f_code.co_name, frame.f_lineno
            found.append(depth())

    generator()
    return found[0], found[-1], *caller


def question() -> Question:
    count = random.choice((10, 50, 100))
    first, last, name, line = depths(count)
    return Question(
        ask={
            "en": f"A generator under inlineCallbacks yields {count} Deferreds, one after the"
            " other, and each has fired already. How many frames more has the stack after the last"
            " yield than after the first? Answer with a number.",
            "zh": f"用 inlineCallbacks 装饰的生成器，先后 yield 了 {count} 个 Deferred，"
            "每个都早已触发。最后一个 yield 之后的调用栈，"
            "比第一个 yield 之后的多几帧？用一个数回答。",
        },
        answers=(str(last - first),),
        refusal={
            "en": "Have such a generator print len(inspect.stack()) after each yield.",
            "zh": "让这样的生成器在每个 yield 之后打印 len(inspect.stack())。",
        },
        shows="companion trace inline-callbacks-1",
        thoughts={str(count): DEEPER, str(count - 1): DEEPER},
        why={
            "en": f"{last - first}. {name} is a loop: it sends into the generator (line {line} of"
            " twisted/internet/defer.py) or throws, and looks at what is yielded. If that is a"
            " Deferred, it adds a callback; where this runs at once, since the Deferred has fired,"
            " it only keeps the result for the next round. Were the generator resumed by that"
            " callback instead, each yield would make the stack deeper, and a thousand would break"
            " it. Where the Deferred has not fired, the loop returns, and the callback starts it"
            " anew: companion trace inline-callbacks-1.",
            "zh": f"{last - first} 帧。{name} 是一个循环：它向生成器 send"
            f"（twisted/internet/defer.py 第 {line} 行）或者 throw，再看 yield 出来的是什么。"
            "如果是 Deferred，就给它添加一个回调；Deferred 早已触发时，这个回调立刻运行，"
            "但只是把结果留给下一轮。假如由这个回调去恢复生成器，每个 yield 都会让栈更深，"
            "一千个就会溢出。如果 Deferred 还没触发，循环就返回，以后由回调重新启动它："
            "companion trace inline-callbacks-1。",
        },
    )
