"""What `companion learn` shows: a page for each part and each exercise, as lines of text.

A lesson knows where the reader is and what was found out about his file; it knows no terminal.
"""

import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import accumulate
from pathlib import Path

from rich.cells import chop_cells
from rich.text import Text

from companion.check.exercise import Task
from companion.check.run import CheckError, Python2Error
from companion.check.scene import run_of
from companion.diff.plain import unified
from companion.diff.steps import find_step
from companion.learn.exercise import (
    Desk,
    ExerciseError,
    answered,
    check_text,
    checked,
    drawn,
    explained,
    file_of,
    files_of,
    hint_text,
    make_files,
    question_text,
    title,
)
from companion.render.language import translated
from companion.trace.show import TraceError, traced, traced_in, whole_text
from companion.trace.trace import Trace
from companion.tutorial.exercises import Exercise
from companion.tutorial.part_page import LABELS, Paragraph, part_lines, rows_of
from companion.tutorial.parts import Part, exercises_of
from companion.tutorial.typed import path_typed
from companion.virtual.forks import ForkError


@dataclass(frozen=True)
class Page:
    """A part's own page, or that of one of its exercises."""

    part: Part
    exercise: Exercise | None = None


def pages_of(parts: tuple[Part, ...]) -> list[Page]:
    """Part after part, each before its exercises."""
    return [
        page
        for part in parts
        for page in (Page(part), *(Page(part, one) for one in part.exercises))
    ]


@dataclass
class Lesson:
    """Where a reader is. `question` is what he is asked here; `helped` and `said` stand under the
    exercise: a hint, and the checks of his file or what is said to an answer; `other` is a text
    that he looks at instead, a trace or a diff."""

    desk: Desk
    pages: list[Page]
    at: int = 0
    question: str = ""
    helped: str = ""
    said: str = ""
    other: str = ""
    top: int = 0  # the first line that is shown
    typed: str | None = None  # what he is typing, where he is asked for an answer
    compares: bool = False  # he has ours beside his own, and says whether he had it
    busy: bool = False
    failed: str = ""  # the check in whose run his file has failed
    warned: bool = False  # that he has not tried before he looks at ours

    @property
    def page(self) -> Page:
        return self.pages[self.at]

    @property
    def task(self) -> Task | None:
        """What is to be built on this page, if anything."""
        one = self.page.exercise
        return self.desk.task(one) if one and one.kind == "build" else None

    @property
    def file(self) -> Path | None:
        """The reader's own file on this page."""
        return file_of(self.task) if self.task else None

    def next_exercise(self) -> Exercise | None:
        """Where the reader goes on: his last exercise, or if it is done, the next that is not."""
        every = [page.exercise for page in self.pages if page.exercise]
        touched = [one for one in every if one.id in self.desk.progress.entries]
        if touched and touched[-1].id not in self.desk.progress.done:
            return touched[-1]
        return self.desk.next_open(touched[-1] if touched else None)

    def begin(self) -> None:
        """Go to where the reader was; a part that is not begun starts with its own page."""
        following = self.next_exercise()
        if following is None:
            return
        at = next(n for n, page in enumerate(self.pages) if page.exercise == following)
        begun = following.id in self.desk.progress.entries or self.pages[at - 1].exercise
        self.go(at if begun else at - 1)

    def go(self, at: int) -> None:
        """Turn to a page, and make the reader's file where it has none. Raises ExerciseError."""
        self.at = max(0, min(at, len(self.pages) - 1))
        self.helped, self.said, self.other, self.top = "", "", "", 0
        self.typed, self.failed = None, ""
        self.compares = self.warned = False
        self.question = ""
        if self.task:
            make_files(self.task)

    def ask(self) -> None:
        """Ask the question of the page; another one where it has been answered."""
        exercise = self.page.exercise
        if exercise and exercise.kind == "predict":
            self.question = question_text(self.desk, exercise)

    def hint(self) -> None:
        if self.page.exercise:
            self.helped, self.top = hint_text(self.desk, self.page.exercise), 0

    def check_text(self) -> str:
        """The checks of the reader's file, or why there are none."""
        exercise = self.page.exercise
        assert exercise
        try:
            report = checked(self.desk, exercise)
        except Python2Error as err:
            return "\n".join(err.lines[self.desk.screen.lang])
        except (CheckError, ExerciseError, ForkError, OSError) as err:
            return translated(self.desk.screen.lang, str(err))
        self.failed = report.shown_with if report.failed else ""
        return check_text(self.desk, exercise, report)

    def trace_text(self) -> str:
        """A trace of the reader's file, in the run in which it has failed."""
        task, file = self.task, self.file
        assert task
        assert file
        if not task.python:
            return self.desk.say("no trace")
        try:
            if self.failed:
                with run_of(file, task.stage, self.failed) as (stage, scenario):
                    run = traced_in(stage, scenario)
            else:
                run = traced(task.stage.played_by(file))
        except (TraceError, OSError) as err:
            return translated(self.desk.screen.lang, str(err))
        return whole_text(Trace(run.events), self.desk.screen)

    def diff(self) -> None:
        """Look at what the reader's file changes of its start."""
        if self.task and self.file and self.file.is_file():
            self.look(self.changes(self.task, self.file))

    def changes(self, task: Task, file: Path) -> str:
        step = find_step(self.desk.stages, (task.start.id, str(file)))
        return unified(step, self.desk.screen.lang)

    def solution(self) -> None:
        """Look at ours; before a try, say so first."""
        exercise = self.page.exercise
        if exercise is None:
            return
        entry = self.desk.progress.of(exercise.id)
        if not (entry.tried or entry.done or self.warned):
            self.said, self.warned = self.desk.say("not tried"), True
            return
        lines = []
        if self.task:
            lines += [self.changes(self.task, self.task.solution), ""]
        elif exercise.kind == "predict":
            lines += explained(self.desk, exercise, drawn(self.desk, exercise))
            self.desk.progress.set(exercise.id, seed=0)
        if exercise.why and exercise.kind != "predict":
            lines.append(self.desk.screen.paragraph(exercise.why[self.desk.screen.lang]))
        self.look("\n".join(lines))

    def look(self, text: str) -> None:
        self.other = text
        self.top = 0

    def back(self) -> None:
        """Leave what he looks at; if that was the answer, another question is asked."""
        self.other, self.top = "", 0
        self.ask()

    def answer(self, text: str) -> None:
        """Take an answer to the question of the page."""
        exercise = self.page.exercise
        assert exercise is not None
        try:
            self.said, _ = answered(self.desk, exercise, text)
        except (ExerciseError, OSError) as err:
            self.said = translated(self.desk.screen.lang, str(err))
            return
        if exercise.kind == "think":
            yours = self.desk.screen.paragraph(self.desk.say("yours", text))
            self.said, self.compares = f"{yours}\n\n{self.said}", True

    def had(self) -> None:
        """The reader says that he had it."""
        exercise = self.page.exercise
        if self.compares and exercise:
            self.desk.progress.set(exercise.id, done=True)
            self.said += f"\n\n{self.desk.what_next(exercise)}"
            self.compares = False


