"""The Deferred simulator: what it reads, what it refuses, and that its drawings are true."""

import importlib.util
import sys
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from companion.peers.scenario import Scenario
from companion.tutorial.stages import load_map
from companion.virtual.run import Run, play
from tests.helpers.demonstrations import played
from tests.helpers.terminal import Terminal

STAGE = load_map().find("deferred-simulator")
SPEC = importlib.util.spec_from_file_location("simulator", STAGE.file)
assert SPEC
assert SPEC.loader
simulator: Any = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(simulator)

SIDE_BY_SIDE = """\
       the chain               callback(initial)           errback(initial*)

 callback     errback        callback     errback        callback     errback
                             initial                                  initial*
                                v                                        v
+--------+   +--------+     +--------+   ..........     ..........   +--------+
| fail   |   | return |     | fail   |   : return :     : fail   :   | return |
| boom   |   | saved  |     | boom   |   : saved  :     : boom   :   | saved  |
+--------+   +--------+     +--------+   ..........     ..........   +--------+
                                +------------+              +------------+
                                           boom*          saved
                                             v              v
+--------+   +--------+     ..........   +--------+     +--------+   ..........
| return |   | pass   |     : return :   | pass   |     | return |   : pass   :
| done   |   |        |     : done   :   |        |     | done   |   :        :
+--------+   +--------+     ..........   +--------+     +--------+   ..........
                                             |              |
                                           boom*           done
                                         unhandled
"""
NARROW = """\
           the chain

   callback         errback
+------------+   +------------+
| return     |   | pass       |
| 下雨了ＯＫ |   |            |
+------------+   +------------+

       callback(initial)

   callback         errback
   initial
      v
+------------+   ..............
| return     |   : pass       :
| 下雨了ＯＫ |   :            :
+------------+   ..............
      |
  下雨了ＯＫ

       errback(initial*)

   callback         errback
                    initial*
                       v
..............   +------------+
: return     :   | pass       |
: 下雨了ＯＫ :   |            |
..............   +------------+
                       |
                    initial*
                   unhandled
"""
PAIRS = ["f boom r saved", "r done p"]


def simulate(*args: str, stdin: str = "") -> Run:
    return play(STAGE, Scenario(args=args, stdin=stdin))


def drawn(*args: str, stdin: str = "") -> str:
    run = simulate(*args, stdin=stdin)
    assert (run.stderr, run.status) == ("", 0)
    return run.stdout


def refusal(*args: str, stdin: str = "") -> str:
    run = simulate(*args, stdin=stdin)
    assert (run.stdout, run.status) == ("", 2)
    usage, error = run.stderr.splitlines()
    assert usage.startswith("usage: deferred-simulator.py ")
    return error.removeprefix("deferred-simulator.py: error: ")


def test_three_drawings_stand_side_by_side_where_there_is_room() -> None:
    assert drawn(*PAIRS) == SIDE_BY_SIDE
    assert drawn("--width", "79", *PAIRS) == SIDE_BY_SIDE


def test_they_stand_one_below_the_other_where_there_is_none_or_it_is_asked_for() -> None:
    assert drawn("--width", "78", *PAIRS) == drawn("--narrow", *PAIRS)
    assert drawn("--narrow", *PAIRS) != SIDE_BY_SIDE


def test_wide_characters_are_two_columns_wide() -> None:
    assert drawn("r 下雨了ＯＫ p") == NARROW


def test_a_chain_comes_from_arguments_from_a_file_or_from_standard_input(tmp_path: Path) -> None:
    text = "\n".join(PAIRS)
    (tmp_path / "chain.txt").write_text(text)
    assert drawn(str(tmp_path / "chain.txt")) == SIDE_BY_SIDE
    assert drawn(stdin=text) == SIDE_BY_SIDE
    assert drawn(stdin=f"{text}\n\nwhat follows a blank line is not read\n") == SIDE_BY_SIDE


def test_the_end_of_the_file_draws_what_was_given_even_nothing() -> None:
    assert drawn(stdin="") == drawn(stdin="\n")
    heads, initial = SIDE_BY_SIDE.splitlines()[2:4]
    assert drawn(stdin="").splitlines()[2:] == [heads, initial, " " * 69 + "unhandled"]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("x poem p", "'x' is none of r, f and p"),
        ("poem", "'poem' is none of r, f and p"),
        ("r poem", "a callback and an errback are needed, such as: r poem p"),
        ("p", "a callback and an errback are needed, such as: r poem p"),
        ("p p p", "a callback and an errback are needed, such as: r poem p"),
        ("p r", "'r' needs a value"),
        ("p f", "'f' needs a value"),
        ("p r sonnets", "'sonnets' is not a value of up to 6 characters"),
        ("p r a\x1bb", "'a\\x1bb' is not a value of up to 6 characters"),
    ],
)
def test_a_bad_line_is_refused_with_its_number(line: str, why: str) -> None:
    assert refusal(stdin=f"p p\n{line}\nr a p\n") == f"line 2: {why}"
    assert refusal("p p", "p p", line) == f"pair 3: {why}"


def test_a_file_that_can_not_be_read_is_refused_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "chain.txt"
    assert refusal(str(file)) == f"can't read {file}: No such file or directory"
    assert refusal(str(tmp_path)) == f"can't read {tmp_path}: Is a directory"
    file.write_bytes(b"r po\xe9me p\n")
    assert refusal(str(file)) == "a chain must be UTF-8 text"
    file.write_text("p p\n\n")
    assert drawn(str(file)) == drawn("p p", stdin="not read")
    file.write_text("p p\np q\n")
    assert refusal(str(file)) == f"{file}, line 2: 'q' is none of r, f and p"


