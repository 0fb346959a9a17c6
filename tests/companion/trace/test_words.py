"""The words of a trace: both languages say the same things, and with the same values."""

import re
from itertools import count
from string import Formatter

import pytest

from companion.event import Enter, Exit, Print, Start, Wait, event_of
from companion.render.terminal import Screen
from companion.trace.text import trace_text
from companion.trace.trace import Trace
from companion.trace.turns import Row
from companion.trace.words import TEXTS, event_text, left_text, row_text, say

SAME = {"reactor", "loop", "callback", "errback"}  # the words that Chinese readers use too


def values(text: str) -> list[str]:
    """The names and numbers of a text's values; one without a number is the next."""
    found = (name for _, name, _, _ in Formatter().parse(text) if name is not None)
    numbers = map(str, count())
    return sorted(name or next(numbers) for name in found)


def test_both_languages_have_every_text_with_the_same_values() -> None:
    assert TEXTS["en"].keys() == TEXTS["zh"].keys()
    for key, text in TEXTS["en"].items():
        assert values(text) == values(TEXTS["zh"][key]), key


def test_no_chinese_text_is_left_in_english() -> None:
    for key, text in TEXTS["zh"].items():
        words = re.sub(r"\{[^}]*\}", "", text)
        if re.search(r"\w", words.replace("D", "").replace("yield", "")) and key not in SAME:
            assert re.search(r"[\u4e00-\u9fff]", words), key


@pytest.mark.parametrize(
    ("kind", "fields", "en", "zh"),
    [
        (
            "leave",
            {"how": "raised", "value": "ValueError()"},
            "raised ValueError()",
            "抛出 ValueError()",
        ),
        (
            "timer",
            {"timer": 2, "delay": 0.5, "calls": "tick"},
            "timer 2: tick in 0.5 s",
            "定时器 2：0.5 秒后调用 tick",
        ),
        (
            "pair",
            {"deferred": 1, "callback": None, "errback": "failed"},
            "D1 gets the pair pass on | failed",
            "D1 添加一对：直接传递 | failed",
        ),
        (
            "fired",
            {"deferred": 3, "value": "7", "again": True},
            "D3 fires a second time, with 7",
            "D3 第二次触发，结果是 7",
        ),
        (
            "join",
            {"deferred": 3, "of": [1, 2], "by": "gatherResults"},
            "D3 joins D1, D2 (gatherResults)",
            "D3 汇合 D1、D2（gatherResults）",
        ),
        ("print", {"text": "舉杯邀明月", "stream": "stderr"}, "! 舉杯邀明月", "! 舉杯邀明月"),
    ],
)
def test_an_event_in_both_languages(kind: str, fields: dict[str, object], en: str, zh: str) -> None:
    event = event_of(0.0, "stage", kind, fields)
    assert (event_text(event, "en"), event_text(event, "zh")) == (en, zh)


def test_a_wait_of_the_reactor_and_one_of_the_stage() -> None:
    wait = Wait(1.0, "stage", call="poll", until=1.5)
    assert (left_text(Row(wait, 0), "en"), row_text(Row(wait, 0), "en")) == (
        "reactor waits",
        "0.500 s in poll, until 1.500",
    )
    own = Wait(1.0, "stage", call="poll", until=1.5, by="stage")
    assert row_text(Row(own, 2), "zh") == "等待：0.500 秒（在 poll 中，到 1.500）"


def test_a_trace_in_chinese() -> None:
    events = [
        Start(0.0, "hello", argv=[]),
        Enter(0.0, "hello", call=1, function="<module>", line=1, by="start"),
        Print(0.0, "hello", text="你好", stream="stdout"),
        Wait(0.0, "hello", call="epoll", until=None),
        Exit(0.0, "hello", status=95, how="waits for ever"),
    ]
    assert trace_text(Trace(events), Screen(60, lang="zh")).splitlines() == [
        "hello：模拟时间 0.000 秒，然后永远等待",
        "",
        "   时间  库                     本程序的代码",
        "-" * 60,
        "  0.000  启动 -->               <module>",
        "  0.000                           > 你好",
        "  0.000  reactor 等待           永远（在 epoll 中）",
        "  0.000  永远等待下去",
    ]
    assert say("zh", "head", stage="hello", seconds=0.0) == "hello：模拟时间 0.000 秒"
