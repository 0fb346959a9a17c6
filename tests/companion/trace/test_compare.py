"""companion compare: the same poems on the same clock, and where two stages part."""

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

import pytest

from companion.event import Open
from companion.render.terminal import Screen
from companion.render.text import columns
from companion.trace.compare import Act, Comparison, compare
from companion.trace.compare_view import compare_svg, compare_text, difference_text
from companion.trace.faults import FAULTS
from companion.trace.words import row_text
from companion.tutorial.stages import load_map
from tests.helpers.fixtures import Typed

BESIDE = """\
0.000 s in <module>
start --> <module>                       start --> <module>
  > Starting the reactor.              |   > Start!

0.000 s
  reactor.run                              reactor.run
reactor --> hello                      | reactor --> count
  > Hello! The reactor is running,...  |   > 5
  > It does nothing else until I...    |   timer 1: count in 1 s
reactor waits for ever in epoll        | reactor waits 1.000 s in epoll,...
"""


@cache
def compared(before: str, after: str, fault: str = "") -> Comparison:
    stages = load_map()
    return compare(stages.by_id[before], stages.by_id[after], fault)


@pytest.mark.parametrize("id", ["defer-1", "client-4.0", "client-8.0", "inline-callbacks-2"])
def test_a_stage_does_what_it_does(id: str) -> None:
    comparison = compared(id, id)
    assert (comparison.first, comparison.t, comparison.output) == ((None, None), None, [])
    assert comparison.renamed == {}
    assert difference_text(comparison).startswith(
        "they do the same, from the first moment to the last"
    )


def test_that_two_do_the_same_is_said_of_what_was_tried_and_called() -> None:
    assert difference_text(compared("client-4.0", "client-4.0")) == (
        "they do the same, from the first moment to the last, with ecstasy, fascination, science;"
        " never called, so nothing is known of: PoetryClientFactory.poem_failed,"
        " PoetryClientFactory.clientConnectionFailed"
    )
    assert compared("client-4.0", "client-4.0", "REFUSED").tried[-1] == "REFUSED"
    assert "clientConnectionFailed" not in compared("client-4.0", "client-4.0", "REFUSED").never


OTHER_NAMES = {
    "get_poetry": "fetch",
    "PoetryProtocol": "Reader",
    "PoetryClientFactory": "Readers",
    "poemReceived": "whole",
    "poem_finished": "done",
    "got_poem": "present",
    "poem_done": "count",
}


def renamed(tmp_path: Path, *changes: tuple[str, str]) -> Comparison:
    """Client 4.0 beside itself with other names, and with these changes."""
    stage = load_map().by_id["client-4.0"]
    text = stage.file.read_text()
    for name, other in OTHER_NAMES.items():
        text = re.sub(rf"\b{name}\b", other, text)
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    file = tmp_path / "mine.py"
    file.write_text(text)
    return compare(stage, stage.played_by(file))


def test_a_program_with_other_names_is_matched_by_what_it_does_and_in_which_order(
    tmp_path: Path,
) -> None:
    comparison = renamed(tmp_path)
    assert (comparison.first, comparison.hunks) == ((None, None), [])
    assert comparison.renamed == {
        "fetch": "get_poetry",
        "Reader.connectionMade": "PoetryProtocol.connectionMade",
        "Reader.dataReceived": "PoetryProtocol.dataReceived",
        "Reader.connectionLost": "PoetryProtocol.connectionLost",
        "Reader.whole": "PoetryProtocol.poemReceived",
        "Readers.__init__": "PoetryClientFactory.__init__",
        "Readers.done": "PoetryClientFactory.poem_finished",
        "present": "got_poem",
        "count": "poem_done",
    }
    assert "; fetch stands for get_poetry" in difference_text(comparison)


def test_under_other_names_a_difference_is_found_where_it_is(tmp_path: Path) -> None:
    comparison = renamed(tmp_path, ("d.addBoth(count)", "d.addCallback(count)"))
    assert difference_text(comparison).startswith(
        "at 0.000 s client-4.0 in poetry_main: D1 gets the pair poem_done | poem_done;"
        " mine.py in poetry_main: D1 gets the pair count | pass on; "
    )
    assert comparison.renamed["count"] == "poem_done"


