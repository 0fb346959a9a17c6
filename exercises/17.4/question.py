"""17.4: in how many orders the callbacks of client 7.0 can run, from the pieces of a traced run."""

import random
from collections import Counter
from math import factorial, prod

from companion.check.exercise import Question
from companion.event import Enter, Reactor
from companion.peers import script
from companion.peers.scenario import Scenario
from companion.virtual.run import play


def orders(rows: list[int]) -> int:
    """The ways to shuffle rows of these lengths, the order in each being kept."""
    return factorial(sum(rows)) // prod(map(factorial, rows))


def pieces(count: int) -> tuple[list[int], list[int]]:
    """How many pieces each generator has, of all, and of those that the reactor's run has seen."""
    servers = [script.fast(b"A poem\n")] * count
    run = play("client-7.0", Scenario(servers=[script.transform(), *servers], traced=True))
    every: Counter[int] = Counter()
    later: Counter[int] = Counter()
    running = False
    for event in run.events:
        running |= isinstance(event, Reactor)
        if isinstance(event, Enter) and event.deferred:
            every[event.deferred] += 1
            later[event.deferred] += running
    return list(every.values()), list(later.values())


def question() -> Question:
    count = random.choice((2, 3))
    every, later = pieces(count)
    first, second = orders(every), orders(later)
    return Question(
        ask={
            "en": f"Client 7.0 has {count} poetry servers, and so as many generators; nothing"
            " fails. In how many orders could their callbacks be interleaved in principle, if each"
            " generator only kept its own order? And in how many of these in fact? Answer with two"
            " numbers.",
            "zh": f"客户端 7.0 连接 {count} 台诗歌服务器，也就有 {count} 个生成器；没有任何失败。"
            "如果只要求每个生成器自己的回调保持次序，原则上有多少种交错的顺序？"
            "实际可能出现的又有多少种？用两个数回答。",
        },
        answers=(f"{first} {second}",),
        refusal={
            "en": "Count the pieces of a generator first. Rows that each keep their order can"
            " be shuffled in (all of them)! ways, divided by the factorial of each row's"
            " length.",
            "zh": "先数一个生成器有几段。几行各自保持次序，混排的方法数是（总数）! 除以每一行长"
            "度的阶乘。",
        },
        shows="companion trace client-7.0",
        thoughts={
            f"{first} {first}": {
                "en": "In principle, yes. In fact some pieces run before the reactor does: who"
                " calls them, and in which order?",
                "zh": "原则上对。实际上有几段在 reactor 运行之前就运行了：谁调用它们，顺序如何？",
            },
            f"{second} {second}": {
                "en": "In fact, yes. In principle the first piece of each could come at any time,"
                " too.",
                "zh": "实际上对。原则上，每个生成器的第一段也可以在任何时候运行。",
            },
            f"{second} {first}": {
                "en": "What happens in fact is among what is possible in principle: the other way"
                " round.",
                "zh": "实际发生的是原则上可能的一部分：写反了。",
            },
        },
        why={
            "en": f"{first} and {second}. Two yields make {every[0]} callbacks in each generator:"
            f" {sum(every)}! / ({every[0]}!)^{count} = {first}. But the first of each is called by"
            " the loop of poetry_main, in the order of the command line and before the reactor"
            f" runs, and connectTCP fires nothing at once. What is left are {later[0]} each:"
            f" {sum(later)}! / ({later[0]}!)^{count} = {second}, and the network chooses among"
            " these. companion trace client-7.0 shows one of them.",
            "zh": f"{first} 种和 {second} 种。两个 yield 让每个生成器有 {every[0]} 个回调："
            f"{sum(every)}! / ({every[0]}!)^{count} = {first}。"
            "但每个生成器的第一个回调由 poetry_main 的循环按命令行的顺序调用，"
            "那时 reactor 还没有运行，connectTCP 也不会立刻触发任何东西。"
            f"剩下的每个各有 {later[0]} 个：{sum(later)}! / ({later[0]}!)^{count} = {second}，"
            "具体是哪一种由网络决定。companion trace client-7.0 显示其中一种。",
        },
    )
