"""1.2: how long interleaved tasks take, by the select client in simulated time."""

import random

from companion.check.exercise import Question
from companion.peers import script
from companion.peers.scenario import Scenario
from companion.virtual.run import play


def question() -> Question:
    seconds = random.sample(range(2, 9), 3)
    scripts = [script.slow(b"x" * 10 * one, 10, 1.0) for one in seconds]
    took = round(play("async-client", Scenario(servers=scripts)).seconds)
    first, second, third = seconds
    return Question(
        ask={
            "en": f"Three tasks do nothing but wait, for {first}, {second} and {third} seconds. How"
            " many seconds does the asynchronous model take, in its single thread (figures 3 and"
            " 4)?",
            "zh": f"三个任务什么也不做，只是分别等待 {first}、{second}、{third} 秒。"
            "异步模型只有一个线程（图 3 和图 4），一共要多少秒？",
        },
        answers=(str(took), f"{took} s"),
        refusal={
            "en": "A task that waits hands over to the next one at once. Look when each of the"
            " three poems begins.",
            "zh": "任务一开始等待，就把控制权让给下一个。看看三首诗各从什么时候开始。",
        },
        shows="companion trace async-client",
        thoughts={
            str(sum(seconds)): {
                "en": "That is the sum: each wait would begin only when the one before is over.",
                "zh": "这是总和：那样的话，每段等待都要等前一段结束才开始。",
            }
        },
        why={
            "en": f"{took}: while one task waits, the others wait too, so the longest wait is the"
            " whole. Threads (figure 2) would take as long. companion trace async-client shows it"
            " for three poems.",
            "zh": f"{took}：一个任务等待时，其他任务也在等，所以最长的等待就是全部。"
            "多线程（图 2）也要这么久。companion trace async-client 用三首诗来显示。",
        },
    )
