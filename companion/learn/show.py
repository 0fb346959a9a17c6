"""Which part of an exercise a command shows, on a terminal and in a pipe."""

import sys
from pathlib import Path

import click

from companion.check.run import Python2Error
from companion.check.show import report_json
from companion.diff.show import show_diff
from companion.learn.exercise import (
    Desk,
    ExerciseError,
    answered,
    check_text,
    checked,
    drawn,
    explained,
    hint_text,
    overview_json,
    overview_text,
    own_file,
    question_text,
    reset_text,
    statement,
)
from companion.learn.progress import load_progress
from companion.render.terminal import Screen
from companion.tutorial.exercises import Exercise, find_exercise, load_exercises
from companion.tutorial.parts import exercises_of, load_parts
from companion.tutorial.stages import StageMap


def desk_for(stages: StageMap, screen: Screen, keys: bool = False) -> Desk:
    """The reader's desk in the folder that he works in. Raises ExerciseError."""
    try:
        progress = load_progress()
    except OSError as err:
        raise ExerciseError(f"can't read {err.filename}: {err.strerror}") from None
    return Desk(stages, load_parts(load_exercises(stages)), progress, screen, keys)


def show_exercise(
    desk: Desk,
    number: str | None,
    does: str,
    *,
    answer: str = "",
    yes: bool = False,
    as_json: bool = False,
) -> int:
    """Do what was typed, and give the exit status.

    Raises ExerciseError, SourceError, or UnknownExerciseError where there is none.
    """
    if number is None:
        if as_json:
            click.echo(overview_json(desk))
        else:
            desk.screen.show(overview_text(desk))
        return 0
    exercise = find_exercise(number, exercises_of(desk.parts))
    try:
        return done(desk, exercise, does, answer, yes, as_json)
    except OSError as err:
        raise ExerciseError(f"can't write {err.filename}: {err.strerror}") from None


def done(desk: Desk, exercise: Exercise, does: str, answer: str, yes: bool, as_json: bool) -> int:
    """Do what an option of `companion exercise` says; the exit status. Raises ExerciseError."""
    if answer:
        return say_answer(desk, exercise, answer)
    if does == "hint":
        desk.screen.show(hint_text(desk, exercise))
        return 0
    if does == "solution":
        return show_solution(desk, exercise, yes)
    if does and exercise.kind != "build":
        raise ExerciseError(
            f"{exercise.id} is answered, not built: companion exercise {exercise.id}"
        )
    if does == "check":
        return show_check(desk, exercise, as_json)
    if does == "reset":
        click.echo(reset_text(desk, exercise))
    elif does == "diff":
        file = own_file(desk.task(exercise))
        show_diff(desk.stages, (exercise.start, str(file)), desk.screen)
    else:
        desk.screen.show(statement(desk, exercise))
        return ask(desk, exercise) if exercise.kind != "build" else 0
    return 0


def show_check(desk: Desk, exercise: Exercise, as_json: bool) -> int:
    """Check the reader's file and show the report; the status for the shell."""
    try:
        report = checked(desk, exercise)
    except Python2Error as err:
        click.echo("\n".join(err.lines[desk.screen.lang]))
        return 1
    if as_json:
        click.echo(report_json(report, desk.screen.lang))
    else:
        desk.screen.show(check_text(desk, exercise, report))
    return report.status


def show_solution(desk: Desk, exercise: Exercise, yes: bool) -> int:
    """Ours, with what it changes; before a try the reader is asked."""
    entry = desk.progress.of(exercise.id)
    if not (entry.tried or entry.done or yes):
        if not sys.stdin.isatty():
            raise ExerciseError(desk.say("yes"))
        if not click.confirm(desk.say("not tried")):
            return 0
    lang = desk.screen.lang
    if exercise.kind == "build":
        task = desk.task(exercise)
        click.echo(desk.say("ours", relative(task.solution)))
        show_diff(desk.stages, (exercise.start, str(task.solution)), desk.screen)
    elif exercise.kind == "predict":
        desk.screen.show("\n".join(explained(desk, exercise, drawn(desk, exercise))))
        desk.progress.set(exercise.id, seed=0)
        return 0
    if exercise.why:
        click.echo(desk.screen.paragraph(exercise.why[lang]))
    return 0


def relative(path: Path) -> str:
    """A path as short as it can be from the folder that the reader works in."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def ask(desk: Desk, exercise: Exercise) -> int:
    """Ask a question: on a terminal for the answer at once, in a pipe with what to type."""
    if exercise.kind == "predict":
        desk.screen.show(question_text(desk, exercise))
    else:
        click.echo(desk.screen.paragraph(desk.say("think")))
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        click.echo(desk.say("type answer", exercise.id))
        return 0
    if exercise.kind == "predict":
        answer = click.prompt(desk.say("answer"), default="", show_default=False)
        return say_answer(desk, exercise, answer)
    click.echo(desk.say("lines"))
    lines = []
    while line := click.prompt("", default="", show_default=False, prompt_suffix="> "):
        lines.append(line)
    return say_answer(desk, exercise, "\n".join(lines))


def say_answer(desk: Desk, exercise: Exercise, answer: str) -> int:
    """Take an answer, and say whether it is right; the exit status. Raises ExerciseError."""
    if exercise.kind == "build":
        raise ExerciseError(
            f"{exercise.id} is a program: companion exercise {exercise.id} --check checks it"
        )
    text, status = answered(desk, exercise, answer)
    click.echo(text)
    if exercise.kind == "think":
        had = not sys.stdin.isatty() or click.confirm(desk.say("had"), default=True)
        if had:
            desk.progress.set(exercise.id, done=True)
            click.echo(desk.what_next(exercise))
    return status
