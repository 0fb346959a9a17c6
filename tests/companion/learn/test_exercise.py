"""companion exercise: a reader's file is made, hinted at, checked, and never lost."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from companion.check.exercise import Question, question_of
from companion.cli.commands import companion
from companion.learn.progress import load_progress
from companion.tutorial.exercises import EXERCISES, find_exercise, load_exercises
from companion.tutorial.stages import ROOT, load_map

EVERY = load_exercises(load_map())
MINE = Path("my/8.1/get-poetry.py")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    return tmp_path


def typed(*words: str) -> Result:
    return CliRunner().invoke(companion, ["exercise", *words], standalone_mode=False)


def shown(*words: str) -> str:
    return typed(*words).output


def test_an_exercise_makes_a_file_and_says_what_to_type() -> None:
    assert shown("8.1").splitlines()[3:] == [
        "Your file: my/8.1/get-poetry.py (a copy of twisted-client-4/get-poetry.py, made now).",
        "Change it, then type:",
        "  $ companion exercise 8.1 --check                        # is it solved?",
        "  $ companion exercise 8.1 --hint                         # a hint, 1 of "
        + shown("8.1").split("a hint, 1 of ")[1].splitlines()[0],
        "  $ companion trace my/8.1/get-poetry.py --as client-4.0  # what happens in it",
    ]
    assert MINE.read_text() == (ROOT / "twisted-client-4/get-poetry.py").read_text()


@pytest.mark.parametrize(
    ("file", "start"),
    [
        ("16.4/poetry_proxy_plugin.py", "twisted-server-2/poetry-proxy.py"),
        ("20.2/get-poetry", "erlang-client-1/get-poetry"),
        ("20.6/poetry-server", "erlang-client-1/get-poetry"),
        ("21.3/poetry-server.hs", "haskell-client-1/get-poetry.hs"),
    ],
)
def test_a_file_has_the_name_of_what_is_built_and_the_text_of_its_start(
    file: str, start: str
) -> None:
    number = file.partition("/")[0]
    assert f"Your file: my/{file} (a copy of {start}, made now).\n" in shown(number)
    assert Path("my", file).read_bytes() == (ROOT / start).read_bytes()
    assert "+" in shown(number, "--solution", "--yes")


def test_a_file_that_is_there_is_never_overwritten() -> None:
    MINE.parent.mkdir(parents=True)
    MINE.write_text("mine")
    assert "Your file: my/8.1/get-poetry.py\n" in shown("8.1")
    assert MINE.read_text() == "mine"


def test_a_check_says_what_is_wrong_then_that_it_is_done_and_what_is_next() -> None:
    shown("8.1")
    before = typed("8.1", "--check")
    assert before.return_value == 1
    assert "expected  an end, although a server says nothing" in before.output
    MINE.write_text((EXERCISES / "8.1/get-poetry.py").read_text())
    after = typed("8.1", "--check")
    assert after.return_value == 0
    assert after.output.splitlines()[-2:] == [
        "Exercise 8.1 is done.",
        "Next: companion exercise 8.2",
    ]
    assert load_progress().done == {"8.1"}
    assert "8.1+" in shown()
    assert json.loads(shown("8.1", "--check", "--json"))["exercise"] == "8.1"


def test_a_broken_file_is_told_in_one_line() -> None:
    shown("8.1")
    MINE.write_text("def (:\n")
    result = typed("8.1", "--check")
    assert str(result.exception).startswith("get-poetry.py, line 1: not Python: invalid syntax")


def test_the_hints_come_one_by_one() -> None:
    first, second = shown("8.1", "--hint"), shown("8.1", "--hint")
    assert first.startswith("Hint 1 of ")
    assert second.startswith(("Hint 2 of ", "Hint 1 of 1"))
    for _ in range(5):
        last = shown("8.1", "--hint")
    assert last.splitlines()[-1].endswith("companion exercise 8.1 --solution shows ours.")


def test_a_reset_keeps_the_old_file() -> None:
    shown("8.1")
    for text in ("first", "second"):
        MINE.write_text(text)
        shown("8.1", "--reset")
    kept = [MINE.with_name(f"get-poetry.py.{number}").read_text() for number in (1, 2)]
    assert kept == ["first", "second"]
    assert MINE.read_text() == (ROOT / "twisted-client-4/get-poetry.py").read_text()


def test_without_a_file_there_is_nothing_to_check_or_reset() -> None:
    for does in ("--check", "--reset", "--diff"):
        line = "there is no file my/8.1/get-poetry.py; companion exercise 8.1 makes it"
        assert str(typed("8.1", does).exception) == line


def test_the_solution_is_shown_after_a_try() -> None:
    assert "say --solution --yes" in str(typed("8.1", "--solution").exception)
    assert "class PoemLate" in shown("8.1", "--solution", "--yes")
    shown("8.1")
    typed("8.1", "--check")
    assert "class PoemLate" in shown("8.1", "--solution")


def test_the_diff_is_between_the_start_and_the_readers_file() -> None:
    shown("8.1")
    MINE.write_text(MINE.read_text().replace("got_poem", "has_poem"))
    assert "+    def has_poem(poem):" in shown("8.1", "--diff")


@pytest.mark.parametrize(
    ("number", "line"),
    [
        ("8", "no exercise is called '8'; part 8 has 8.1, 8.2"),
        ("99.9", "no exercise is called '99.9'; companion exercise shows them all"),
    ],
)
def test_an_unknown_exercise_is_refused_with_the_nearest(number: str, line: str) -> None:
    assert str(typed(number).exception) == line


def test_what_else_stands_in_the_progress_file_is_kept() -> None:
    path = Path("my/progress.txt")
    path.parent.mkdir()
    path.write_text("# my notes\n3.1 done\nnot a line of ours\n10.1 tried hints=1\n")
    progress = load_progress()
    progress.set("4.2", done=True, seed=7)
    assert path.read_text() == (
        "# my notes\nnot a line of ours\n3.1 done\n4.2 done seed=7\n10.1 tried hints=1\n"
    )
    assert load_progress().done == {"3.1", "4.2"}


def test_list_and_part_show_what_is_done() -> None:
    load_progress().set("8.1", done=True)
    run = CliRunner()
    assert "[1 of 2 exercises done]" in run.invoke(companion, ["list"]).output
    assert "8.1 (done)  Give get_poetry" in run.invoke(companion, ["part", "8"]).output


def seeded(number: str, seed: int) -> Question:
    load_progress().set(number, seed=seed)
    return question_of(find_exercise(number, EVERY), seed)


def test_a_right_answer_is_taken_and_explained() -> None:
    question = seeded("2.1", 4)
    assert question.ask["en"] in shown("2.1")
    result = typed("2.1", "--answer", question.answers[0].replace(" ", ", ") + ".")
    assert result.return_value == 0
    assert result.output.startswith(f"Right.\n{question.why['en']}\n")
    assert load_progress().done == {"2.1"}


def test_a_wrong_answer_is_refused_with_a_reason_and_asked_again() -> None:
    question = seeded("2.1", 4)
    first, second = question.answers[0].split()
    for answer, reason in (
        (f"{second} {first}", "Which of the two waits for one server after the other?"),
        ("1 1", question.refusal["en"]),
    ):
        result = typed("2.1", "--answer", answer)
        assert result.return_value == 1
        assert result.output.startswith(f"Not so. {reason}")
        assert result.output.splitlines()[1:] == [
            "To see it: companion race blocking-client async-client",
            "Try again; companion exercise 2.1 --hint helps, --solution explains.",
        ]
        assert question.answers[0] not in result.output
    assert load_progress().done == frozenset()
    assert load_progress().of("2.1").seed == 4


def test_the_answer_to_a_question_is_explained_and_then_another_is_asked() -> None:
    question = seeded("2.1", 4)
    assert question.why["en"] in shown("2.1", "--solution", "--yes")
    assert load_progress().of("2.1").seed == 0


def test_a_question_stays_the_same_until_it_is_answered() -> None:
    assert shown("2.1") == shown("2.1")


def test_what_nobody_can_judge_is_answered_before_ours_is_shown() -> None:
    assert "Write a few lines of your own first" in shown("2.2")
    assert find_exercise("2.2", EVERY).why["en"] in shown("2.2", "--answer", "It would wait.")
    assert load_progress().done == {"2.2"}


def test_an_answer_goes_with_a_question_and_a_check_with_a_program() -> None:
    assert "8.1 is a program" in str(typed("8.1", "--answer", "x").exception)
    assert "2.1 is answered, not built" in str(typed("2.1", "--check").exception)


def test_in_chinese_too() -> None:
    page = shown("8.1", "--lang", "zh")
    assert "你的文件：" in page
    assert "companion exercise 8.1 --check" in page
    assert shown("8.1", "--hint", "--lang", "zh").startswith("提示 1/")
