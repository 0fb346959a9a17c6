"""The exercises: each start fails, each solution passes, each wrong one fails as it is meant to."""

import os
import re
import shlex
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from companion.check.exercise import Task, options_in, plain, question_of, task_of
from companion.check.run import SourceError
from companion.check.show import Report, report_of, report_text
from companion.diff.definitions import read_source
from companion.diff.model import compare
from companion.diff.purity import complaints
from companion.diff.steps import Step
from companion.processes.build import missing_tools
from companion.render.terminal import Screen
from companion.tutorial.exercises import EXERCISES, Exercise, load_exercises
from companion.tutorial.stages import ROOT, load_map

STAGES = load_map()
EVERY = load_exercises(STAGES)
BUILT = [one for one in EVERY if one.kind == "build" and one.folder.is_dir()]
ASKED = [one for one in EVERY if one.kind == "predict" and one.folder.is_dir()]
VARIANTS = [
    (one, file)
    for one in BUILT
    for file in sorted(Path(__file__).parents[1].glob(f"exercise/variants/{one.id}/*"))
    if file.is_file()
]
WRONG = re.compile(r"(?:#|%|--) wrong: ([\w-]+)$", re.MULTILINE)


def named(exercise: Exercise) -> str:
    return exercise.id


def task(exercise: Exercise) -> Task:
    return task_of(exercise, STAGES)


def marks(exercise: Exercise) -> list[pytest.MarkDecorator]:
    """Another language than Python runs in real time, and only where it is installed."""
    start = STAGES.by_id[exercise.start]
    if not start.tools:
        return []
    missing = missing_tools(start)
    return [pytest.mark.slow, pytest.mark.skipif(bool(missing), reason=f"needs {missing}")]


def judged(file: Path, asked: Task) -> Report:
    """How a file fares; skips where a library of its language is not installed."""
    try:
        return report_of(file, asked)
    except SourceError as err:
        if "Could not find module" in str(err):
            pytest.skip(str(err))
        raise


@pytest.mark.parametrize(
    "exercise", [pytest.param(one, marks=marks(one)) for one in BUILT], ids=named
)
def test_the_start_fails_and_the_solution_passes(exercise: Exercise) -> None:
    asked = task(exercise)
    assert judged(asked.start.file, asked).failed
    failed = judged(asked.solution, asked).failed
    assert [(one.check.key, one.expected, one.happened) for one in failed] == []


@pytest.mark.parametrize(
    ("exercise", "file"),
    [pytest.param(one, file, marks=marks(one)) for one in BUILT for file in task(one).wrong],
    ids=lambda value: value.stem if isinstance(value, Path) else value.id,
)
def test_a_wrong_solution_fails_with_the_check_that_is_meant_for_it(
    exercise: Exercise, file: Path
) -> None:
    meant = WRONG.findall(file.read_text(encoding="utf-8"))
    report = judged(file, task(exercise))
    assert [one.check.key for one in report.failed[:1]] == meant
    assert {"en", "zh"} == set(report.failed[0].hint)


def failed_text(number: str, name: str) -> str:
    exercise = next(one for one in BUILT if one.id == number)
    return report_text(report_of(exercise.folder / name, task(exercise)), Screen(lang="en"))


def test_what_fails_comes_with_the_trace_that_shows_it() -> None:
    near = os.path.relpath(EXERCISES / "4.1" / "wrong-run.py")
    path = str(EXERCISES / "4.1" / "wrong-run.py") if near.startswith("..") else near
    command = f"companion trace {path} --as client-1.0 --with 4.1:all-refused"
    assert f"to see it {command}\n" in failed_text("4.1", "wrong-run.py")


@pytest.mark.parametrize("number", ["4.2", "6.1", "8.1", "22.3"])
def test_a_file_that_connects_to_nobody_is_told_what_it_lacks(number: str, tmp_path: Path) -> None:
    exercise = next(one for one in BUILT if one.id == number)
    asked = task(exercise)
    file = tmp_path / asked.name
    for text in ("pass\n", "import time\ntime.sleep(5)\n", "1 / 0\n"):
        file.write_text(text)
        assert report_of(file, asked).failed


def test_the_hint_of_what_fails_is_told_beside_a_cause() -> None:
    text = failed_text("7.2", "wrong-raise.py")
    assert text.startswith("cause     ")
    assert 0 < text.index("line 24: Exception") < text.index("hint      d.errback takes")


