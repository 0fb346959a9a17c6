"""`companion trace A B`: two programs talk to each other on one clock, and stand in one drawing."""

import json
from pathlib import Path

import pytest

from companion.event import read_events
from companion.trace.trace import Trace
from companion.tutorial.stages import ROOT
from tests.helpers.fixtures import Typed

EXAMPLES = ROOT / "docs" / "examples"
ASK = "ask.py 8000"


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(EXAMPLES)


def test_the_code_of_both_stands_in_one_drawing_in_the_order_in_which_it_runs(typed: Typed) -> None:
    status, out, err = typed("trace", "lines.py", ASK, "--signal", "SIGINT@3")
    assert (status, err) == (0, "")
    head, drawing = out.split("   time  the library")
    assert head.startswith("lines.py, ask.py: 3.000 s of simulated time\n\nlines.py\n")
    assert "client 1         " in head
    assert "\n\nask.py\n\nserver           0 s" in head
    assert "\n1 lines.py       " in head
    assert drawing.split("\n", 2)[2] == (
        "lines.py\n"
        "  0.000  start -->              <module>\n"
        "  0.000                line 15    reactor.run\n"
        "ask.py\n"
        "  0.000  start -->              <module>\n"
        "  0.000                           waits 1.000 s in sleep, until 1.000\n"
        "lines.py\n"
        "  1.000  reactor, client 1 -->  Answer.lineReceived\n"
        "  1.000                           > asked: a leaf falls\n"
        "ask.py\n"
        "  1.000                           > you said a leaf falls\n"
        "  1.000                           waits 1.000 s in sleep, until 2.000\n"
        "lines.py\n"
        "  2.000  reactor, client 1 -->  Answer.lineReceived\n"
        "  2.000                           > asked: loneliness\n"
        "ask.py\n"
        "  2.000                           > you said loneliness\n"
        "lines.py\n"
        "  3.000  reactor returns -->    <module> goes on\n"
        "  2.000  ask.py: ends with status 0\n"
        "  3.000  lines.py: ends with status 0\n"
        "\n"
        "Next: companion trace lines.py 'ask.py 8000' --html trace.html\n"
    )


def test_one_of_the_two_may_be_a_stage_and_each_has_its_own_deferreds(typed: Typed) -> None:
    slow = f"slow-server --port 8000 --num-bytes 900 {ROOT / 'poetry' / 'ecstasy.txt'}"
    status, out, err = typed("trace", slow, "client-4.0 8000")
    assert (status, err) == (0, "")
    assert "slow-server, client-4.0: 0.400 s of simulated time" in out
    assert "3,003 bytes, done" in out
    assert "\nclient-4.0\n\nD1: made at line" in out
    assert out.count("\nD1: ") == 1
    assert "client-4.0: ends with status 0" in out


def test_a_program_may_talk_to_itself_and_is_told_apart(typed: Typed) -> None:
    status, out, _ = typed("trace", "lines.py", "lines.py", "--signal", "SIGINT@1")
    assert status == 0
    assert "lines.py, lines.py (2)" in out
    assert "lines.py (2): ends with status 1" in out  # the port is taken


def test_a_kept_trace_of_two_is_shown_as_it_was(typed: Typed, tmp_path: Path) -> None:
    _, out, _ = typed("trace", "lines.py", ASK, "--json")
    events = list(read_events(out.splitlines()))
    assert [program.name for program in Trace(events).programs] == ["lines.py", "ask.py"]
    (tmp_path / "kept").write_text(out)
    shown = typed("trace", "--replay", str(tmp_path / "kept"))[1]
    assert shown.split("\nNext:")[0] == typed("trace", "lines.py", ASK)[1].split("\nNext:")[0]


def test_a_page_plays_both_on_one_clock_and_draws_both(typed: Typed, tmp_path: Path) -> None:
    page, picture = tmp_path / "page.html", tmp_path / "picture.svg"
    typed("trace", "lines.py", ASK, "--html", str(page), "--svg", str(picture))
    (data,) = [line for line in page.read_text().splitlines() if '"runs":' in line]
    played = json.loads(data[data.index("{") : data.rindex("}") + 1])["runs"]
    assert [run["stage"] for run in played] == ["lines.py", "ask.py"]
    drawn = picture.read_text()
    assert drawn.index("Answer.lineReceived") < drawn.index("you said a leaf falls")
    assert "lines.py: ends" not in drawn
    assert "ask.py: ends with status 0" in drawn


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("lines.py", "ask.py", "8000"), "put each program in quotes, with its arguments"),
        (("lines.py", ASK, "--real"), "--real goes with one program, not with two on one clock"),
        (("lines.py", ASK, "--client", "0 x"), "--client goes with one program"),
        (("lines.py", ASK, "--with", "RESET"), "--with goes with one program"),
        (("lines.py", ASK, "--as", "client-4.0"), "--as goes with one program"),
    ],
)
def test_what_two_can_t_have_is_refused(typed: Typed, words: tuple[str, ...], line: str) -> None:
    status, out, err = typed("trace", *words)
    assert (status, out) == (2, "")
    assert err.startswith(f"companion: {line}")


def test_what_one_does_that_is_not_covered_is_told_for_both(typed: Typed, tmp_path: Path) -> None:
    forks = tmp_path / "forks.py"
    forks.write_text("import os\nos.fork()\n")
    status, out, err = typed("trace", "lines.py", str(forks))
    assert (status, out) == (1, "")
    assert err == (
        "companion: not covered by simulated time: a child process (os.fork), in forks.py, line 2\n"
    )


def test_a_word_that_is_no_program_is_an_argument(typed: Typed, tmp_path: Path) -> None:
    (tmp_path / "say.py").write_text("import sys\nprint(sys.argv[1:])\n")
    out = typed("trace", str(tmp_path / "say.py"), "page.http", "b.py")[1]
    assert "> ['page.http', 'b.py']" in out
    out = typed("trace", f"{tmp_path / 'say.py'} lines.py")[1]
    assert "> ['lines.py']" in out
