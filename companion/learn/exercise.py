"""An exercise as a reader does it: its statement and file, its hints, its checks, its solution."""

import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from companion.check.exercise import Question, Task, question_of, task_of
from companion.check.show import Report, report_of, report_text
from companion.learn.progress import FOLDER, Progress
from companion.learn.words import WORDS
from companion.render.terminal import Screen
from companion.render.terminal import as_json as json_text
from companion.tutorial.exercises import Exercise
from companion.tutorial.parts import Part, exercises_of
from companion.tutorial.stages import Stage, StageMap


class ExerciseError(RuntimeError):
    """The reader's file is not there, or can't be written; the message is one line."""


@dataclass(frozen=True)
class Desk:
    """Where a reader sits: the map, the parts, his progress, and the screen before him; and whether
    that is learn's, where a key does what is typed elsewhere."""

    stages: StageMap
    parts: tuple[Part, ...]
    progress: Progress
    screen: Screen
    keys: bool = False

    def say(self, key: str, *values: object) -> str:
        words = WORDS[self.screen.lang]
        text = words.get(f"{key}, by key") if self.keys else None
        return (text or words[key]).format(*values)

    def task(self, exercise: Exercise) -> Task:
        return task_of(exercise, self.stages)

    def next_open(self, after: Exercise | None = None) -> Exercise | None:
        """The first exercise after this one that is not done, or else the first of all."""
        every = exercises_of(self.parts)
        begin = every.index(after) + 1 if after else 0
        done = self.progress.done
        return next((one for one in every[begin:] + every[:begin] if one.id not in done), None)

    def what_next(self, after: Exercise | None = None) -> str:
        following = self.next_open(after)
        return self.say("next", following.id) if following else self.say("all done")


def file_of(task: Task) -> Path:
    """Where the reader's own file is."""
    return FOLDER / task.folder.name / task.name


def files_of(task: Task) -> list[tuple[Stage, Path]]:
    """The reader's files, the one that is checked first, each with the stage that it copies."""
    return [(start, FOLDER / task.folder.name / name) for start, name in task.files]


def overview_text(desk: Desk) -> str:
    """Every part that has exercises, a line each: which are done, and the next."""
    done = desk.progress.done
    lines = []
    for part in desk.parts:
        if part.exercises:
            marks = [f"{one.id}{'+' if one.id in done else ' '}" for one in part.exercises]
            lead = desk.say("part", part.number)
            lines.append(f"{lead:<10}{' '.join(marks)}".rstrip())
    count = len(exercises_of(desk.parts))
    return "\n".join([*lines, "", desk.say("sum", len(done), count), desk.what_next()])


def overview_json(desk: Desk) -> str:
    """The same as JSON: each exercise with its kind, and whether it is done."""
    done = desk.progress.done
    return json_text(
        [
            {"id": one.id, "kind": one.kind, "part": one.part, "done": one.id in done}
            for one in exercises_of(desk.parts)
        ]
    )


def statement(desk: Desk, exercise: Exercise) -> str:
    """The exercise, the reader's file, which is made where there is none, and what to type."""
    lines = [title(desk, exercise), desk.screen.paragraph(exercise.text[desk.screen.lang]), ""]
    if exercise.kind == "build":
        task = desk.task(exercise)
        lines += [*file_lines(desk, task), desk.say("change"), *typed_lines(desk, exercise)]
    return "\n".join(lines)


def title(desk: Desk, exercise: Exercise) -> str:
    """The number of an exercise, and whether it is done, in bold."""
    state = "done" if exercise.id in desk.progress.done else "open"
    line = desk.say("titled", desk.say("exercise", exercise.id), desk.say(state))
    return desk.screen.paint(line, "bold")


def file_lines(desk: Desk, task: Task) -> Iterator[str]:
    """A line for each of the reader's files, which are made where they are not there."""
    for start, file in files_of(task):
        if file.exists():
            yield desk.say("file there", file)
        else:
            make_file(file, start)
            yield desk.say("file", file, start.path)


def typed_lines(desk: Desk, exercise: Exercise) -> Iterator[str]:
    """What to type for an exercise that is built: its check, the next hint, a run."""
    shown, every = desk.progress.of(exercise.id).hints, len(exercise.hints["en"])
    task = desk.task(exercise)
    pairs = [(desk.say("check", exercise.id), desk.say("a check"))]
    if shown < every:
        pairs.append((desk.say("hint", exercise.id), desk.say("a hint", shown + 1, every)))
    if task.python:
        pairs.append((desk.say("run", file_of(task), task.stage.id), desk.say("a run")))
    width = max(len(command) for command, _ in pairs)
    for command, what in pairs:
        yield f"  $ {command:<{width}}  # {what}"


def make_files(task: Task) -> None:
    """Make those of the reader's files that are not there. Raises ExerciseError."""
    for start, file in files_of(task):
        if not file.exists():
            make_file(file, start)


def changed(task: Task) -> bool:
    """Whether the reader has changed one of his files. Raises OSError."""
    return any(
        file.is_file() and file.read_bytes() != start.file.read_bytes()
        for start, file in files_of(task)
    )


