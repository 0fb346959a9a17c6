"""17.1: into how many pieces the yields cut a generator, counted in a traced run."""

from companion.check.exercise import Question
from companion.event import Enter
from companion.peers.scenario import Scenario
from companion.virtual.run import play

STAGE = "inline-callbacks-1"


def question() -> Question:
    run = play(STAGE, Scenario(traced=True))
    pieces = [e for e in run.of(Enter) if e.function == "callbacks"]
    count = len(pieces)
    return Question(
        ask={
            "en": f"The yields in {STAGE} cut the generator callbacks into pieces, each of which is"
            " called by itself, as a callback would be. How many pieces are there?",
            "zh": f"{STAGE} 里的 yield 把生成器 callbacks 切成几段，每一段都像回调那样单独被调用。"
            "一共有几段？",
        },
        answers=(str(count),),
        refusal={
            "en": "Count the arrows that lead into the generator, from its first line on.",
            "zh": "数一数进入生成器的箭头，从它的第一行开始。",
        },
        shows=f"companion trace {STAGE}",
        thoughts={
            str(count - 1): {
                "en": "So many yields there are. Into how many pieces do so many cuts make a loaf?",
                "zh": "这是 yield 的个数。切这么多刀，面包成了几段？",
            }
        },
        why={
            "en": f"{count}: three yields make {count} pieces, the code before the first yield"
            " included. Each piece is called when the Deferred before it has fired, with its result"
            " or its error: one function, and many callbacks in line. So the plural. companion"
            f" trace {STAGE} shows each of these calls.",
            "zh": f"{count} 段：三个 yield 切出 {count} 段，第一个 yield 之前的代码也算一段。"
            "每一段都在它前面的 Deferred 触发之后，带着结果或错误被调用："
            "一个函数，却是排成一行的许多个回调，所以用复数。"
            f"companion trace {STAGE} 显示每一次这样的调用。",
        },
    )
