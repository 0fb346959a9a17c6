"""companion learn on a terminal: a save is judged, and nothing breaks the screen."""

import os
import select
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from companion.learn.lesson import Page
from companion.learn.screen import Job, Worker
from companion.tutorial.exercises import EXERCISES, load_exercises
from companion.tutorial.parts import load_parts
from companion.tutorial.stages import ROOT, load_map
from tests.helpers.terminal import Terminal

LEARN = [sys.executable, "-m", "companion", "learn"]
CLEAN = "\x1b[?1049l"  # the end of the alternate screen
SOLVED = (EXERCISES / "3.1" / "countdown.py").read_text()


@contextmanager
def learning(folder: Path, number: str, *words: str, columns: int = 80) -> Iterator[Terminal]:
    """The screen, on the page of this exercise."""
    path = folder / "my" / "progress.txt"
    path.parent.mkdir(exist_ok=True)
    every = [one.id for one in load_exercises(load_map())]
    path.write_text("".join(f"{one} done\n" for one in every[: every.index(number)]))
    environment = {"LC_ALL": "C.UTF-8", "PYTHONPATH": str(ROOT)}
    with Terminal([*LEARN, *words], folder, columns, **environment) as terminal:
        terminal.read_until("quit" if not words else "q 退出")
        if number.endswith(".1"):
            terminal.type(b"n")
        yield terminal


def test_a_save_is_judged_and_a_solved_exercise_is_done(tmp_path: Path) -> None:
    mine = tmp_path / "my/3.1/countdown.py"
    with learning(tmp_path, "3.1") as terminal:
        terminal.read_until("Your file: my/3.1/countdown.py")
        mine.write_text(mine.read_text().replace("callLater(1", "callLater(2"))
        terminal.read_until("timers of 1 paces go off again and again")
        new = mine.with_name("new")  # as an editor saves that renames
        new.write_text(SOLVED)
        new.rename(mine)
        terminal.read_until("Exercise 3.1 is done.")
        terminal.type(b"q")
        seen = terminal.read_all()
        assert terminal.status() == 0
    assert seen.rpartition(CLEAN)[2].strip().endswith("learn goes on with exercise 3.2.")
    assert "3.1 done tried" in (tmp_path / "my/progress.txt").read_text()


def test_hint_trace_and_diff_are_a_key_away(tmp_path: Path) -> None:
    with learning(tmp_path, "3.1") as terminal:
        terminal.read_until("Your file")
        terminal.type(b"h")
        terminal.read_until("Hint 1 of ")
        terminal.type(b"t")
        terminal.read_until("of simulated time")
        terminal.type(b"x")
        terminal.read_until("Hint 1 of ")
        (tmp_path / "my/3.1/countdown.py").write_text(SOLVED)
        terminal.read_until("3 of 3 checks passed")
        terminal.type(b"d")
        terminal.read_until("+class Counter:")


def test_an_answer_is_typed_in_any_script(tmp_path: Path) -> None:
    with learning(tmp_path, "2.2") as terminal:
        terminal.read_until("Exercise 2.2")
        terminal.type(b"a")
        for byte in "等".encode():
            terminal.type(bytes([byte]))
        terminal.type("待x\x7f".encode())
        terminal.read_until("等待_")
        terminal.type(b"\r")
        terminal.read_until("No. When get_poetry returns")
    assert (tmp_path / "my/2.2/answer.txt").read_text("utf-8") == "等待\n"


@pytest.mark.parametrize("keys", [b"q", b"\x03"], ids=["q", "Ctrl-C"])
def test_the_terminal_is_left_as_it_was(tmp_path: Path, keys: bytes) -> None:
    with learning(tmp_path, "3.1") as terminal:
        terminal.read_until("Your file")
        (tmp_path / "my/3.1/countdown.py").write_text("while True: pass\n")
        terminal.read_until("Checking")
        terminal.type(keys)
        terminal.read_until(CLEAN)
        assert terminal.status() == (0 if keys == b"q" else 130)
        local = termios.tcgetattr(terminal.master)[3]
        assert local & termios.ICANON
        assert local & termios.ECHO
        assert "\x1b[?25h" in terminal.seen.rpartition(CLEAN)[0][-40:] + terminal.read_all()


