"""17.7: what an endless loop in a generator means, from one that is ended after many rounds."""

import random
from collections.abc import Callable

from twisted.internet.defer import Deferred, inlineCallbacks, succeed

from companion.check.exercise import Question

ROUNDS = 1000  # after which a loop is taken for one that does not come back
YIELDS: dict[str, Callable[[], object]] = {
    "Deferred()": Deferred,
    "succeed(None)": lambda: succeed(None),
    "None": lambda: None,
}
WHAT = {
    "Deferred()": {
        "en": "a new Deferred that a timer will fire",
        "zh": "一个新的 Deferred，以后由定时器触发",
    },
    "succeed(None)": {"en": "a Deferred that has fired already", "zh": "一个早已触发的 Deferred"},
    "None": {"en": "None", "zh": "None"},
}
CHOICES = (
    {
        "en": "its caller goes on at once, with a Deferred that never fires",
        "zh": "调用者立刻继续，拿到的 Deferred 永远不会触发",
    },
    {
        "en": "its caller never goes on: the reactor stands still",
        "zh": "调用者永远无法继续：reactor 停在那里",
    },
    {
        "en": "its caller goes on at once, and the Deferred fires after each round",
        "zh": "调用者立刻继续，Deferred 每一轮触发一次",
    },
)

# What is behind the wrong choices.
THOUGHTS = {
    "3": {
        "en": "A Deferred fires only once, and a generator's when the generator has ended.",
        "zh": "Deferred 只触发一次，而生成器的 Deferred 要等生成器结束才触发。",
    }
}
GONE_ON = {
    "en": "The caller goes on when the generator has to wait. Is there something to wait for?",
    "zh": "生成器需要等待时，调用者才能继续。这里有什么要等的吗？",
}
WAITS = {
    "en": "The reactor stands still while our code runs. Who runs while this Deferred is waited"
    " for?",
    "zh": "我们的代码运行时，reactor 才停着。等待这个 Deferred 的时候，谁在运行？",
}


class TooLong(Exception):
    pass


def comes_back(what: Callable[[], object]) -> bool:
    """Whether the caller of such a generator gets control back, with a Deferred not fired."""
    rounds = 0

    @inlineCallbacks
    def endless():
        nonlocal rounds
        while True:
            rounds += 1
            if rounds > ROUNDS:
                raise TooLong
            yield what()

    d = endless()
    back = rounds <= ROUNDS and not d.called
    d.addErrback(lambda failure: failure.trap(TooLong))
    return back


def question() -> Question:
    drawn = random.choice(list(YIELDS))
    right = 1 if comes_back(YIELDS[drawn]) else 2
    return Question(
        ask={
            "en": "A generator under inlineCallbacks has an endless loop, and in each round it"
            f" yields {WHAT[drawn]['en']}. What happens when it is called?",
            "zh": "用 inlineCallbacks 装饰的生成器里有一个无限循环，每一轮 yield"
            f" {WHAT[drawn]['zh']}。调用它会怎样？",
        },
        answers=(str(right),),
        refusal={
            "en": "Answer with the number of one of the three.",
            "zh": "请用三项之一的编号回答。",
        },
        shows="companion trace inline-callbacks-2",
        thoughts={**THOUGHTS, **({"1": GONE_ON} if right == 2 else {"2": WAITS})},
        why={
            "en": f"{CHOICES[right - 1]['en'].capitalize()}. A Deferred that has not fired gives"
            " the control back to the reactor until it fires: such a loop is a task that goes on"
            " for ever, and its Deferred only ever fails, if something in the loop raises. What"
            " does not wait, a plain value or a Deferred that has fired, is sent back at once, and"
            " the loop goes on without the reactor. companion trace inline-callbacks-2 shows"
            " generators that give the control back.",
            "zh": f"第 {right} 项：{CHOICES[right - 1]['zh']}。yield 一个还没触发的 Deferred，"
            "就把控制权交还 reactor，直到它触发：这样的循环是一个永远进行下去的任务，"
            "它的 Deferred 只会失败，也就是循环里抛出异常的时候。不需要等待的东西，"
            "不论普通的值还是早已触发的 Deferred，都立刻送回生成器，循环继续，轮不到 reactor。"
            "companion trace inline-callbacks-2 里的生成器会交还控制权。",
        },
        choices=CHOICES,
    )
