"""18.1: what the next pair of a member finds, after the one that a DeferredList has added."""

import random

from twisted.internet.defer import Deferred, DeferredList
from twisted.python.failure import Failure

from companion.check.exercise import Question

CHOICES = (
    {"en": "a callback gets the member's result", "zh": "callback 得到这个成员的结果"},
    {"en": "an errback gets the member's Failure", "zh": "errback 得到这个成员的 Failure"},
    {"en": "a callback gets None", "zh": "callback 得到 None"},
)
# What a member is fired with, and whether the list consumes errors.
CASES = ((False, True), (True, False), (True, True))

# What is behind a wrong choice, by whether the member fails.
THOUGHTS = {
    False: {
        "2": {
            "en": "It was fired with a result, and nothing in the chain has failed since.",
            "zh": "它是以结果触发的，之后链上也没有什么失败。",
        },
        "3": {
            "en": "Then the list's own pair would have to swallow every result. It takes errors"
            " alone.",
            "zh": "那样的话，列表自己的那一对得吞掉每个结果。它消费的只是错误。",
        },
    },
    True: {
        "1": {
            "en": "It was fired with a failure: there is no result of its own to hand on.",
            "zh": "它是以失败触发的，没有自己的结果可以传下去。",
        },
        "2": {
            "en": "So it would be without consumeErrors.",
            "zh": "没有 consumeErrors 才会这样。",
        },
    },
}


def next_gets(fails: bool, consumes: bool) -> int:
    """The number of the choice that the next pair of a member's chain finds, from 1."""
    seen: list[object] = []
    d: Deferred[object] = Deferred()
    DeferredList([d], consumeErrors=consumes)
    d.addBoth(seen.append)
    d.callback(Failure(ValueError()) if fails else "poem")
    return 2 if isinstance(seen[0], Failure) else 3 if seen[0] is None else 1


def question() -> Question:
    fails, consumes = random.choice(CASES)
    right = next_gets(fails, consumes)
    way = "errback" if fails else "callback"
    return Question(
        ask={
            "en": f"d is put into a DeferredList with consumeErrors={consumes}; then a pair of"
            f" callback and errback is added to d itself, and d is fired by its {way}. What does"
            " this pair get?",
            "zh": f"把 d 放进 consumeErrors={consumes} 的 DeferredList，再给 d 自己加上一对"
            f" callback 和 errback，然后调用 d.{way} 触发它。这一对得到什么？",
        },
        answers=(str(right),),
        refusal={
            "en": "Answer with the number of one of the three.",
            "zh": "请用三项之一的编号回答。",
        },
        shows="companion compare deferred-list-5 deferred-list-6",
        thoughts=THOUGHTS[fails],
        why={
            "en": f"{CHOICES[right - 1]['en'].capitalize()}. _cbDeferred notes the result, fires"
            " the list if it was the last, and returns what it got: the member's chain goes on as"
            " if there were no list. Only a failure is turned into None, where consumeErrors asks"
            " for it; else it stays a failure, and is reported where nobody handles it. companion"
            " compare deferred-list-5 deferred-list-6 shows both.",
            "zh": f"第 {right} 项：{CHOICES[right - 1]['zh']}。"
            "_cbDeferred 记下结果，如果是最后一个就触发列表，"
            "然后原样返回：成员自己的链照常继续，好像没有列表一样。"
            "只有在 consumeErrors 要求时，失败才变成 None；否则仍是失败，没有人处理就会被报告。"
            "companion compare deferred-list-5 deferred-list-6 显示这两种情形。",
        },
        choices=CHOICES,
    )