def test_the_first_difference_is_where_a_deferred_is_made() -> None:
    assert difference_text(compared("client-3.1", "client-4.0")) == (
        "at 0.000 s client-3.1 calls PoetryClientFactory.__init__ itself in get_poetry;"
        " client-4.0 in get_poetry: D1 is made"
    )
    assert compared("client-3.1", "client-4.0").output == []


def test_under_a_fault_one_learns_of_it_and_the_other_waits_for_ever() -> None:
    comparison = compared("client-3.0", "client-3.1", "REFUSED")
    assert difference_text(comparison) == (
        "at 0.000 s client-3.0's reactor calls PoetryProtocol.dataReceived;"
        " client-3.1's reactor calls PoetryClientFactory.clientConnectionFailed"
    )
    assert [run.how for run in comparison.runs] == ["waits for ever", "exit"]
    assert comparison.output[:5] == [
        "--- client-3.0",
        "+++ client-3.1",
        "@@ -1 +1,121 @@",
        "-(exit status 95: waits for ever)",
        "+Poem failed: 127.0.0.1:10002: Connection was refused by other side: 111: Connection"
        " refused.",
    ]


def test_a_difference_late_in_the_run_has_its_time() -> None:
    reset = compared("client-4.0", "client-4.0", "RESET")
    right = compared("client-4.0", "client-4.0")
    acts = Comparison(right.stages, (reset.runs[0], right.runs[0])).first
    assert [round(act.t, 3) for act in acts if act] == [3.3, 3.3]
    assert [act.row.call.function for act in acts if act] == [
        "PoetryProtocol.connectionLost",
        "PoetryProtocol.dataReceived",
    ]


def test_what_one_does_after_the_other_has_ended_is_a_difference() -> None:
    same = compared("defer-1", "defer-1")
    run = same.runs[0]
    left, right = Comparison(same.stages, (replace(run, events=run.events[:-3]), run)).first
    assert left is None
    assert right


def told(acts: Sequence[Act]) -> list[str]:
    return [row_text(act.row, "en") for act in acts]


def test_every_place_where_two_stages_differ_stands_once_with_both_sides() -> None:
    places = compared("client-3.1", "client-4.0").hunks
    assert [count for _, count in places] == [3, 3, 3]
    hunk = places[-1][0]
    assert told(hunk.ahead) == ["PoetryProtocol.poemReceived", "PoetryClientFactory.poem_finished"]
    assert told(hunk.before) == ["got_poem", "poem_done"]
    assert [act.row.event.kind for act in hunk.after] == ["fired", "enter", "enter"]
    assert [act.row.runs.pair for act in hunk.after if act.row.runs] == [1, 2]


def test_stages_that_do_the_same_differ_nowhere() -> None:
    assert compared("client-8.0", "client-8.0").hunks == []


def test_the_two_sides_stand_beside_each_other_in_the_text() -> None:
    text = compare_text(compared("hello", "countdown"), Screen(80))
    assert BESIDE in text
    assert compare_text(compared("hello", "countdown"), Screen(80, lang="zh")).count(
        "|"
    ) == text.count("|")


def test_why_the_reactor_wakes_for_nothing_is_told_once_for_both() -> None:
    text = compare_text(compared("proxy-1.0", "proxy-2.0"))
    assert text.count("At 30.000 s the reactor wakes once more") == 1


def test_of_a_poem_that_only_one_prints_the_first_lines_are_shown() -> None:
    text = compare_text(compared("client-3.0", "client-3.1", "REFUSED"))
    assert len(text.splitlines()) < 70
    assert text.endswith("+The Fascination of What's Difficult\n+\n... 118 more lines")


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize(
    ("before", "after"), [("client-3.1", "client-4.0"), ("client-6.0", "client-7.0")]
)
def test_every_fault_can_be_compared_under(before: str, after: str, fault: str) -> None:
    comparison = compared(before, after, fault)
    for width in (80, 160):
        text = compare_text(comparison, Screen(width))
        told = [line for line in text.splitlines() if line != difference_text(comparison)]
        assert max(map(columns, told)) <= width
    if fault == "SPLIT":
        assert "舉杯邀明月" in comparison.runs[0].stdout
        assert [run.status for run in comparison.runs] == [0, 0]