def test_an_exercise_is_not_held_against_what_its_stage_does_otherwise() -> None:
    exercise = next(one for one in BUILT if one.id == "3.1")
    for name in ("wrong-first.py", "wrong-in-turn.py"):
        assert report_of(exercise.folder / name, task(exercise)).diagnosis is None


@pytest.mark.parametrize(
    ("exercise", "file"),
    [pytest.param(one, file, marks=marks(one)) for one, file in VARIANTS],
    ids=lambda value: value.stem if isinstance(value, Path) else value.id,
)
def test_a_right_solution_by_another_hand_passes(exercise: Exercise, file: Path) -> None:
    failed = judged(file, task(exercise)).failed
    assert [(one.check.key, one.expected, one.happened) for one in failed] == []


@pytest.mark.parametrize("exercise", BUILT, ids=named)
def test_there_are_two_wrong_solutions_and_no_check_twice(exercise: Exercise) -> None:
    asked = task(exercise)
    assert len(asked.wrong) >= 2
    keys = [check.key for check in asked.checks]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("exercise", BUILT, ids=named)
def test_a_solution_differs_from_its_start_in_what_the_exercise_is_about(
    exercise: Exercise,
) -> None:
    for start, name in task(exercise).files:
        file = exercise.folder / name
        stage = replace(
            start,
            id=exercise.id,
            after=start.id,
            teaches=exercise.teaches,
            budget=exercise.budget,
        )
        diff = compare(read_source(start.file, start.path), read_source(file, start.path))
        assert complaints(Step(diff, start, stage, (stage,))) == ()


@pytest.mark.parametrize("exercise", ASKED, ids=named)
def test_a_question_takes_its_answer_and_no_other(exercise: Exercise) -> None:
    for seed in (1, 2):
        question = question_of(exercise, seed)
        assert all(question.takes(answer) for answer in question.answers)
        assert not question.takes("no such answer")
        assert not question.takes("")
        if question.choices:
            right = [n for n, _ in enumerate(question.choices, 1) if question.takes(str(n))]
            assert len(right) == 1


@pytest.mark.parametrize("exercise", ASKED, ids=named)
def test_a_wrong_answer_gets_a_reason_that_does_not_give_the_right_one_away(
    exercise: Exercise,
) -> None:
    for seed in (1, 2, 3):
        question = question_of(exercise, seed)
        numbers = {str(number) for number, _ in enumerate(question.choices, 1)}
        wrong = {one for one in (*numbers, *question.thoughts) if not question.takes(one)}
        assert set(question.thoughts) <= wrong
        assert numbers & wrong <= set(question.thoughts)
        for answer in (*wrong, "no such answer"):
            reason = question.reason(answer)
            assert set(reason) == {"en", "zh"}
            for lang, text in reason.items():
                assert text != question.why[lang]
                words = " ".join(re.findall(r"[\w.]+", text.lower()))
                for right in question.answers:
                    assert f" {plain(right)} " not in f" {words} "
                    if question.choices:
                        assert question.choices[int(right) - 1][lang] not in text


@pytest.mark.slow
@pytest.mark.parametrize("exercise", ASKED, ids=named)
def test_the_command_that_shows_the_answer_can_be_typed(exercise: Exercise, tmp_path: Path) -> None:
    program, *words = shlex.split(question_of(exercise, 1).shows)
    assert program in ("companion", "python")
    command = [sys.executable, *(["-m", "companion"] if program == "companion" else []), *words]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    run = subprocess.run(
        command,
        cwd=tmp_path,
        env=environment,
        input="",
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode, bool(run.stdout)) == (0, True), run.stderr


def test_every_folder_is_an_exercise() -> None:
    folders = {path.name for path in EXERCISES.iterdir() if path.is_dir()}
    assert folders <= {one.id for one in EVERY if one.kind != "think"} | {"__pycache__"}


def test_the_options_of_a_help_text_are_found() -> None:
    text = """usage: x
  -h, --help            show this help message and exit
  -t, --timeout SECONDS
  --wait=SECONDS, -w SECONDS
  -v                    more words
  -p, --port=    The port. [default: 10000]
"""
    found = [(option.names, option.takes) for option in options_in(text)]
    assert found == [
        (("-h", "--help"), ""),
        (("-t", "--timeout"), "SECONDS"),
        (("--wait", "-w"), "SECONDS"),
        (("-v",), ""),
        (("-p", "--port"), "="),
    ]


def test_an_answer_is_compared_without_its_dress() -> None:
    assert plain(" 10.0 S. ") == plain("10 s")
    assert plain("1, 2,3") == "1 2 3"