HOSTILE = {
    "floods": "import sys\nwhile True: sys.stderr.write('\\x1b]0;evil\\x07\\x1b[2J' * 1000)\n",
    "forks": "import os\nos.fork()\n",
    "reads the keyboard": "print(open('/dev/tty').read(1))\n",
    "never ends": "while True: pass\n",
}


@pytest.mark.slow
@pytest.mark.parametrize("text", HOSTILE.values(), ids=list(HOSTILE))
def test_no_program_hangs_or_garbles_the_screen(tmp_path: Path, text: str) -> None:
    with learning(tmp_path, "3.1") as terminal:
        terminal.read_until("Your file")
        (tmp_path / "my/3.1/countdown.py").write_text(text)
        terminal.read_until("What the exercise asks for", 30)  # after a run to its limit
        (tmp_path / "my/3.1/countdown.py").write_text(SOLVED)
        terminal.read_until("Exercise 3.1 is done.")
    assert "\x1b]0;evil" not in terminal.seen


def test_a_fault_of_a_check_itself_is_shown_and_ends_nothing() -> None:
    def fails() -> str:
        raise ZeroDivisionError("of ours")

    worker = Worker()
    job = Job(Page(load_parts(())[2]), "check", fails)
    worker.start(job)
    assert worker.thread
    worker.thread.join()
    found = worker.done()
    assert found
    assert found[0] is job
    assert found[1].endswith("ZeroDivisionError: of ours\n")


@pytest.mark.parametrize("keys", [b"q", b"n"], ids=["q", "n"])
def test_a_trace_that_takes_long_keeps_no_key_waiting(tmp_path: Path, keys: bytes) -> None:
    with learning(tmp_path, "3.1") as terminal:
        terminal.read_until("Your file")
        (tmp_path / "my/3.1/countdown.py").write_text("while True: pass\n")
        terminal.type(b"t")
        terminal.read_until("Checking")
        terminal.type(keys)
        terminal.read_until(CLEAN if keys == b"q" else "Exercise 3.2", 8)


def test_a_letter_is_not_a_screen_anew(tmp_path: Path) -> None:
    answer = "nobody would wait for it"
    with learning(tmp_path, "2.2") as terminal:
        terminal.read_until("Exercise 2.2")
        terminal.type(b"a")
        before = len(terminal.read_until("Your answer: _"))
        for number in range(1, len(answer) + 1):
            terminal.type(answer[number - 1].encode())
            terminal.read_until(f": {answer[:number]}_")
        assert len(terminal.seen) - before < 100 * len(answer)


@pytest.mark.slow
def test_over_a_slow_line_keys_are_heeded_and_nothing_piles_up(tmp_path: Path) -> None:
    with learning(tmp_path, "3.1") as terminal:
        terminal.read_until("Your file")
        begun = time.monotonic()
        terminal.type(b"td" * 100)
        (tmp_path / "my/3.1/countdown.py").write_text(HOSTILE["floods"])
        terminal.type(b"d" * 5 + b"jk" * 100 + b"xpn")
        seen = b""
        while CLEAN.encode() not in seen:
            if time.monotonic() - begun > 3:
                terminal.type(b"q")
            if select.select([terminal.master], [], [], 0.1)[0]:
                seen += os.read(terminal.master, 200)
                time.sleep(0.1)  # so 2,000 bytes a second
            assert time.monotonic() - begun < 25
        assert terminal.status() == 0


def test_it_speaks_chinese_too(tmp_path: Path) -> None:
    with learning(tmp_path, "3.1", "--lang", "zh") as terminal:
        terminal.read_until("你的文件：my/3.1/countdown.py")


def test_without_a_terminal_it_says_what_to_type(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        LEARN, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "companion exercise does the same" in done.stderr
