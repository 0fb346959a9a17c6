"""What `companion learn` shows: a page for each part and each exercise, as lines of text.

A lesson knows where the reader is and what was found out about his file; it knows no terminal.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click
from rich.cells import chop_cells

from companion.check.exercise import Task
from companion.check.show import Report, report_text
from companion.diff.plain import unified
from companion.diff.steps import find_step
from companion.learn.exercise import (
    Desk,
    ExerciseError,
    after_lines,
    answered,
    file_of,
    hint_text,
    make_file,
    question_text,
    title,
)
from companion.learn.words import WORDS
from companion.render.text import wrap
from companion.trace.show import Outputs, TraceError, Wanted, show_trace
from companion.tutorial.part_page import STYLES, part_lines
from companion.tutorial.parts import Exercise, Part

# How click says the styles of a part's page.
STYLE: dict[str, dict[str, Any]] = {
    "bold": {"bold": True},
    "cyan": {"fg": "cyan"},
    "dim": {"dim": True},
}


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
    """Where a reader is. `question` is what he is asked here; `said` stands under the exercise: the
    checks of his file, hints, the answer to an answer; `other` is a text that he looks at instead,
    a trace or a diff."""

    desk: Desk
    pages: list[Page]
    at: int = 0
    question: str = ""
    said: str = ""
    other: str = ""
    top: int = 0  # the first line that is shown
    typed: str | None = None  # what he is typing, where he is asked for an answer
    busy: bool = False

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

    def begin(self) -> None:
        """Go to the first exercise that is not done, or to its part where that is not begun."""
        following = self.desk.next_open()
        if following is None:
            return
        at = next(n for n, page in enumerate(self.pages) if page.exercise == following)
        self.go(at - 1 if self.pages[at - 1].exercise is None else at)

    def go(self, at: int) -> None:
        """Turn to a page, and make the reader's file where it has none. Raises ExerciseError."""
        self.at = max(0, min(at, len(self.pages) - 1))
        self.said, self.other, self.top, self.typed = "", "", 0, None
        self.ask()
        if self.task and self.file and not self.file.exists():
            make_file(self.file, self.task)

    def ask(self) -> None:
        """Ask the question of the page; another one where it has been answered."""
        exercise = self.page.exercise
        if exercise and exercise.kind == "predict":
            self.question = question_text(self.desk, exercise)

    def hint(self) -> None:
        if self.page.exercise:
            self.said = hint_text(self.desk, self.page.exercise)

    def trace(self) -> None:
        """Look at a trace of the reader's file."""
        task = self.task
        if not task or not self.file or not task.python:
            return
        out = io.StringIO()
        outputs = Outputs(self.desk.screen)
        try:
            stage = task.stage.played_by(self.file)
            show_trace(Wanted(stage), outputs, out)
            self.look(out.getvalue())
        except (TraceError, OSError) as err:
            self.look(str(err))

    def diff(self) -> None:
        """Look at what the reader's file changes of its start."""
        task = self.task
        if task and self.file and self.file.is_file():
            step = find_step(self.desk.stages, (task.start.id, str(self.file)))
            self.look(unified(step, self.desk.screen.lang))

    def look(self, text: str) -> None:
        self.other = "" if self.other else text
        self.top = 0

    def answer(self, text: str) -> None:
        """Take an answer to the question of the page. Raises ExerciseError."""
        exercise = self.page.exercise
        assert exercise is not None
        try:
            self.said, status = answered(self.desk, exercise, text)
        except (ExerciseError, OSError) as err:
            self.said = str(err)
            return
        if exercise.kind == "think" and status == 0:
            self.desk.progress.set(exercise.id, done=True)


def judged_text(desk: Desk, exercise: Exercise, report: Report) -> str:
    """The checks of a file, and what is next where it is done."""
    lines = [report_text(report, desk.screen)]
    if report.status == 0:
        lines += ["", *after_lines(desk, exercise)]
    return "\n".join(lines)


def body(lesson: Lesson) -> list[str]:
    """The lines of the page, none wider than the screen."""
    width = lesson.desk.screen.columns
    text = lesson.other or "\n".join(page_lines(lesson))
    return [
        piece
        for line in text.splitlines()
        for piece in ([line] if "\x1b" in line else chop_cells(line, width) or [""])
    ]


def page_lines(lesson: Lesson) -> Iterator[str]:
    desk, page = lesson.desk, lesson.page
    exercise = page.exercise
    if exercise is None:
        yield from part_page(lesson)
        return
    yield title(desk, exercise)
    yield desk.wrapped(exercise.text[desk.screen.lang])
    if lesson.file:
        yield ""
        yield desk.say("file there", lesson.file)
    elif exercise.kind == "predict":
        yield ""
        yield lesson.question
    else:
        yield ""
        yield desk.wrapped(desk.say("think"))
    if lesson.typed is not None:
        yield ""
        yield f"{desk.say('answer')}: {lesson.typed}_"
    if lesson.busy:
        yield ""
        yield desk.say("checking")
    elif lesson.said:
        yield ""
        yield lesson.said


def part_page(lesson: Lesson) -> Iterator[str]:
    """The part's idea and what to type, wrapped and styled."""
    screen = lesson.desk.screen
    bare = replace(lesson.page.part, exercises=())
    for line in part_lines(bare, lesson.desk.stages, screen.lang, hints=False):
        indent = len(line.lead)
        cut = chop_cells if line.kind == "command" else wrap
        rows = cut(line.text, max(8, screen.columns - indent))
        for number, row in enumerate(rows or [""]):
            lead = " " * indent if number else line.lead
            style = STYLE.get(STYLES.get(line.kind, ""), {})
            yield lead + (click.style(row, **style) if screen.colour and row else row)


def head(lesson: Lesson) -> str:
    """The line at the top: the part, and how far the reader is."""
    desk = lesson.desk
    count = sum(len(part.exercises) for part in desk.parts)
    place = desk.say("part", lesson.page.part.number)
    return f"{place}   {desk.say('sum', len(desk.progress.done), count).rstrip('.。')}"


def foot(lesson: Lesson) -> str:
    """The line at the bottom: the keys that do something here."""
    words = WORDS[lesson.desk.screen.lang]
    exercise = lesson.page.exercise
    if lesson.typed is not None:
        return words["keys answer"]
    if lesson.other:
        return words["keys other"]
    if exercise is None:
        return words["keys part"]
    if exercise.kind != "build":
        return words["keys question"]
    return words["keys build"]


def resized(lesson: Lesson, columns: int) -> None:
    screen = lesson.desk.screen
    if columns != screen.columns:
        lesson.desk = replace(lesson.desk, screen=replace(screen, columns=columns))