@pytest.mark.parametrize("width", ["0", "-1", "wide", "²", ""])
def test_a_width_that_is_none_is_refused(width: str) -> None:
    assert refusal(f"--width={width}", "p p") == (
        f"argument --width: {width!r} is not a number of columns"
    )


def test_a_terminal_is_asked_again_and_its_width_and_its_end_of_file_count() -> None:
    with Terminal([sys.executable, str(STAGE.file)], columns=78) as terminal:
        terminal.read_until("\n1: ")
        terminal.type(b"f boom r saved\n")
        terminal.read_until("\n2: ")
        terminal.type(b"r done q\n")
        terminal.read_until("\nline 2: 'q' is none of r, f and p\n2: ")
        terminal.type(b"r done p\n")
        terminal.read_until("\n3: ")
        terminal.type(b"\x04")
        text = terminal.read_all()
        assert text.endswith("\n3: \n" + drawn("--narrow", *PAIRS))
        assert terminal.status() == 0


def test_ctrl_c_at_the_prompt_ends_at_once_without_a_traceback() -> None:
    with Terminal([sys.executable, str(STAGE.file)], columns=79) as terminal:
        terminal.read_until("\n1: ")
        terminal.type(b"f boom r saved\n")
        terminal.read_until("\n2: ")
        terminal.type(b"\x03")
        assert terminal.read_all().endswith("\n2: ^C")
        assert terminal.status() == 130


def test_the_map_gives_it_a_chain_to_draw() -> None:
    run = played("deferred-simulator")
    assert run.stdout == drawn("r poem p", "r None r None")
    assert run.argv[2:] == ("r poem p", "r None r None")


# A chain and its drawing, each read back by other means than the simulator's.

VALUES = st.text(
    st.characters(codec="utf-8", exclude_categories=["C", "Z"]) | st.sampled_from("诗歌ＯＫーé"),
    min_size=1,
    max_size=6,
).filter(lambda text: len(text) == len(unicodedata.normalize("NFC", text)) and text.isprintable())
ACTIONS = st.one_of(
    st.tuples(st.sampled_from(["r", "f"]), VALUES).map(" ".join),
    st.just("p"),
)
CHAINS = st.lists(st.tuples(ACTIONS, ACTIONS).map(" ".join), max_size=8)


def what_happens(pairs: list[str], failed: bool) -> list[tuple[int, str]]:
    """Fire a Deferred: in which column the result comes to each pair, and to the end, and as what.

    0 is the callback's column and 1 the errback's.
    """
    seen: list[tuple[int, str]] = []

    def side(column: int, action: list[str]) -> Any:
        def step(result: Any) -> Any:
            seen.append((column, f"{result.value}*" if column else result))
            if action[0] == "f":
                return Failure(Exception(action[1]))
            return result if action[0] == "p" else action[1]

        return step

    d: Deferred[Any] = Deferred()
    for pair in pairs:
        words = unicodedata.normalize("NFC", pair).split()
        cut = 1 if words[0] == "p" else 2
        d.addCallbacks(side(0, words[:cut]), side(1, words[cut:]))
    d.addCallbacks(side(0, ["r", ""]), side(1, ["r", ""]))
    d.errback(Exception("initial")) if failed else d.callback("initial")
    return seen


def cells(line: str) -> list[str]:
    """What a terminal shows in each of its columns; the second half of a wide character is ''."""
    shown: list[str] = []
    for char in line:
        if unicodedata.category(char) in ("Mn", "Me") and shown:
            shown[-1] += char
        else:
            shown.append(char)
            if unicodedata.east_asian_width(char) in "WF":
                shown.append("")
    return shown


def what_is_drawn(text: str, title: str, count: int) -> list[tuple[int, str]]:
    """The same, read from a drawing: which column's boxes are solid, and what stands above them."""
    lines = text.splitlines()
    start = next(number for number, line in enumerate(lines) if line.strip() == title)
    rows = [cells(line) for line in lines[start + 3 :]]
    seen = []
    for number in range(count):
        value, arrow, border, *inner = rows[7 * number : 7 * number + 5]
        left = border.index("+")
        right = border.index("+", left + 1)
        assert border.count("+") == 2
        assert all(row[left] == row[right] == "|" for row in inner)
        assert left < arrow.index("v") < right
        assert not "".join(value[:left] + value[right + 1 :]).strip(), "it stands above its box"
        seen.append((int(left > 0), "".join(value).strip()))
    end = "".join(rows[7 * count]).strip()
    below = rows[7 * count + 1 : 7 * count + 2]  # there may be none
    failed = any("".join(row).strip() == "unhandled" for row in below)
    return [*seen, (int(failed), end)]


@settings(deadline=None)
@given(CHAINS)
@example(["f a p"])
@example(["r a p", "f b p", "p r c", "f d f e"])
def test_the_drawn_way_is_the_way_that_a_real_deferred_takes(pairs: list[str]) -> None:
    text = simulator.draw_all([simulator.parse_pair(pair) for pair in pairs], 80, narrow=True)
    for title, failed in (("callback(initial)", False), ("errback(initial*)", True)):
        assert what_is_drawn(text, title, len(pairs)) == what_happens(pairs, failed)
