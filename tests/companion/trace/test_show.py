"""companion trace as a reader types it: in a pipe, on a terminal, kept and shown again."""

import json
import re
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from companion.event import Close, read_events
from companion.trace.ladder import ladder_text
from companion.trace.legend import drawn
from companion.trace.picture import trace_svg
from companion.trace.player import Played, player
from companion.trace.show import traced
from companion.trace.text import trace_text
from companion.trace.trace import Trace
from companion.trace.words import say
from companion.tutorial.stages import ROOT, load_map
from tests.helpers.fixtures import Typed
from tests.helpers.terminal import Terminal

BLOCKS = "waits, and the reactor stands still"
HELLO = """\
hello: 0.000 s of simulated time, then it waits for ever

   time  the library            the stage's code
--------------------------------------------------------------------------------
  0.000  start -->              <module>
  0.000                           > Starting the reactor.
  0.000                line 14    reactor.run
  0.000  reactor -->            hello
  0.000                           > Hello! The reactor is running, and it has...
  0.000                           > It does nothing else until I return.
  0.000  reactor waits          for ever in epoll
  0.000  waits for ever

Next: companion compare simple hello
"""


def test_the_trace_of_the_first_program_that_is_called_back(typed: Typed) -> None:
    assert typed("trace", "hello") == (0, HELLO, "")


def test_a_trace_that_is_kept_is_shown_again(typed: Typed, tmp_path: Path) -> None:
    status, kept, _ = typed("trace", "--json", "client-3.1", "--with", "reset")
    file = tmp_path / "trace.jsonl"
    file.write_text(kept)
    assert status == 0
    events = list(read_events(kept.splitlines()))
    trace = Trace(events)
    again = f"{trace_text(trace)}\n\nNext: companion trace --replay {file} --html trace.html\n"
    assert not ladder_text(trace)
    assert typed("trace", "--replay", str(file)) == (0, again, "")
    assert [event.how for event in events if isinstance(event, Close)][-1] == "done"


