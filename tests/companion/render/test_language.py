"""Both languages: the Chinese of what the code says, and one word for one thing in all texts."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

import companion
from companion.check.run import load_checks
from companion.check.show import WORDS as CHECK_WORDS
from companion.cli.commands import companion as group
from companion.diff.words import TEXTS as DIFF_TEXTS
from companion.learn.words import WORDS as LEARN_WORDS
from companion.render.language import language_in, say, tables, texts, translated
from companion.trace.words import HOWS, TEXTS, UNSEEN
from companion.tutorial.doings import SHOWS
from companion.tutorial.listing import LABELS as LISTING
from companion.tutorial.part_page import LABELS as PART_PAGE
from companion.tutorial.stages import ROOT
from tests.helpers.fixtures import Typed
from tests.helpers.messages import ended_in, said_in, spoken_in

SOURCES = [
    *sorted(Path(companion.__file__).parent.rglob("*.py")),
    *sorted(ROOT.glob("exercises/*/checks.py")),
]
HAN = "\u4e00-\u9fff"
# What a program is given in simulated time as the real calls give it, in their words.
SIMULATED = "virtual/inside"
VIEWS = (TEXTS, HOWS, UNSEEN, CHECK_WORDS, LEARN_WORDS, PART_PAGE, LISTING, DIFF_TEXTS, SHOWS)


def words_of(text: str) -> str:
    return re.sub(r"\{[^}]*\}", "", text)


def values(text: str) -> list[str]:
    return re.findall(r"\{[^{} ]*\}", text)


def helps() -> Iterator[str]:
    """Every paragraph of every help page, and what is said of every option."""
    for command in (group, *group.commands.values()):
        for paragraph in (command.help or "").split("\n\n"):
            yield " ".join(paragraph.split())
        for option in command.params:
            if isinstance(option, click.Option) and option.help:
                yield " ".join(option.help.split())


def test_every_text_of_help_has_its_chinese() -> None:
    assert [text for text in helps() if text not in tables()["help"]] == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_error_and_whatever_a_check_says_has_its_chinese(path: Path) -> None:
    found = ended_in(path) if SIMULATED in str(path) else said_in(path)
    told = [text for text in found if " " in words_of(text).strip(" :,;")]
    wanted = [*told, *spoken_in(path)]
    assert [text for text in dict.fromkeys(wanted) if text not in texts()] == []


def test_both_languages_have_the_same_values() -> None:
    for text, wanted in texts().items():
        assert len(values(text)) == len(values(wanted)), text


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("no stage is called 'x'; did you mean y?", "没有阶段叫 'x'；是不是 y？"),
        (
            "Invalid value for '--servers': 0 is not in the range 1<=x<=100.",
            "'--servers' 的值无效：0 不在范围 1<=x<=100 之内。",
        ),
        ("slow-server is a server; only clients race", "slow-server 是服务器；只有客户端能比赛"),
        ("can't read a: b: No such file or directory", "无法读取 a：b: No such file or directory"),
        ("can't read a: Permission denied", "无法读取 a：没有权限"),
        (
            "a timer goes off at 1.0 s, after: something is printed",
            "定时器在 1.0 秒时触发，在此之后：打印了内容",
        ),
        ("it ended with status 1, and said: an end", "它结束，状态为 1，并输出：an end"),
        (
            "stages.toml:7: path must be a text",
            "stages.toml:7：path 要是文本",
        ),
        (
            "stages.toml:9: needs must be a list of { stage, args }",
            "stages.toml:9：needs 要是 { stage, args } 的列表",
        ),
        (
            "not covered by simulated time: a child process (os.fork), in a.py, line 7; use --real",
            "模拟时间不支持：子进程（os.fork），在 a.py 第 7 行；请用 --real",
        ),
        (
            "no stage is called 'proxy'; did you mean proxy-1.0, proxy-2.0?",
            "没有阶段叫 'proxy'；是不是 proxy-1.0、proxy-2.0？",
        ),
        ("nobody knows this text", "nobody knows this text"),
    ],
)
def test_a_text_with_its_values_is_told_in_chinese(english: str, chinese: str) -> None:
    assert translated("zh", english) == chinese
    assert translated("en", english) == english


def test_a_text_is_said_with_its_values() -> None:
    assert say("en", "done in {:.2f} s", 1) == "done in 1.00 s"
    assert say("zh", "done in {:.2f} s", 1) == "1.00 秒完成"
    with pytest.raises(KeyError):
        say("zh", "not in the table")


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["--lang", "zh", "race"], "zh"),
        (["race", "--lang=zh_CN"], "zh"),
        (["race", "--lang"], "en"),
        (["race", "--lang", "xx"], "en"),
    ],
)
def test_the_language_of_a_line_is_known_before_it_is_read(
    words: list[str], found: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    assert language_in(words) == found


@pytest.mark.parametrize("command", ["", *sorted(group.commands)])
def test_every_help_page_is_in_chinese_and_fits(command: str, typed: Typed) -> None:
    status, out, err = typed(*filter(None, (command, "--help", "--lang", "zh")))
    assert (status, err) == (0, "")
    assert out.startswith("用法：companion")
    prose = [line for line in out.splitlines()[1:] if re.search(r"[a-z]{3} [a-z]{2} ", line)]
    assert prose == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("show", "clint-4.0"), "没有阶段叫 'clint-4.0'；是不是 client-4.0？"),
        (("show",), "缺少参数 'STAGE'。"),
        (("race", "slow-server"), "slow-server 是服务器；只有客户端能比赛"),
        (("part", "99"), "没有第 '99' 部分；共有第 1 至 22 部分"),
        (("trace", "--replay", "/nowhere"), "无法读取 /nowhere：没有这个文件或文件夹"),
    ],
)
@pytest.mark.parametrize("before", [True, False])
def test_an_error_is_in_chinese_where_the_language_stands_before_or_after(
    words: tuple[str, ...], said: str, before: bool, typed: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = ("--lang", "zh", *words) if before else (*words, "--lang", "zh")
    monkeypatch.setattr("sys.argv", ["companion", *line])
    assert typed(*line)[2] == f"companion: {said}\n"


def test_the_table_of_steps_is_in_chinese(typed: Typed) -> None:
    lines = typed("steps", "--noise", "--lang", "zh")[1].splitlines()
    assert lines[0].split() == ["部分", "步骤", "+", "-", "上限", "无关", "定义"]
    assert re.fullmatch(r"\d+ 个步骤，改动 \d+ 行，没有无关的改动", lines[-1])


# One word for one thing, and one rule for what stands between them.


def chinese_in(record: Any) -> Iterator[str]:
    """Every Chinese text of a table."""
    if isinstance(record, str):
        yield record
    elif isinstance(record, list):
        for one in record:
            yield from chinese_in(one)
    elif isinstance(record, dict):
        for key, value in record.items():
            if key == "zh" or not isinstance(value, str):
                yield from (chinese_in(value) if key == "zh" or not is_plain(value) else ())


def is_plain(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def all_chinese() -> list[str]:
    found = list(texts().values())
    for name in ("parts.toml", "exercises/exercises.toml", "stages.toml", "poetry/poems.toml"):
        found += chinese_in(tomllib.loads((ROOT / name).read_text(encoding="utf-8")))
    for view in VIEWS:
        found += view["zh"].values()
    for check in load_checks():
        found += [check.name["zh"], check.hint["zh"]]
    return found


def unwanted_words() -> list[str]:
    """The third column of the table in CONTRIBUTING.md."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\|[^|]*\|[^|]*\|([^|]*)\|$", text, re.MULTILINE)
    return [word.strip() for row in rows for word in row.split(",") if re.search(rf"[{HAN}]", word)]


def test_one_word_stands_for_one_thing_in_all_chinese_texts() -> None:
    readme = (ROOT / "README.zh-CN.md").read_text(encoding="utf-8")
    unwanted = unwanted_words()
    assert len(unwanted) > 15
    lines = [*all_chinese(), *readme.splitlines()]
    assert [(word, line) for line in lines for word in unwanted if word in line] == []


RULES = {
    "half-width punctuation after a character": rf"[{HAN}][,;:?!]",
    "half-width brackets around characters": rf"[{HAN}]\(|\)[{HAN}]",
    "straight quotes around characters": rf"[{HAN}]\"|\"[{HAN}]",
    "no blank between a character and a letter": rf"[{HAN}][A-Za-z0-9]|[A-Za-z0-9][{HAN}]",
    "a blank beside full-width punctuation": r" [，。、；：？！（）“”]|[，。、；：？！（）“”] ",
}


@pytest.mark.parametrize("rule", RULES)
def test_punctuation_and_blanks_follow_one_rule(rule: str) -> None:
    texts = all_chinese()
    assert len(texts) > 1000
    assert [text for text in texts if re.search(RULES[rule], text)] == []
