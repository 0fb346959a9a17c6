"""9.1: which pair each of the four methods adds, by firing the chain both ways."""

import random

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from companion.check.exercise import Question, Texts

METHODS = ("addCallback", "addErrback", "addBoth", "addCallbacks")
CHOICES = (
    {"en": "(f, f)", "zh": "(f, f)"},
    {"en": "(f, a function that passes on)", "zh": "(f, 原样传下去的函数)"},
    {"en": "(a function that passes on, f)", "zh": "(原样传下去的函数, f)"},
)


def runs(method: str, fired_with: object) -> bool:
    """Whether a function that is added so is called."""
    called: list[object] = []
    d: Deferred[object] = Deferred()
    getattr(d, method)(called.append)
    d.addErrback(lambda failure: None)
    d.callback(fired_with)
    return bool(called)


def pair_of(method: str) -> int:
    """The number of the choice that is the pair in the chain, from 1."""
    with_result, with_failure = runs(method, "poem"), runs(method, Failure(ValueError()))
    return 1 if with_result and with_failure else 2 if with_result else 3


def refuted(method: str, number: int) -> Texts:
    """What a run shows that can't be, if this were the pair."""
    with_result = runs(method, "poem")
    if with_result != (number in (1, 2)):
        called = with_result
        en, zh = "a result", "结果"
    else:
        called = runs(method, Failure(ValueError()))
        en, zh = "a failure", "失败"
    return {
        "en": f"Fired with {en}, it does{'' if called else ' not'} call f.",
        "zh": f"以{zh}触发时，f {'会' if called else '不会'}被调用。",
    }


def question() -> Question:
    method = random.choice(METHODS)
    right = pair_of(method)
    return Question(
        ask={
            "en": f"Which pair of callback and errback does d.{method}(f) add to the chain?",
            "zh": f"d.{method}(f) 给链加上的是哪一对 callback 和 errback？",
        },
        answers=(str(right),),
        refusal={
            "en": "Answer with the number of one of the three.",
            "zh": "请用三项之一的编号回答。",
        },
        shows='python -c "from twisted.internet.defer import Deferred; d = Deferred();'
        f' d.{method}(print{", print" * (method == "addCallbacks")}); print(d.callbacks)"',
        thoughts={str(number): refuted(method, number) for number in (1, 2, 3) if number != right},
        why={
            "en": f"{CHOICES[right - 1]['en']}. Each of the four adds a pair; where one side is"
            " left out, a function stands there that returns what it gets. companion trace"
            " defer-unhandled shows the pairs.",
            "zh": f"{CHOICES[right - 1]['zh']}。四个方法加上的都是一对；没给的那一边，"
            "放的是原样返回参数的函数。companion trace defer-unhandled 显示这些成对的函数。",
        },
        choices=CHOICES,
    )
