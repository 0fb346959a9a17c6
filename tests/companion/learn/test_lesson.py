"""What `companion learn` shows on a page, and what a key does to it; without a terminal."""

import shutil
from pathlib import Path

import pytest
from rich.cells import cell_len

from companion.learn.lesson import Lesson, body, foot, pages_of
from companion.learn.show import desk_for
from companion.render.terminal import Screen
from companion.tutorial.exercises import EXERCISES
from companion.tutorial.stages import load_map

STAGES = load_map()


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def lesson_at(number: str, columns: int = 80, lang: str = "en") -> Lesson:
    """The page of an exercise, or of the part before its first one."""
    desk = desk_for(STAGES, Screen(columns, lang=lang, boxes=True, lines=24), keys=True)
    lesson = Lesson(desk, pages_of(desk.parts))
    place = [page.exercise.id if page.exercise else str(page.part.number) for page in lesson.pages]
    lesson.go(place.index(number))
    lesson.ask()
    return lesson


def shown(lesson: Lesson) -> str:
    return "\n".join(row.plain for row in body(lesson))


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("columns", [40, 80])
def test_no_line_is_wider_than_the_screen(lang: str, columns: int) -> None:
    lesson = lesson_at("1", columns, lang)
    for number in range(len(lesson.pages)):
        lesson.at = number
        wide = [row.plain for row in body(lesson) if cell_len(row.plain) > columns]
        assert wide == []
        assert columns < 80 or cell_len(foot(lesson)) <= columns


def test_that_an_exercise_is_done_stands_above_its_checks() -> None:
    lesson = lesson_at("3.1")
    assert lesson.file
    lesson.file.write_bytes((EXERCISES / "3.1/countdown.py").read_bytes())
    lesson.said = lesson.check_text()
    done = "Exercise 3.1 is done.\nn goes on; the next open one is 3.2."
    lines = shown(lesson)
    assert 0 < lines.index(done) < lines.index("3 of 3 checks")


def test_a_hint_stands_above_the_checks() -> None:
    lesson = lesson_at("3.1")
    lesson.said = lesson.check_text()
    lesson.hint()
    text = shown(lesson)
    assert 0 < text.index("Hint 1 of 2") < text.index("2 of 3 checks")


def test_the_trace_of_a_file_is_of_the_run_in_which_it_has_failed() -> None:
    lesson = lesson_at("4.1")
    assert "ends with status 0" in lesson.trace_text()
    assert "--with 4.1:" in lesson.check_text()
    assert "ends with status 1" in lesson.trace_text()


def test_ones_own_lines_stand_above_ours_and_one_says_whether_he_had_it() -> None:
    lesson = lesson_at("2.2")
    lesson.answer("It would have to wait.")
    text = shown(lesson)
    assert text.index("You: It would have to wait.") < text.index("No. When get_poetry returns")
    assert foot(lesson).startswith("Did you have it?")
    assert "2.2" not in lesson.desk.progress.done
    lesson.had()
    assert "2.2" in lesson.desk.progress.done
    assert not foot(lesson).startswith("Did you have it?")


@pytest.mark.parametrize(
    ("number", "ours"), [("3.1", "+class Counter:"), ("2.2", "No. When"), ("9.2", "when c fails:")]
)
def test_ours_is_shown_before_a_try_when_it_is_asked_for_twice(number: str, ours: str) -> None:
    lesson = lesson_at(number)
    lesson.solution()
    assert "You have not tried it yet; s once more shows ours." in shown(lesson)
    assert not lesson.other
    lesson.solution()
    assert ours in shown(lesson)
    lesson.back()
    assert ours not in shown(lesson)


def test_a_wrong_answer_is_refused_and_the_same_question_stays() -> None:
    lesson = lesson_at("9.2")
    asked = lesson.question
    lesson.answer("1")
    assert "Not so. Fired with a failure, e runs in both chains" in shown(lesson)
    lesson.ask()
    assert lesson.question == asked
    lesson.answer("2")
    assert "9.2" in lesson.desk.progress.done


def test_a_reader_goes_on_where_he_was() -> None:
    def begins(**entries: bool) -> str:
        lesson = lesson_at("1")
        for number, done in entries.items():
            lesson.desk.progress.set(number[1:].replace("_", "."), done=done, tried=True)
        lesson.begin()
        page = lesson.page
        return page.exercise.id if page.exercise else f"part {page.part.number}"

    assert begins() == "part 1"
    assert begins(_3_1=True) == "3.2"
    assert begins(_3_2=True) == "part 4"
    assert begins(_5_1=False) == "5.1"


def test_a_part_says_first_how_its_commands_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: "/usr/bin/companion")
    assert "activate" not in shown(lesson_at("3"))
    monkeypatch.setattr(shutil, "which", lambda name: None)
    lines = shown(lesson_at("3", 200))
    assert lines.index("/bin/activate") < lines.index("$ python basic-twisted/simple.py")


def test_both_files_of_an_exercise_are_made_and_named() -> None:
    lesson = lesson_at("12.6")
    made = sorted(path.name for path in Path("my/12.6").iterdir())
    assert made == ["fastpoetry.py", "get-poetry.py"]
    assert "Your file: my/12.6/fastpoetry.py (a copy of" in shown(lesson)
