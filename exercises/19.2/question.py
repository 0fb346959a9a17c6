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

SHOWN = {"new": "defer-cancel-5", "waiting": "defer-cancel-12", "fired": "defer-cancel-8"}
# What is behind a wrong choice, by case.
THOUGHTS = {
    "new": {
        "2": {"en": "There is no inner one here.", "zh": "这里没有内层的 Deferred。"},
        "3": {
            "en": "It has not fired: there is still something to call off.",
            "zh": "它还没有触发：还有事情可以取消。",
        },
    },
    "waiting": {
        "1": {
            "en": "It has fired: its own work is over. What is it that still goes on?",
            "zh": "它已经触发，自己的工作已经结束。还在进行的是什么？",
        },
        "3": {
            "en": "It has fired, and its chain stands still all the same: what would cancel wake?",
            "zh": "它已经触发，可它的链停着不动：取消能唤醒什么？",
        },
    },
    "fired": {
        "1": {
            "en": "The canceller calls off what is still to come. What is still to come here?",
            "zh": "取消函数取消的是还没到的东西。这里还有什么没到？",
        },
        "2": {"en": "It waits for none.", "zh": "它没有在等待哪一个。"},
    },
}


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
        refusal={
            "en": "Answer with the number of one of the three.",
            "zh": "请用三项之一的编号回答。",
        },
        shows=f"companion trace {SHOWN[case]}",
        thoughts=THOUGHTS[case],
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
