"""The screen: what a terminal shows, what a pipe gets, and the pager between."""

import re
import sys

import pytest

from companion.render.code import coloured
from companion.render.terminal import Screen, find_screen
from tests.helpers.fixtures import Typed
from tests.helpers.terminal import Terminal

SHOW = [sys.executable, "-m", "companion", "show", "client-4.0"]


def test_what_does_not_fit_is_shown_by_the_pager_in_colours_until_q() -> None:
    with Terminal(SHOW, PAGER="less", LC_ALL="C.UTF-8") as terminal:
        seen = terminal.read_until(":")
        assert "What you can do with it" not in seen
        terminal.type(b"G")
        terminal.read_until("companion check mine.py")
        assert "\x1b[35mimport" in terminal.seen
        terminal.type(b"q")
        assert terminal.status() == 0


@pytest.mark.parametrize("words", [("trace", "--help"), ("help", "trace"), ("exercise",)])
def test_pages_of_help_and_the_list_of_exercises_are_shown_by_the_pager_too(
    words: tuple[str, ...],
) -> None:
    with Terminal([*SHOW[:3], *words], PAGER="wc -l", LC_ALL="C.UTF-8") as terminal:
        assert int(terminal.read_all()) > 22
    with Terminal([*SHOW[:3], "--no-pager", *words], PAGER="false", LC_ALL="C.UTF-8") as terminal:
        assert terminal.read_all().count("\n") > 24


@pytest.mark.parametrize("words", [("--no-pager", "show"), ("show", "--no-pager")])
def test_no_pager_before_or_after_the_command_prints_at_once(words: tuple[str, str]) -> None:
    command = [*SHOW[:3], *words, "client-4.0"]
    with Terminal(command, PAGER="less", LC_ALL="C.UTF-8") as terminal:
        seen = terminal.read_all()
        assert terminal.status() == 0
    assert "argparse" in seen
    assert "companion check mine.py" in seen


def test_code_has_only_colours_that_read_on_white_and_on_black() -> None:
    text = coloured("a.py", "def f():  # why\n    return 'a' + 1\n")
    found = set(re.findall(r"\x1b\[(\d+)m", text))
    assert "\x1b[36m# why" in text
    assert found == {"32", "35", "36"}  # green, magenta, cyan


def test_what_fits_needs_no_pager() -> None:
    with Terminal([*SHOW[:3], "steps", "--help"], PAGER="false") as terminal:
        assert "Usage" in terminal.read_all()


def test_force_color_colours_a_pipe_and_no_color_a_terminal_not(
    typed: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert find_screen("en") == Screen()
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert find_screen("zh").colour
    assert "\x1b[" in typed("trace", "hello")[1]
    monkeypatch.setenv("NO_COLOR", "1")
    assert not find_screen("en").colour
    assert "\x1b" not in typed("trace", "hello")[1]


def test_a_line_is_cut_once_and_its_pieces_keep_their_colours() -> None:
    screen = Screen(12, colour=True, boxes=True)
    assert screen.line(("one ", "red"), ("two three four", "bold")) == (
        "\x1b[31mone \x1b[0m\x1b[1mtwo…\x1b[0m"
    )
    assert Screen(12).line(("one two three four", "red")) == "one two..."


def test_a_text_hangs_beside_its_indent_and_is_whole_in_a_pipe() -> None:
    assert Screen(24).wrap("one two three four", 8) == ["one two three", "four"]
    assert Screen().wrap("one two three four", 8) == ["one two three four"]