def make_file(file: Path, start: Stage) -> None:
    """A copy of a stage, to be changed. Raises ExerciseError."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(start.file, file)
    except OSError as err:
        raise ExerciseError(f"can't write {file}: {err.strerror}") from None


def own_file(task: Task) -> Path:
    """The reader's own file. Raises ExerciseError where there is none."""
    file = file_of(task)
    if not file.is_file():
        line = f"there is no file {file}; companion exercise {task.folder.name} makes it"
        raise ExerciseError(line)
    return file


def checked(desk: Desk, exercise: Exercise) -> Report:
    """How the reader's file fares; what is done stays so. Raises ExerciseError, CheckError."""
    task = desk.task(exercise)
    file = own_file(task)
    desk.progress.set(exercise.id, tried=True)
    report = report_of(file, task)
    noted(desk, exercise, report)
    return report


def noted(desk: Desk, exercise: Exercise, report: Report) -> None:
    """Keep how a check ended; what is done stays so."""
    if report.status == 0:
        desk.progress.set(exercise.id, done=True, tried=True)
    else:
        desk.progress.set(exercise.id, tried=True)


def check_text(desk: Desk, exercise: Exercise, report: Report) -> str:
    """The checks of a file, and what is next where it is done."""
    blocks = [report_text(report, desk.screen)]
    if report.status == 0:
        blocks.append("\n".join(after_lines(desk, exercise)))
    if desk.keys:  # on one screen, what is done is not below the edge
        blocks.reverse()
    return "\n\n".join(blocks)


def after_lines(desk: Desk, exercise: Exercise) -> Iterator[str]:
    """What follows when an exercise is done: why it is so, and the next one."""
    yield desk.say("solved", exercise.id)
    if exercise.why:
        yield desk.screen.paragraph(exercise.why[desk.screen.lang])
    yield desk.what_next(exercise)


def hint_text(desk: Desk, exercise: Exercise) -> str:
    """The next hint."""
    hints = exercise.hints[desk.screen.lang]
    shown = desk.progress.of(exercise.id).hints
    if shown >= len(hints):
        again = [
            desk.screen.paragraph(desk.say("hint n", number, len(hints), hint))
            for number, hint in enumerate(hints, 1)
        ]
        return "\n".join([*again, desk.say("no hint", len(hints), exercise.id)])
    desk.progress.set(exercise.id, hints=shown + 1)
    lines = [desk.screen.paragraph(desk.say("hint n", shown + 1, len(hints), hints[shown]))]
    if shown + 1 == len(hints) and exercise.kind == "build":
        lines.append(desk.say("last", exercise.id))
    return "\n".join(lines)


def reset_text(desk: Desk, exercise: Exercise) -> str:
    """Start anew; the old file is kept beside. Raises ExerciseError."""
    task = desk.task(exercise)
    file = own_file(task)
    numbers = (n for n in range(1, 10_000) if not file.with_name(f"{file.name}.{n}").exists())
    kept = file.with_name(f"{file.name}.{next(numbers)}")
    try:
        file.rename(kept)
    except OSError as err:
        raise ExerciseError(f"can't rename {file}: {err.strerror}") from None
    make_file(file, task.start)
    return f"{desk.say('kept', kept)}\n{desk.say('anew', file, task.start.path)}"


def drawn(desk: Desk, exercise: Exercise) -> Question:
    """The question that the reader has before him: the same until he has answered it."""
    seed = desk.progress.of(exercise.id).seed
    if not seed:
        seed = random.randrange(1, 10**6)
        desk.progress.set(exercise.id, seed=seed)
    return question_of(exercise, seed)


def question_text(desk: Desk, exercise: Exercise) -> str:
    """What is asked, with its choices."""
    lang = desk.screen.lang
    question = drawn(desk, exercise)
    lines = [desk.screen.paragraph(question.ask[lang])]
    lines += [
        desk.screen.paragraph(choice[lang], f"  {number}. ")
        for number, choice in enumerate(question.choices, 1)
    ]
    lines += [desk.say("number")] if question.choices else []
    return "\n".join(lines)


def answered(desk: Desk, exercise: Exercise, answer: str) -> tuple[str, int]:
    """What is said to an answer, and the exit status. What nobody can judge is kept in a file.

    Raises ExerciseError, and OSError.
    """
    lang = desk.screen.lang
    if not answer.strip():
        raise ExerciseError(desk.say("empty"))
    if exercise.kind == "think":
        kept = FOLDER / exercise.id / "answer.txt"
        kept.parent.mkdir(parents=True, exist_ok=True)
        with kept.open("a", encoding="utf-8") as file:
            file.write(f"{answer}\n")
        desk.progress.set(exercise.id, tried=True)
        return desk.screen.paragraph(exercise.why[lang]), 0
    question = drawn(desk, exercise)
    desk.progress.set(exercise.id, tried=True)
    if not question.takes(answer):
        reason = desk.screen.paragraph(desk.say("wrong", question.reason(answer)[lang]))
        see, again = desk.say("see", question.shows), desk.say("again", exercise.id)
        return "\n".join([reason, see, again]), 1
    desk.progress.set(exercise.id, done=True, seed=0)
    lines = [desk.say("right"), *explained(desk, exercise, question), desk.what_next(exercise)]
    return "\n".join(lines), 0


def explained(desk: Desk, exercise: Exercise, question: Question) -> Iterator[str]:
    """The answer to a question, and why."""
    for why in (question.why, exercise.why):
        if why:
            yield desk.screen.paragraph(why[desk.screen.lang])