def test_the_picture_and_the_page_are_whole_and_load_nothing(typed: Typed, tmp_path: Path) -> None:
    svg, html = tmp_path / "a.svg", tmp_path / "a.html"
    assert typed("trace", "client-8.0", "--svg", str(svg), "--html", str(html)) == (
        0,
        "",
        f"wrote {svg}\nwrote {html}\n",
    )
    picture = ElementTree.fromstring(svg.read_text())
    height = float(picture.attrib["height"])
    for text in picture.iter("{http://www.w3.org/2000/svg}text"):
        assert 0 < float(text.attrib["y"]) < height
    page = html.read_text()
    assert svg.read_text().strip() in page
    addresses = set(re.findall(r"https?://[^\"' ]+", page))
    assert addresses == {"http://www.w3.org/2000/svg"}
    assert "prefers-color-scheme: dark" in page


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        ((), 2, "name a stage, or --replay a FILE: companion trace"),
        (
            ("hello", "--replay", "x"),
            2,
            "name a stage, or --replay a FILE: companion trace",
        ),
        (
            ("--replay", "x", "--with", "reset"),
            2,
            "--with needs a stage to run: companion",
        ),
        (
            ("--replay", "x", "--real"),
            2,
            "--real needs a stage to run: companion trace",
        ),
        (
            ("erlang-client-1", "--real"),
            1,
            "erlang-client-1 is not a Python program that",
        ),
        (
            ("hello", "--real", "--with", "reset"),
            1,
            "no fault is possible: the stage has no poetry server",
        ),
        (("client-4.0", "--with", "client-split"), 2, "a check is one of a file: mine.py --as"),
        (
            ("tests/test_stage_file.py", "--as", "client-4.0", "--with", "client-x"),
            2,
            "client-4.0 has no check client-x; companion check --json names them",
        ),
        (("--replay", "no-such-file"), 1, "can't read no-such-file: No such file or directory"),
        (("--replay", "README.md"), 1, "README.md is not a kept trace: line 1: not an event:"),
        (("hello", "--with", "reset"), 1, "no fault is possible: the stage has no poetry server"),
        (
            ("haskell-client-1",),
            1,
            "haskell-client-1 is not a Python program that",
        ),
    ],
)
def test_what_can_t_be_traced_is_refused_in_one_line(
    typed: Typed,
    words: tuple[str, ...],
    status: int,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(ROOT)
    code, out, err = typed("trace", *words)
    assert (code, out, err.count("\n")) == (status, "", 1)
    assert err.startswith(f"companion: {said}")


@pytest.mark.parametrize(
    ("record", "said"),
    [
        ({"kind": "enter", "call": 1, "function": "f", "line": 1}, "enter has no by"),
        ({"kind": "wait", "call": "epoll", "until": "soon"}, "wait has 'soon' as its until"),
        ({"kind": "join", "deferred": 1, "of": 2, "by": "x"}, "join has 2 as its of"),
        ({"kind": "close", "lane": 1, "how": "somehow"}, "close has 'somehow' as its how"),
    ],
)
def test_a_trace_that_lacks_something_is_refused_in_one_line(
    typed: Typed, tmp_path: Path, record: dict[str, object], said: str
) -> None:
    file = tmp_path / "trace.jsonl"
    file.write_text(json.dumps({"t": 0, "stage": "hello", **record}))
    status, out, err = typed("trace", "--replay", str(file))
    assert (status, out) == (1, "")
    assert err == f"companion: {file} is not a kept trace: line 1: an event of kind {said}\n"


def test_a_picture_that_can_t_be_written_is_told_with_its_name(typed: Typed) -> None:
    status, out, err = typed("trace", "hello", "--svg", "/no-such-folder/hello.svg")
    assert (status, out) == (1, "")
    assert err == "companion: can't open /no-such-folder/hello.svg: No such file or directory\n"


@pytest.mark.slow
def test_every_python_stage_can_be_traced(typed: Typed) -> None:
    for stage in load_map().stages:
        if stage.path.endswith(".py") and not stage.run:
            status, out, err = typed("trace", stage.id)
            assert (status, err) == (0, ""), stage.id
            assert "the stage's code" in out


@pytest.mark.parametrize("columns", [80, 160])
def test_on_a_terminal_it_has_the_terminal_s_width(columns: int) -> None:
    command = [sys.executable, "-m", "companion", "trace", "countdown"]
    with Terminal(command, columns=columns, LC_ALL="C.UTF-8") as terminal:
        text = terminal.read_all()
    assert text.count("─" * min(columns, 100)) == 1
    assert "─" * 101 not in text
    assert "│" in text
    assert "\x1b[32m" in text


def test_a_file_of_the_readers_own_is_traced_as_a_stage(typed: Typed, tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(load_map().find("client-4.0").file.read_text().replace("got_poem", "mine_came"))
    status, out, err = typed("trace", str(file), "--as", "client-4.0")
    assert (status, err) == (0, "")
    assert out.startswith("mine.py: 10.100 s of simulated time")
    assert "mine_came, takes" in out


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (
            ("hello", "--as", "client-4.0"),
            "--as goes with a file of your own: mine.py --as client-4.0",
        ),
    ],
)
def test_a_file_and_its_stage_belong_together(
    typed: Typed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], line: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text("")
    assert typed("trace", *words) == (2, "", f"companion: {line}\n")


def test_a_file_is_compared_with_its_stage_and_run_in_simulated_time(
    typed: Typed, tmp_path: Path
) -> None:
    file = tmp_path / "mine.py"
    text = load_map().find("client-4.0").file.read_text()
    file.write_text(
        text.replace("        poems.append(poem)", "        poems.append(poem.upper())")
    )
    status, out, err = typed("compare", "client-4.0", str(file), "--as", "client-4.0")
    assert (status, err) == (0, "")
    assert "client-4.0: 10.100 s" in out
    assert "mine.py: 10.100 s" in out
    status, out, err = typed("run", "--virtual", "--as", "client-4.0", str(file))
    assert status == 0
    assert "\nTHE ECSTASY" in out


@pytest.mark.parametrize(
    ("stage", "fault", "told"),
    [
        ("client-1.0-broken", "", ["connected", "bytes arrive, code runs", BLOCKS]),
        ("client-3.1", "RESET", ["connected", "refused or reset", "bytes arrive, code runs"]),
        ("countdown", "", ["runs"]),
    ],
)
def test_the_legend_of_a_picture_and_of_a_page_holds_what_is_drawn(
    stage: str, fault: str, told: list[str]
) -> None:
    trace = Trace(traced(load_map().find(stage), fault).events)
    picture, page = trace_svg(trace), player([Played(trace, None, "en")], "en")
    assert [say("en", key) for _, key in drawn([trace])] == told
    shown = page.partition('class="legend"')[2].partition("</p>")[0]
    assert re.findall("<span[^>]*>([^<]*)</span>", shown) == told
    entries = ("connected", "refused or reset", "waits", "runs", "bytes arrive, code runs", BLOCKS)
    assert [text for text in entries if f'class="dim">{text}</text>' in picture] == told
