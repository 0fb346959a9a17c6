"""10.2: the ways through the chains of clients 5.0 and 5.1, by the simulator."""

import random
import re

from companion.check.exercise import Question
from companion.peers.scenario import Scenario
from companion.virtual.run import play

# What each row of the chain does: the engine (and in 5.1 its errback), got_poem, poem_done.
CHAINS = {
    "5.0": ("{} p", "r None r None", "r None r None"),
    "5.1": ("{} p", "p {}", "r None r None", "r None r None"),
}
ENGINE = ("r poem", "f gib")
RESCUES = ("r poem", "f gib")  # what cummingsify_failed does: gives the poem, or passes on


def sides(chain: list[str], fired: str) -> list[str]:
    """The side of each row that is gone through, as the simulator draws it."""
    run = play(
        "deferred-simulator", Scenario(args=["--narrow", "--width", "60"], stdin="\n".join(chain))
    )
    drawing = run.stdout.partition(f"   {fired}(initial")[2]
    if fired == "callback":
        drawing = drawing.partition("   errback(initial")[0]
    tops = [line for line in drawing.splitlines() if re.match(r"[+.]-*\.*[+.] ", line)][::2]
    return ["callback" if line.startswith("+") else "errback" for line in tops]


def question() -> Question:
    client = random.choice(sorted(CHAINS))
    engine, rescue = random.choice(ENGINE), random.choice(RESCUES)
    fired = random.choice(("callback", "errback"))
    fill = iter((engine, rescue))
    chain = [row.format(next(fill)) if "{" in row else row for row in CHAINS[client]]
    went = sides(chain, fired)
    rows = " / ".join(chain)
    comes = {
        "en": "the poem arrives" if fired == "callback" else "the connection fails",
        "zh": "诗到了" if fired == "callback" else "连接失败",
    }
    return Question(
        ask={
            "en": f"The chain of client {client}, in the simulator's rows: {rows}. It is fired by"
            f" {fired}, for {comes['en']}. Which side is gone through in each row? Answer with a"
            " word a row, callback or errback.",
            "zh": f"客户端 {client} 的链，用模拟器的写法：{rows}。{comes['zh']}，"
            f"所以用 {fired} 触发。每一行走的是哪一边？每行用一个词回答：callback 或 errback。",
        },
        answers=(" ".join(went),),
        refusal={
            "en": "Type these rows into the simulator, and an empty line; it draws both ways."
            " What fails leads to the errback of the next row.",
            "zh": "把这几行输入模拟器，再输入空行；它画出两种走法。失败通向下一行的 errback。",
        },
        shows="companion run deferred-simulator",
        thoughts={
            " ".join([fired] * len(went)): {
                "en": "So it would be if no row changed sides: look for a row on its way that"
                " fails, or that mends a failure.",
                "zh": "没有一行换边才会这样：在路上找一找，哪一行会失败，或者把失败变回结果。",
            }
        }
        if len(set(went)) > 1
        else {},
        why={
            "en": f"{' '.join(went)}: what returns leads to the next row's callback, what fails to"
            " its errback, and p passes on what came. companion run deferred-simulator draws it.",
            "zh": f"{' '.join(went)}：返回的通向下一行的 callback，失败的通向它的 errback，"
            "p 原样传下去。companion run deferred-simulator 把它画出来。",
        },
    )
