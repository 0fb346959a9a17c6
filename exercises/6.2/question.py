"""6.2: what Failure.trap does for a class that fits, and for one that doesn't."""

import random

from twisted.python.failure import Failure

from companion.check.exercise import Question

CHOICES = (
    {"en": "it returns None", "zh": "返回 None"},
    {"en": "it returns the class that fits", "zh": "返回相符的那个类"},
    {"en": "it returns the exception itself", "zh": "返回异常本身"},
    {"en": "it raises, so that the failure goes on", "zh": "抛出异常，失败继续往下传"},
)

FITS = {
    "en": "To return is to have caught it. Is a ZeroDivisionError one of the two?",
    "zh": "返回就意味着捕获了它。ZeroDivisionError 属于这两类之一吗？",
}
# What is behind a wrong choice, by what is raised.
THOUGHTS = {
    "ZeroDivisionError": {"1": FITS, "2": FITS, "3": FITS},
    "KeyError": {
        "1": {
            "en": "A handler of two classes wants to know more than that one of them fits.",
            "zh": "处理两个类的代码想知道的，不只是其中有一个相符。",
        },
        "3": {
            "en": "That is in failure.value already. What else does a handler want to know?",
            "zh": "异常本身早就在 failure.value 里了。处理它的代码还想知道什么？",
        },
        "4": {
            "en": "It does so where nothing fits. What does issubclass(KeyError, LookupError) say?",
            "zh": "没有相符的类时才会这样。issubclass(KeyError, LookupError) 的结果是什么？",
        },
    },
}


def outcome(failure: Failure, *classes: type[Exception]) -> int:
    """The number of the choice that holds, from 1."""
    try:
        found = failure.trap(*classes)
    except Exception:
        return 4
    return 1 if found is None else 2 if found in classes else 3


def question() -> Question:
    raised = random.choice((KeyError, ZeroDivisionError))
    right = outcome(Failure(raised("poem")), LookupError, ValueError)
    name = raised.__name__
    return Question(
        ask={
            "en": f"A Failure holds a {name}. What does failure.trap(LookupError, ValueError) do?",
            "zh": f"一个 Failure 里是 {name}。failure.trap(LookupError, ValueError) 会怎样？",
        },
        answers=(str(right),),
        refusal={
            "en": "Answer with the number of one of the four.",
            "zh": "请用四项之一的编号回答。",
        },
        shows=f'python -c "from twisted.python.failure import Failure;'
        f" print(Failure({name}('poem')).trap(LookupError, ValueError))\"",
        thoughts=THOUGHTS[name],
        why={
            "en": f"{CHOICES[right - 1]['en'].capitalize()}: it is an except clause for these"
            " classes and those below them (KeyError is a LookupError), which tells you what it"
            " caught; what does not fit is raised again, as an except lets it pass.",
            "zh": f"{CHOICES[right - 1]['zh']}：它相当于针对这些类及其子类的 except"
            "（KeyError 是 LookupError 的子类），并告诉你捕获了哪个；不相符的则再次抛出，"
            "就像 except 让它通过一样。",
        },
        choices=CHOICES,
    )
