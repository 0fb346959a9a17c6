"""A sentence for each event of a trace."""

import pytest

from companion.event import KINDS, Ran, Runs, event_of, fields_of
from companion.trace.sentences import sentences
from companion.trace.show import traced
from companion.tutorial.stages import load_map

DEFER_5 = {
    "en": """\
The program starts: python twisted-deferred/defer-5.py.
Python runs the script, from its first line.
D1 is made.
D1 gets the pair got_poem | poem_failed.
D1 fires with 'One leaf falls;\\nthe rest'….
D1 calls got_poem, the callback of pair 1, with 'One leaf falls;\\nthe rest'….
The library calls got_poem, in line 19 of the script.
got_poem prints: Here is your poem:
got_poem prints: One leaf falls;
got_poem prints: the rest are told.
got_poem returns.
got_poem gave None: D1 goes on with this result.
D1 fires a second time, with Exception('The branch is bare.'); a Deferred can be fired only once.
The script raises AlreadyCalledError(), for D1 had been fired before, in line 19.
""",
    "zh": """\
程序启动：python twisted-deferred/defer-5.py。
Python 从第一行开始运行脚本。
创建 D1。
D1 添加一对：got_poem | poem_failed。
D1 触发，结果是 'One leaf falls;\\nthe rest'…。
D1 以 'One leaf falls;\\nthe rest'… 调用第 1 对的 callback：got_poem。
库在脚本的第 19 行中调用 got_poem。
got_poem 打印：Here is your poem:
got_poem 打印：One leaf falls;
got_poem 打印：the rest are told.
got_poem 返回。
got_poem 给出 None：D1 带着这个结果继续。
D1 第二次触发，结果是 Exception('The branch is bare.')；一个 Deferred 只能触发一次。
脚本抛出 AlreadyCalledError()，因为 D1 已经在第 19 行触发过。
""",
}


@pytest.mark.parametrize("lang", DEFER_5)
def test_the_sentences_of_defer_5_say_why_already_called_error_is_raised(lang: str) -> None:
    told = list(sentences(traced(load_map().find("defer-5")).events, lang))
    expected = DEFER_5[lang].splitlines()
    assert told[: len(expected)] == expected


def test_the_sentences_of_client_5_1_say_which_pairs_were_passed_by_and_what_raised() -> None:
    run = traced(load_map().find("client-5.1"))
    told = zip(run.events, sentences(run.events, "en"), strict=True)
    assert [text for event, text in told if isinstance(event, Runs | Ran)] == [
        "D1 calls cummingsify, the callback of pair 1, with 'The Fascination of'….",
        "cummingsify raised GibberishError('nothing but gibberish'): with this failure D1 goes on.",
        "D1 calls cummingsify_failed, the errback of pair 2,"
        " with GibberishError('nothing but gibberish').",
        "cummingsify_failed gave a failure, GibberishError('nothing but gibberish'):"
        " D1 goes on with it.",
        "D1 calls poem_failed, the errback of pair 3,"
        " with GibberishError('nothing but gibberish').",
        "poem_failed gave None: D1 goes on with this result.",
        "D1 calls poem_done, the callback of pair 4, with None.",
        "poem_done gave None: D1 goes on with this result.",
    ]


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_event_has_a_sentence(kind: str, lang: str) -> None:
    values = {str: "runs", int: 1, float: 1.0, bool: True, list: [], type(None): None}
    words = {"how": "done" if kind == "close" else "raised", "by": "stage", "side": "errback"}
    for optional in (False, True):
        fields = {
            name: words.get(name) or next(values[one] for one in values if one in field.types)
            for name, field in fields_of(kind).items()
            if optional or not field.optional
        }
        (text,) = sentences([event_of(0.0, "x", kind, fields)], lang)
        assert len(text) > 1
        assert "{" not in text
