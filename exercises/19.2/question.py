"""19.2: which canceller cancel runs, of a Deferred in each of its three states."""

import random

from twisted.internet.defer import Deferred

from companion.check.exercise import Question

CASES = {
    "new": {"en": "has not fired yet", "zh": "还没有触发"},
    "waiting": {
        "en": "has fired, and waits for an inner Deferred, which has a canceller too and has not"
        " fired",
        "zh": "已经触发，正在等待一个内层的 Deferred，后者也有取消函数，还没有触发",
    },
    "fired": {"en": "has fired, and waits for nothing", "zh": "已经触发，也不等待什么"},
}
CHOICES = (
    {"en": "its own canceller is called", "zh": "调用它自己的取消函数"},
    {"en": "the canceller of the inner one is called", "zh": "调用内层的取消函数"},
    {"en": "no canceller is called", "zh": "哪个取消函数都不调用"},
)


def called(case: str) -> int:
    """The number of the choice that is what cancel does, from 1."""
    ran: list[str] = []
    inner: Deferred[object] = Deferred(lambda _: ran.append("inner"))
    d: Deferred[object] = Deferred(lambda _: ran.append("own"))
    if case == "waiting":
        d.addCallback(lambda _: inner)
    if case != "new":
        d.callback(None)
    d.addErrback(lambda _: None)
    d.cancel()
    return {"own": 1, "inner": 2}[ran[0]] if ran else 3


def question() -> Question:
    case = random.choice(list(CASES))
    right = called(case)
    return Question(
        ask={
            "en": f"A Deferred with a canceller {CASES[case]['en']}. What does its cancel do?",
            "zh": f"一个带取消函数的 Deferred，{CASES[case]['zh']}。调用它的 cancel 会怎样？",
        },
        answers=(str(right),),
        why={
            "en": f"{CHOICES[right - 1]['en'].capitalize()}. cancel has three cases. Not fired: it"
            " calls the canceller, and then errback(CancelledError()) if the canceller has not"
            " fired it; without a canceller, _suppressAlreadyCalled lets one later firing pass,"
            " which _startRunCallbacks takes back. Waiting: its result is a Deferred, and it calls"
            " that one's cancel. Fired: nothing. companion trace defer-cancel-5, defer-cancel-12"
            " and defer-cancel-8 show the three.",
            "zh": f"第 {right} 项：{CHOICES[right - 1]['zh']}。"
            "cancel 分三种情形。还没触发：调用取消函数，"
            "如果取消函数没有触发它，再调用 errback(CancelledError())；没有取消函数时，"
            "_suppressAlreadyCalled 让之后的一次触发悄悄过去，由 _startRunCallbacks 收回这个标志。"
            "正在等待：它的结果是一个 Deferred，于是调用那一个的 cancel。已经触发：什么也不做。"
            "companion trace defer-cancel-5、defer-cancel-12 和 defer-cancel-8 依次显示这三种。",
        },
        choices=CHOICES,
    )
