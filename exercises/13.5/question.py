"""13.5: where Deferred's source handles a callback that returns a Deferred, seen as it runs."""

import sys
from types import FrameType
from typing import Any

from twisted.internet.defer import Deferred, succeed

from companion.check.exercise import Question


def lines_run(result: object) -> list[int]:
    """The lines of _runCallbacks that run where a callback returns this."""
    code, found = Deferred._runCallbacks.__code__, []

    def trace(frame: FrameType, what: str, _: Any) -> Any:
        if frame.f_code is code and what == "line":
            found.append(frame.f_lineno)
        return trace if frame.f_code is code else None

    d: Deferred[object] = Deferred()
    d.addCallback(lambda _: result)
    before = sys.gettrace()
    sys.settrace(trace)
    try:
        d.callback(None)
    finally:
        sys.settrace(before)
    return found


def question() -> Question:
    plain, waiting, fired = map(lines_run, ("a poem", Deferred(), succeed("a poem")))
    only = [line for line in waiting + fired if line not in plain]
    test = waiting[waiting.index(only[0]) - 1]  # the last line before they part
    place = Deferred._runCallbacks.__qualname__
    return Question(
        ask={
            "en": "Give the number of a line in twisted/internet/defer.py, of the Twisted that is"
            " installed here, that tests whether a callback has returned a Deferred, or that runs"
            " because it has.",
            "zh": "在这里安装的 Twisted 的 twisted/internet/defer.py 里，哪一行判断回调是否返回了"
            " Deferred，或者因为它返回了 Deferred 而运行？写出任意一行的行号。",
        },
        answers=tuple(map(str, range(test, max(only) + 1))),
        refusal={
            "en": "It is not there. Look in Deferred._runCallbacks for the test of what a"
            " callback has returned.",
            "zh": "不在那里。在 Deferred._runCallbacks 里找判断回调返回值的地方。",
        },
        shows='python -c "import inspect; from twisted.internet.defer import Deferred;'
        ' print(inspect.getsource(Deferred._runCallbacks))"',
        thoughts={
            str(line): {
                "en": "That line runs for a plain result, too, and asks nothing about it.",
                "zh": "返回普通的值时，这一行也会运行，而且不问返回值是什么。",
            }
            for line in plain
            if not test <= line <= max(only)
        },
        why={
            "en": f"It is in {place}, line {test} and those after it. If the inner Deferred has"
            " not fired, or waits itself, the outer one pauses, and its continuation is added to"
            " the inner one's callbacks. If it has fired, its result is taken over and the loop"
            " goes on; the inner one is left with None.",
            "zh": f"在 {place} 的第 {test} 行和随后的几行。如果内层的 Deferred 还没触发，"
            "或者自己也在等待，外层就暂停，并把自己的后续加进内层的回调。如果它早已触发，"
            "就取走它的结果，循环继续；内层只留下 None。",
        },
    )
