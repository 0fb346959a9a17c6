"""7.3: what a callback gets that was added with more than a function."""

import random

from twisted.internet.defer import Deferred

from companion.check.exercise import Question

# Of the calls that are not made: its own word first, neither of its words, one of them.
REASONS = (
    {
        "en": "What comes down the chain is what every callback is called with, whatever else.",
        "zh": "链上传下来的东西，是每个回调首先得到的，不管另外还有什么。",
    },
    {
        "en": "What was handed over with the function is not lost.",
        "zh": "和函数一起交出去的东西不会丢失。",
    },
    {
        "en": "The one by name is kept, and the one by place is not lost either.",
        "zh": "按名字给的保留了，按位置给的也不会丢失。",
    },
)


def question() -> Question:
    poem, line, place = random.sample(["oak", "elm", "ash", "fir", "yew"], 3)
    got = []
    d = Deferred()
    d.addCallback(lambda *args, **named: got.append((args, named)), line, tree=place)
    d.callback(poem)
    (args, named) = got[0]
    right = f"got({', '.join([*map(repr, args), *(f'{k}={v!r}' for k, v in named.items())])})"
    shown = [
        right,
        f"got({line!r}, {poem!r}, tree={place!r})",
        f"got({poem!r})",
        f"got({poem!r}, tree={place!r})",
    ]
    order = random.sample(shown, 4)
    return Question(
        ask={
            "en": f"d.addCallback(got, {line!r}, tree={place!r}), then d.callback({poem!r}). Which"
            " call is made?",
            "zh": f"先 d.addCallback(got, {line!r}, tree={place!r})，再 d.callback({poem!r})。"
            "实际的调用是哪一个？",
        },
        answers=(str(order.index(right) + 1),),
        refusal={
            "en": "Answer with the number of one of the four.",
            "zh": "请用四项之一的编号回答。",
        },
        shows='python -c "from twisted.internet.defer import Deferred; d = Deferred();'
        f" d.addCallback(lambda *a, **k: print(a, k), {line!r}, tree={place!r});"
        f' d.callback({poem!r})"',
        thoughts={
            str(order.index(call) + 1): reason
            for call, reason in zip(shown[1:], REASONS, strict=True)
        },
        why={
            "en": f"{right}: the result, or the Failure, comes first, and what else was handed over"
            " follows, by place and by name. addCallbacks takes them as callbackArgs,"
            " callbackKeywords, errbackArgs and errbackKeywords.",
            "zh": f"{right}：结果（或 Failure）排在最前，其余交给它的参数按位置和名字跟在后面。"
            "addCallbacks 用 callbackArgs、callbackKeywords、errbackArgs、"
            "errbackKeywords 接受它们。",
        },
        choices=tuple({"en": one, "zh": one} for one in order),
    )
