"""10.1: which functions run in client 5.1's chain, from a run of each outcome."""

import random
from functools import cache

from companion.check.exercise import Question, Texts
from companion.event import Ran
from companion.peers import script
from companion.peers.scenario import Scenario
from companion.virtual.run import Run, play

OUTCOMES = {
    "lower": ("the poem arrives, and the engine succeeds", "诗到了，引擎也成功了"),
    "gibberish": ("the engine raises GibberishError", "引擎抛出 GibberishError"),
    "refused": ("the connection fails", "连接失败"),
}


@cache
def runs() -> dict[str, list[str]]:
    """For each outcome the stage's functions that ran in the chain, in their order."""
    found: dict[str, list[str]] = {}
    for luck in (0.01, 0.2, 0.4, 0.6, 0.8, 0.99):
        run = play(
            "client-5.1", Scenario(servers=[script.fast(b"A Poem\n")], luck=luck, traced=True)
        )
        if "a poem" in run.stdout:
            found["lower"] = ran(run)
        elif "A Poem" not in run.stdout:
            found["gibberish"] = ran(run)
    refused = play("client-5.1", Scenario(servers=[script.refused()], traced=True))
    return {**found, "refused": ran(refused)}


def ran(run: Run) -> list[str]:
    return [
        str(event.function).rpartition(".")[2] for event in run.of(Ran) if event.how != "passed"
    ]


def question() -> Question:
    outcome = random.choice(sorted(OUTCOMES))
    names = runs()[outcome]
    en, zh = OUTCOMES[outcome]
    order = ", ".join(names)
    why: Texts = {
        "en": f"{order}. After each row ask only: did the function that ran return, or did it raise"
        " or return a Failure? The first leads to the next callback, the other to the next errback;"
        " a side without a function passes on. companion trace client-5.1 draws it.",
        "zh": f"{order}。每一行之后只问：运行的函数是返回了，还是抛出异常或返回了 Failure？"
        "前者通向下一个 callback，后者通向下一个 errback；没有函数的一边原样传下去。"
        "companion trace client-5.1 把它画出来。",
    }
    return Question(
        ask={
            "en": f"Client 5.1, one poem: {en}. Which of the functions cummingsify,"
            " cummingsify_failed, got_poem, poem_failed and poem_done run, in which order?",
            "zh": f"客户端 5.1，一首诗：{zh}。cummingsify、cummingsify_failed、got_poem、"
            "poem_failed、poem_done 这些函数，哪些会运行，顺序如何？",
        },
        answers=(" ".join(names),),
        refusal={
            "en": "After each row ask only: did the function that ran return, or did it raise"
            " or return a Failure? Answer with the names in their order.",
            "zh": "每一行之后只问：运行的函数是返回了，还是抛出异常或返回了 Failure？按顺序写出"
            "函数名。",
        },
        shows="companion trace client-5.1",
        thoughts={
            " ".join(runs()[other]): {
                "en": f"These run in another case: {OUTCOMES[other][0]}.",
                "zh": f"这是另一种情形：{OUTCOMES[other][1]}。",
            }
            for other in OUTCOMES
            if runs()[other] != names
        },
        why=why,
    )
