"""The picture of a trace on a terminal and in a pipe: moments, stretches, waiting for ever."""

import re

import pytest

from companion.event import event_of
from companion.render.terminal import Screen
from companion.render.text import columns
from companion.trace.text import trace_text
from companion.trace.trace import Trace
from companion.trace.words import lanes_text, times_text
from tests.helpers.traces import events_of

WIDE = Screen(160, boxes=True)


def picture(id: str, screen: Screen, fault: str = "") -> list[str]:
    return trace_text(Trace(events_of(id, fault)), screen).splitlines()


def test_a_hundred_moments_are_marks_with_gaps_between_them_where_there_is_room() -> None:
    lane = next(line for line in picture("client-4.0", WIDE) if line.startswith("1 ecstasy"))
    assert lane.count("│") == 101
    assert "·│" in lane


def test_more_moments_than_columns_are_marks_for_several() -> None:
    lines = picture("client-4.0", Screen(80))
    lane = next(line for line in lines if line.startswith("1 ecstasy"))
    assert lane[17:58] == '"' * 41
    assert any("' a moment" in line and '" several of them' in line for line in lines)


def test_a_wait_of_the_code_is_a_bar_between_moments() -> None:
    lines = picture("blocking-client", Screen(80))
    code = next(line for line in lines if line.startswith("the stage's code"))
    assert re.fullmatch("'-{17}'-{10}'-{10}'", code[17:])
    assert any(line.strip().endswith("- waits") for line in lines)


def test_a_lane_begins_where_its_connection_is_made() -> None:
    one, two, three = picture("blocking-client", Screen(80))[3:6]
    assert re.fullmatch(r"""["'.]{19} +""", one[17:58])
    assert re.fullmatch(r""" {18}["'.]{12} +""", two[17:58])
    assert re.fullmatch(r""" {29}["'.]{12}""", three[17:58])


def test_waiting_for_ever_is_a_way_that_leaves_the_axis_and_30_seconds_are_explained() -> None:
    lines = picture("client-3.0", Screen(80), "REFUSED")
    assert lines[0] == "client-3.0: 10.100 s of simulated time, then it waits for ever"
    code = next(line for line in lines if line.startswith("the stage's code"))
    assert code.endswith('"~~~>')
    assert any("~> waits for ever" in line for line in lines)
    assert any("At 30.000 s the reactor wakes once more" in line for line in lines)


def test_a_wait_for_ever_without_a_timer_before_it_needs_no_explanation() -> None:
    assert not any("wakes once more" in line for line in picture("hello", Screen(80)))


@pytest.mark.parametrize("id", ["client-4.0", "client-8.0", "defer-cancel-12"])
def test_in_a_pipe_what_is_drawn_is_ascii(id: str) -> None:
    assert "\n".join(picture(id, Screen())).isascii()


def test_colours_change_no_column() -> None:
    for width in (40, 80, 160):
        plain = picture("client-5.0", Screen(width, boxes=True))
        coloured = picture("client-5.0", Screen(width, colour=True, boxes=True))
        assert [re.sub(r"\x1b\[\d*m", "", line) for line in coloured] == plain
        assert coloured != plain


@pytest.mark.parametrize(("id", "red"), [("client-1.0-broken", True), ("blocking-client", False)])
def test_a_wait_of_the_code_that_has_the_reactor_stand_still_is_red(id: str, red: bool) -> None:
    lines = picture(id, Screen(80, colour=True))
    waits = [line for line in lines if " s in recv, until " in line]
    assert waits
    assert all(("\x1b[31m" in line) == red for line in waits)


def test_a_name_too_long_for_its_column_is_cut_before_the_arrow() -> None:
    enter = {"call": 1, "function": "f", "line": 1, "by": "reactor", "lane": 1000000000000000}
    text = trace_text(Trace([event_of(0.0, "a", "enter", enter)]), Screen(80))
    line = text.splitlines()[-1]
    assert line[:32] == "  0.000  reactor, server... --> "
    assert columns(line) == 33


@pytest.mark.parametrize(
    ("times", "en", "zh"),
    [(1, "… once more", "… 再重复 1 次"), (2, "… 2 more times", "… 再重复 2 次")],
)
def test_once_and_often_are_counted_in_words_of_their_own(times: int, en: str, zh: str) -> None:
    assert (times_text("more", times, "en"), times_text("more", times, "zh")) == (en, zh)


def test_servers_and_clients_are_named_apart() -> None:
    assert lanes_text(["1", "c2", "c3"], "en") == " (servers 1) (clients 2, 3)"
    assert lanes_text([str(n) for n in range(9)], "zh") == "（服务器 0、1、2、3、4、5、…）"
