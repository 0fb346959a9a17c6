"""1.1: how long one task after another takes, by the blocking client in simulated time."""

import random

from companion.check.exercise import Question
from companion.peers import script
from companion.peers.scenario import Scenario
from companion.virtual.run import play


def question() -> Question:
    seconds = random.sample(range(2, 9), 3)
    scripts = [script.slow(b"x" * 10 * one, 10, 1.0) for one in seconds]
    took = round(play("blocking-client", Scenario(servers=scripts)).seconds)
    first, second, third = seconds
    return Question(
        ask={
            "en": f"Three tasks do nothing but wait, for {first}, {second} and {third} seconds. How"
            " many seconds does the synchronous model take for all of them (figure 1)?",
            "zh": f"三个任务什么也不做，只是分别等待 {first}、{second}、{third} 秒。"
            "同步模型（图 1）做完它们一共要多少秒？",
        },
        answers=(str(took), f"{took} s"),
        refusal={
            "en": "Nothing else runs while a task waits. Look when each of the three poems begins.",
            "zh": "一个任务等待时，别的什么也不运行。看看三首诗各从什么时候开始。",
        },
        shows="companion trace blocking-client",
        thoughts={
            str(max(seconds)): {
                "en": "That is the longest wait: all three would have to wait at the same time.",
                "zh": "这是最长的等待：那样的话，三个任务得同时等待。",
            }
        },
        why={
            "en": f"{took}: one task after another, so their waits add up. companion trace"
            " blocking-client shows it for three poems.",
            "zh": f"{took}：任务一个接一个，等待的时间相加。companion trace blocking-client"
            " 用三首诗来显示。",
        },
    )