def body(lesson: Lesson) -> tuple[Text, ...]:
    """The lines of the page, none wider than the screen."""
    text = lesson.other or "\n".join(page_lines(lesson))
    return folded(text, lesson.desk.screen.columns)


@lru_cache(maxsize=2)
def folded(text: str, width: int) -> tuple[Text, ...]:
    """A text with colours as lines of so many columns at the most."""
    rows: list[Text] = []
    for line in map(Text.from_ansi, text.split("\n")):
        ends = accumulate(map(len, chop_cells(line.plain, width)[:-1]))
        rows += line.divide(ends)
    return tuple(rows)


def page_lines(lesson: Lesson) -> Iterator[str]:
    """A page of the lesson: a part, or an exercise with what has been done about it."""
    desk, page = lesson.desk, lesson.page
    exercise = page.exercise
    if exercise is None:
        yield from part_page(lesson)
        return
    yield title(desk, exercise)
    yield desk.screen.paragraph(exercise.text[desk.screen.lang])
    if lesson.task:
        yield ""
        for start, file in files_of(lesson.task):
            yield desk.screen.paragraph(desk.say("file here", file, start.path))
        yield desk.screen.paragraph(desk.say("saves"))
    elif exercise.kind == "predict":
        yield ""
        yield lesson.question or desk.say("checking")
    else:
        yield ""
        yield desk.screen.paragraph(desk.say("think"))
    if lesson.helped:
        yield ""
        yield lesson.helped
    if lesson.busy:
        yield ""
        yield desk.say("checking")
    elif lesson.said:
        yield ""
        yield lesson.said
    if lesson.typed is not None:
        yield ""
        yield f"{desk.say('answer')}: {lesson.typed}_"


def part_page(lesson: Lesson) -> Iterator[str]:
    """The part's idea and what to type; before the first command, what finds them."""
    screen = lesson.desk.screen
    bare = replace(lesson.page.part, exercises=())
    finds = activation()
    for line in part_lines(bare, lesson.desk.stages, screen.lang, hints=False):
        yield from rows_of(line, screen)
        if finds and line.text == LABELS[screen.lang]["try"]:
            yield ""
            yield from rows_of(Paragraph(lesson.desk.say("activate"), "dim", "  "), screen)
            yield from rows_of(Paragraph(finds, "command", "  $ "), screen)


def activation() -> str:
    """What a reader types in another terminal so that `companion` and `python` are found there; ""
    where they are."""
    script = Path(sys.prefix, "bin", "activate")
    if shutil.which("companion") or not script.is_file():
        return ""
    return f". {path_typed(script)}"


def head(lesson: Lesson) -> str:
    """The line at the top: the part, and how far the reader is."""
    desk = lesson.desk
    count = len(exercises_of(desk.parts))
    place = desk.say("part", lesson.page.part.number)
    return f"{place}   {desk.say('sum', len(desk.progress.done), count).rstrip('.。')}"


def foot(lesson: Lesson) -> str:
    """The line at the bottom: the keys that do something here."""
    exercise = lesson.page.exercise
    if lesson.typed is not None:
        kind = "answer"
    elif lesson.other:
        kind = "other"
    elif exercise is None:
        kind = "part"
    elif lesson.compares:
        kind = "compare"
    else:
        kind = "build" if exercise.kind == "build" else "question"
    return lesson.desk.say(f"keys {kind}")


def resized(lesson: Lesson, columns: int) -> None:
    """Give the lesson a screen of so many columns."""
    screen = lesson.desk.screen
    if columns != screen.columns:
        lesson.desk = replace(lesson.desk, screen=replace(screen, columns=columns))
