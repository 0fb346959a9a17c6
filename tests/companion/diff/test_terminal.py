"""A diff on a terminal: side by side or unified, with signs that need no colour."""

import re
from io import StringIO

import pytest
from rich.console import Console

from companion.diff.definitions import Source
from companion.diff.model import compare
from companion.diff.steps import Step
from companion.diff.terminal import Look, render
from tests.helpers.map_steps import STEPS

ESCAPE = re.compile(r"\x1b\[[\d;]*m")

BEFORE = '''\
"""One."""


def kept():
    return 1


def read(poem):
    print(poem)
    stop()
'''
AFTER = '''\
"""Two."""


def kept():
    return 1


def read(text):
    print(text)
    if running:
        stop()
'''


def step(left: str = BEFORE, right: str = AFTER) -> Step:
    return Step(compare(Source("left.py", left), Source("right.py", right)))


def printed(
    one: Step, width: int, *, wide: bool, full: bool = False, lang: str = "en", colour: bool = False
) -> str:
    out = StringIO()
    console = Console(
        file=out, width=width, force_terminal=True, no_color=not colour, color_system="standard"
    )
    for part in render(Look(one, lang, wide, full)):
        console.print(part)
    text = out.getvalue()
    return text if colour else "\n".join(line.rstrip() for line in ESCAPE.sub("", text).split("\n"))


def test_where_there_is_room_both_sides_stand_beside_each_other() -> None:
    assert (
        printed(step(), 60, wide=True)
        == """\
left.py → right.py

docstring
 1 - \"\"\"One.\"\"\"                1 + \"\"\"Two.\"\"\"

· kept: unchanged, 2 lines

read
 8 - def read(poem):           8 + def read(text):
 9 -     print(poem)           9 +     print(text)
                              10 +     if running:
10 -     stop()               11 +         stop()

+4 -3 lines: read
"""
    )


def test_on_a_narrow_terminal_what_is_gone_comes_before_what_is_new() -> None:
    assert (
        printed(step(), 40, wide=False)
        == """\
left.py → right.py

docstring
 1    - \"\"\"One.\"\"\"
    1 + \"\"\"Two.\"\"\"

· kept: unchanged, 2 lines

read
 8    - def read(poem):
 9    -     print(poem)
10    -     stop()
    8 + def read(text):
    9 +     print(text)
   10 +     if running:
   11 +         stop()

+4 -3 lines: read
"""
    )


def test_full_unfolds_what_did_not_change() -> None:
    text = printed(step(), 40, wide=False, full=True)
    assert "unchanged" not in text
    assert "kept\n 4  4   def kept():\n 5  5       return 1\n" in text


def test_chinese_is_spoken_where_it_is_asked_for() -> None:
    text = printed(step(BEFORE, AFTER + "\n\ndef more():\n    pass\n"), 80, wide=False, lang="zh")
    assert "\n文档字符串\n" in text
    assert "\n· kept：未改动，2 行\n" in text
    assert "\nmore  新增\n" in text
    assert text.endswith("\n+6 -3 行：read、more（新增）\n")


def test_changed_words_are_reversed_and_code_is_coloured() -> None:
    text = printed(step(), 40, wide=False, colour=True)
    assert "\x1b[7;31mpoem\x1b[0m" in text
    assert "\x1b[7;32mtext\x1b[0m" in text
    assert "\x1b[35mdef\x1b[0m" in text


def test_two_same_scripts_are_told_to_be() -> None:
    assert (
        printed(step(BEFORE, BEFORE), 40, wide=False)
        == """\
left.py → right.py

· docstring: unchanged, 1 line
· kept: unchanged, 2 lines
· read: unchanged, 3 lines

no difference
"""
    )


@pytest.mark.parametrize(("width", "wide"), [(80, False), (160, True)])
@pytest.mark.parametrize("one", STEPS[::9], ids=lambda one: one.name)
def test_a_step_fits_the_terminal_and_shows_every_changed_line(
    one: Step, width: int, wide: bool
) -> None:
    text = printed(one, width, wide=wide)
    assert max(map(len, text.split("\n"))) <= width
    for sign, lines in (("-", one.diff.removed), ("+", one.diff.added)):
        for line in lines:
            code = re.escape(line.text.strip()[:20])
            assert re.search(rf"{line.number}[\d ]* {re.escape(sign)} +{code}", text), line


def test_what_a_terminal_would_obey_is_shown_as_a_picture_of_itself() -> None:
    text = printed(step("", "x = '\x1b[2J\x9b'\n"), 60, wide=False)
    assert "x = '␛[2J�'" in text


def test_a_tab_is_as_wide_as_it_is_shown() -> None:
    text = printed(step("", "if x:\n\tprint('a tab before it')\n"), 40, wide=False)
    assert "\n  2 +     print('a tab before it')\n" in text