def test_both_get_the_poems_of_the_first() -> None:
    comparison = compared("client-6.0", "client-4.0")
    poems = [{event.poem for event in run.of(Open) if event.poem} for run in comparison.runs]
    assert poems[0] == poems[1] == {"fascination", "science"}


def test_the_picture_has_both_on_one_axis_with_the_moment_marked() -> None:
    picture = ElementTree.fromstring(compare_svg(compared("client-2.0", "client-2.1")))
    lines = list(picture.iter("{http://www.w3.org/2000/svg}line"))
    assert [line.attrib["class"] for line in lines].count("limit") == 1
    ticks = [line.attrib["x1"] for line in lines if line.attrib["class"] == "line"]
    assert ticks[: len(ticks) // 2] == ticks[len(ticks) // 2 :]


def test_the_page_has_the_picture_the_outputs_and_the_diff_of_the_code(
    typed: Typed, tmp_path: Path
) -> None:
    file = tmp_path / "page.html"
    assert typed("compare", "defer-1", "defer-2", "--html", str(file)) == (0, "", f"wrote {file}\n")
    page = file.read_text()
    for part in (
        "D1 fires with Exception",
        "-Here is your poem:",
        "<code>twisted-deferred/defer-2.py</code>",
        "<svg ",
    ):
        assert part in page
    assert set(re.findall(r"https?://[^\"' <]+", page)) == {"http://www.w3.org/2000/svg"}


def test_a_program_gets_the_runs_and_where_they_differ(typed: Typed) -> None:
    status, out, err = typed("compare", "client-3.1", "client-4.0", "--json")
    assert (status, err) == (0, "")
    told = json.loads(out)
    assert [run["stage"] for run in told["runs"]] == ["client-3.1", "client-4.0"]
    assert [(place["t"], place["times"]) for place in told["differences"]] == [
        (0.0, 3),
        (0.0, 3),
        (6.2, 3),
    ]
    assert [event["function"] for event in told["differences"][2]["before"]] == [
        "got_poem",
        "poem_done",
    ]
    assert told["output"] == []
    assert told["first"] == difference_text(compared("client-3.1", "client-4.0"))


def test_what_can_t_be_compared_is_refused_in_one_line(typed: Typed) -> None:
    assert typed("compare", "haskell-client-1", "client-4.0") == (
        1,
        "",
        "companion: haskell-client-1 is not a Python program that a trace or virtual time can "
        "run\n",
    )
    status, out, err = typed("compare", "defer-1", "defer-2", "--with", "reset")
    assert (status, out) == (1, "")
    assert err == "companion: no fault is possible: the stage has no poetry server\n"
    status, out, err = typed("compare", "defer-1", "no-such")
    assert (status, out, err.count("\n")) == (2, "", 1)


def test_in_chinese_the_ends_and_waits_of_both_are_chinese() -> None:
    text = compare_text(compared("hello", "exception"), Screen(80, lang="zh"))
    assert "\n-（退出状态 95：永远等待下去）\n" in text
    assert "\nreactor 等待：永远（在 epoll 中）" in text


def test_two_stages_compared_in_a_pipe(typed: Typed) -> None:
    status, out, err = typed("compare", "defer-8", "defer-9")
    assert (status, err) == (0, "")
    assert out.splitlines()[:2] == [
        "defer-8: 0.000 s, status 0 (exit)",
        "defer-9: 0.000 s, status 0 (exit)",
    ]
    assert out.splitlines()[-3:] == [
        "the same output and exit status",
        "",
        "Next: companion diff defer-8 defer-9",
    ]
