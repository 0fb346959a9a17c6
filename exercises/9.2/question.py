"""9.2: when addCallbacks(c, e) and addCallback(c) with addErrback(e) differ, by trying all."""

from itertools import product

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from companion.check.exercise import Question, Texts

CHOICES = (
    {"en": "when the Deferred fires with a failure", "zh": "Deferred 以失败触发时"},
    {"en": "when c fails", "zh": "c 失败时"},
    {"en": "when e fails", "zh": "e 失败时"},
    {"en": "never", "zh": "从不"},
)


def ran(fails: bool, c_fails: bool, e_fails: bool, together: bool) -> list[str]:
    """The functions that run, in their order."""
    called: list[str] = []

    def function(name: str, breaks: bool) -> object:
        def run(result: object) -> None:
            called.append(name)
            if breaks:
                raise ValueError(name)

        return run

    c, e = function("c", c_fails), function("e", e_fails)
    d = Deferred()
    if together:
        d.addCallbacks(c, e)
    else:
        d.addCallback(c).addErrback(e)
    d.addErrback(lambda failure: None)
    d.callback(Failure(ValueError()) if fails else "poem")
    return called


def question() -> Question:
    cases = list(product((False, True), repeat=3))
    differ = [case for case in cases if ran(*case, together=True) != ran(*case, together=False)]
    holds = [
        all(fails for fails, _, _ in differ),
        all(not fails and c_fails for fails, c_fails, _ in differ),
        all(e_fails for _, _, e_fails in differ),
        False,
    ]
    right = holds.index(True) + 1 if differ else 4
    why: Texts = {
        "en": "when c fails: e stands beside c in the one chain, and behind c in the other. Beside"
        " it, e never hears of what c raises; the pair after it does.",
        "zh": "c 失败时：一条链里 e 与 c 并排，另一条链里 e 在 c 之后。"
        "并排的 e 听不到 c 抛出的异常，下一级才听得到。",
    }
    return Question(
        ask={
            "en": "In which case do addCallbacks(c, e), and addCallback(c) followed by"
            " addErrback(e), run other functions?",
            "zh": "addCallbacks(c, e) 与先 addCallback(c) 再 addErrback(e)，"
            "在什么情况下运行的函数不同？",
        },
        answers=(str(right),),
        refusal={
            "en": "Answer with the number of one of the four.",
            "zh": "请用四项之一的编号回答。",
        },
        shows="companion run deferred-simulator",
        thoughts={
            "1": {
                "en": "Fired with a failure, e runs in both chains, and c in neither.",
                "zh": "以失败触发时，两条链里都运行 e，都不运行 c。",
            },
            "3": {
                "en": "Where e fails, only the pair behind it hears of it, in both chains.",
                "zh": "e 失败时，两条链里都只有它后面的一级听得到。",
            },
            "4": {
                "en": "There is one. Let one of the two fail, and follow both chains row by row.",
                "zh": "有不同的情况。让其中一个失败，再一行一行地走完两条链。",
            },
        },
        why=why,
        choices=CHOICES,
    )
