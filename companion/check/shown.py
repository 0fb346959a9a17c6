"""What is shown in the place of a poem, or of a result: causes in any kind of file."""

import re

from companion.check.case import Case, Found, in_line
from companion.event import Fired, Leave, Print, Read

SHOWN_BYTES = re.compile(r"(^|[\s(\[,:])b('[^']{3,}|\"[^\"]{3,})")


PAIR = re.compile(r"\((True|False), ")
# How Python shows what is no result yet, or a result in its wrapping.
WRAPPED = {
    re.compile(r"<Deferred at"): ("a Deferred", "Deferred"),
    re.compile(r"<coroutine object"): ("a coroutine", "协程"),
    re.compile(r"<generator object"): ("a generator", "生成器"),
    re.compile(r"\[\((True|False), "): ("a list of pairs", "由二元组构成的列表"),
    PAIR: ("a pair", "二元组"),
    re.compile(r"<(function|bound method) "): ("a function", "函数"),
}


def line_printing(case: Case, pattern: re.Pattern[str]) -> int:
    """The line that prints this first; 0 where it is not known."""
    shown = (event for event in case.of(Print) if pattern.search(event.text))
    return next((event.line or 0 for event in shown), 0)


def nothing_yet(case: Case) -> Found | None:
    """None is printed before anything has come."""
    if case.stage.kind != "client":
        return None
    for event in case.of(Print, Read, Fired):
        if not isinstance(event, Print):
            return None
        if isinstance(event, Print) and event.text.strip() == "None":
            return in_line(
                6,
                event.line or 0,
                "None is printed, for nothing has come yet: what starts a download returns at once,"
                " and the poem comes later, to a callback",
                "打印的是 None，因为什么都还没到：启动下载的函数立刻返回，诗以后才到，交给回调",
            )
    return None


def bytes_shown(case: Case) -> Found | None:
    """It prints b'...' where the stage prints text."""
    if case.stage.kind in ("server", "proxy") or not case.shows(SHOWN_BYTES):
        return None
    if case.shows(PAIR):
        return None  # which is said first
    return in_line(
        5,
        line_printing(case, SHOWN_BYTES),
        "a bytes object is shown as if it were text (b'...'): decode it, once, when the poem is"
        " whole",
        "把字节对象当成文本显示（b'...'）：整首诗到齐以后解码一次",
    )


def bytes_counted(case: Case) -> Found | None:
    """The size of how Python shows a poem's bytes, b'...', in the place of the poem's."""
    if "counts" not in case.stage.traits or not case.expected.startswith("the size"):
        return None
    shown = {len(str(poem)) for poem in case.poems}
    if shown & {int(word) for word in re.findall(r"\b\d{1,6}\b", case.run.stdout)}:
        return (
            5,
            "the size is that of b'...', as Python shows bytes: count the bytes themselves",
            "算出的是 b'...' 这种显示形式的长度：应该数字节本身",
        )
    return None


def wrapped(case: Case) -> Found | None:
    """It prints what a result comes in, in the place of the result."""
    driven = {event.generator for event in case.generators}
    for pattern, (en, zh) in WRAPPED.items():
        if not case.shows(pattern):
            continue
        line = line_printing(case, pattern)
        if "pair" in en:
            return in_line(
                18,
                line,
                f"{en} is printed: a DeferredList gives (success, result) for each of its"
                " Deferreds, and the result is the second",
                f"打印的是{zh}：DeferredList 为每个 Deferred 给出（成功与否，结果），"
                "结果是其中的第二个",
            )
        if "function" in en:
            return in_line(
                3,
                line,
                f"{en} is printed: it was named, or returned, and nobody called it with brackets",
                f"打印的是{zh}：只写了或返回了它的名字，没有加括号调用它",
            )
        within = next((e for e in case.of(Print) if pattern.search(e.text)), None)
        if within and within.function in driven:
            return in_line(
                17,
                line,
                f"{en} is printed, for its result is not there yet: a yield, or an await, is"
                " missing in front of what makes it",
                f"打印的是{zh}，因为结果还没到：创建它的地方前面少了 yield 或 await",
            )
        return in_line(
            8,
            line,
            f"{en} is printed in the place of its result, which comes later, to a callback",
            f"打印的是{zh}，而不是它的结果：结果以后才到，交给回调",
        )
    return None


def not_awaited(case: Case) -> Found | None:
    """A generator that is driven by a Deferred, and gives another Deferred as its result."""
    driven = {event.generator for event in case.generators}
    for event in case.of(Leave):
        if event.function not in driven or event.how != "returned":
            continue
        if re.fullmatch(r"D\d+", event.value):
            return in_line(
                17,
                event.line,
                f"{event.function} returns {event.value}, not there yet: a yield, or an"
                " await, is missing in front of what makes it",
                f"{event.function} 返回了还没到的 {event.value}：创建它的地方前面少了"
                " yield 或 await",
            )
    return None
