"""17.3: how many callbacks a generator stands for, counted as its pieces are called."""

import random

from twisted.internet.defer import Deferred, inlineCallbacks

from companion.check.exercise import Question


def called(yields: int) -> int:
    """How often the reactor, or the caller, gets a generator with so many yields to run."""
    waiting: list[Deferred[None]] = []
    count = 0

    @inlineCallbacks
    def generator():
        nonlocal count
        count += 1
        for _ in range(yields):
            waiting.append(Deferred())
            yield waiting[-1]
            count += 1

    generator()
    while waiting:
        waiting.pop().callback(None)
    return count


def question() -> Question:
    yields = random.randrange(2, 9)
    right = called(yields)
    return Question(
        ask={
            "en": f"A generator under inlineCallbacks has {yields} yields, each of a Deferred, and"
            " neither loops nor branches. How many callbacks does it stand for?",
            "zh": f"用 inlineCallbacks 装饰的生成器有 {yields} 个 yield，每个都 yield 一个"
            " Deferred，没有循环，也没有分支。它相当于多少个回调？",
        },
        answers=(str(right),),
        refusal={
            "en": "Count the pieces between the yields, in a generator with fewer of them.",
            "zh": "找一个 yield 少一些的生成器，数一数 yield 把它分成几段。",
        },
        shows="companion trace inline-callbacks-1",
        thoughts={
            str(right - 1): {
                "en": "So many yields it has. The code before the first of them runs, too.",
                "zh": "这是 yield 的个数。第一个 yield 之前的代码也要运行。",
            }
        },
        why={
            "en": f"{right}, one more than it has yields: N cuts make N + 1 pieces. The first piece"
            " runs when the generator's function is called, the others when a Deferred has fired."
            " Where one fails and nobody catches it, those after it never run. companion trace"
            " inline-callbacks-1 shows three yields and four pieces.",
            "zh": f"{right} 个，比 yield 的个数多一：切 N 刀，得到 N + 1 段。"
            "第一段在调用生成器函数时就运行，其余各段在 Deferred 触发后运行。"
            "如果某一个失败而没有人捕获，后面的几段就不会运行。"
            "companion trace inline-callbacks-1 里有三个 yield、四段。",
        },
    )
