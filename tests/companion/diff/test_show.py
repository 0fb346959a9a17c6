"""`diff`, `steps` and `carry` as a reader types them."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from companion.tutorial.stages import ROOT
from tests.helpers.fixtures import Typed
from tests.helpers.terminal import Terminal

COMPANION = [sys.executable, "-m", "companion"]


def plain(text: str) -> str:
    return re.sub(r"\x1b\[[\d;]*m", "", text)


@pytest.fixture(autouse=True)
def at_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def test_in_a_pipe_patch_takes_what_comes_out(tmp_path: Path) -> None:
    before, after = (ROOT / f"twisted-client-3/get-poetry{name}.py" for name in ("", "-1"))
    diff = subprocess.run(
        [*COMPANION, "diff", "client-3", "client-3.1"], cwd=ROOT, capture_output=True, check=True
    )
    assert b"\x1b" not in diff.stdout
    out = tmp_path / "out.py"
    subprocess.run(["patch", "-s", "-o", out, before], input=diff.stdout, check=True)
    assert out.read_bytes() == after.read_bytes()


@pytest.mark.parametrize(("columns", "sides"), [(80, 1), (160, 2)])
def test_on_a_terminal_the_width_decides_how_it_stands(columns: int, sides: int) -> None:
    command = [*COMPANION, "diff", "client-4.0-stack"]
    with Terminal(command, ROOT, columns, LC_ALL="C.UTF-8") as terminal:
        text = terminal.read_all()
        assert terminal.status() == 0
    assert plain(text).count("import argparse") == sides
    assert text != plain(text)


def test_unified_holds_on_a_wide_terminal_and_no_color_is_heard() -> None:
    command = [*COMPANION, "diff", "client-4.0-stack", "--unified"]
    with Terminal(command, ROOT, 160, LC_ALL="C.UTF-8", NO_COLOR="1") as terminal:
        text = terminal.read_all()
    assert plain(text).count("import argparse") == 1
    assert not any(f"\x1b[{code}m" in text for code in (31, 32, 33, 34, 35, 36))


def test_all_steps_come_one_after_another(typed: Typed) -> None:
    status, out, _ = typed("diff", "--all")
    names = [line for line in out.splitlines() if line.startswith("# ") and " -> " in line[:40]]
    _, table, _ = typed("steps")
    assert status == 0
    assert len([name for name in names if name.count(" ") == 3]) == len(table.splitlines()) - 2


def test_a_page_is_written_where_it_is_asked_for_and_said_on_standard_error(
    typed: Typed, tmp_path: Path
) -> None:
    one, every = tmp_path / "x.html", tmp_path / "all"
    assert typed("diff", "client-2.1", "--html", str(one)) == (0, "", f"wrote {one}\n")
    assert one.read_text("utf-8").startswith("<!doctype html>")
    assert typed("diff", "--all", "--html", str(every)) == (0, "", f"wrote {every}\n")
    assert (every / "index.html").is_file()


def test_a_program_gets_one_object_or_a_list_of_them(typed: Typed) -> None:
    assert json.loads(typed("diff", "client-2.1", "--json")[1])["stage"]["id"] == "client-2.1"
    everything = json.loads(typed("diff", "--all", "--json")[1])
    table = json.loads(typed("steps", "--json")[1])
    assert [one["stage"]["id"] for one in everything] == [one["stage"]["id"] for one in table]


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (["diff"], 2, "name one or two scripts, or --all: companion diff client-4.0"),
        (
            ["diff", "a", "b", "c"],
            2,
            "name one or two scripts, or --all: companion diff client-4.0",
        ),
        (["diff", "--all", "a"], 2, "name one or two scripts, or --all: companion diff client-4.0"),
        (
            ["diff", "nothing", "client-4"],
            2,
            "no stage is called 'nothing'; companion list shows them all",
        ),
        (
            ["diff", "README.md"],
            2,
            "README.md is not a stage: name the stage to read it against, "
            "as in: companion diff client-4.0 README.md",
        ),
        (["diff", "poetry", "client-4"], 1, "can't read poetry: Is a directory"),
        (
            ["diff", "client-4", "--html", "/nowhere/x.html"],
            1,
            "can't write /nowhere/x.html: No such file or directory",
        ),
        (
            ["diff", "--all", "--html", "README.md"],
            1,
            "can't write README.md: File exists",
        ),
        (["carry", "client-4", "--since", "--help"], 1, "git: no commit is called '--help'"),
    ],
)
def test_what_cannot_be_done_is_refused_in_one_line(
    typed: Typed, words: list[str], status: int, message: str
) -> None:
    assert typed(*words) == (status, "", f"companion: {message}\n")
