"""The exercises on the guide's pages: the file that a reader saves, its checks, hints, answers.

Files and progress are those of `companion exercise`, in the folder `my`. A page asks again and
again how its file fares; a file of which nobody asks is not looked at.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from companion.check.exercise import Task
from companion.check.run import CheckError, Python2Error
from companion.check.show import (
    WORDS as CHECK_WORDS,
)
from companion.check.show import (
    Report,
    cause_pairs,
    report_of,
    rest_text,
    sum_text,
    verdict_of,
)
from companion.diff.definitions import read_source
from companion.diff.html import Link, page, template
from companion.diff.model import compare
from companion.diff.steps import Step
from companion.guide.pages import Guide, NoPageError
from companion.guide.words import WORDS
from companion.learn.exercise import (
    Desk,
    ExerciseError,
    answered,
    changed,
    drawn,
    file_of,
    files_of,
    make_files,
    noted,
)
from companion.learn.progress import FOLDER, load_progress
from companion.learn.watch import Watch
from companion.render.language import translated
from companion.render.terminal import Screen
from companion.trace.player import trace_page
from companion.trace.show import TraceError, traced
from companion.trace.trace import Trace
from companion.tutorial.exercises import Exercise, UnknownExerciseError, find_exercise
from companion.tutorial.parts import exercises_of
from companion.virtual.forks import ForkError

LARGEST = 100_000  # bytes of a reader's file
LIMIT = 4.0  # seconds that a traced run of it may take
MOST_EVENTS = 100_000  # of such a run that can be stepped through
MOST_PRINTED = 4  # megabytes that it may have printed


@dataclass
class Study:
    """An exercise that is being done: what was found of the reader's file, `outcome`, as a report
    or as a sentence by language; None while there is nothing to say."""

    task: Task
    watch: Watch
    busy: bool = False
    outcome: Report | dict[str, str] | None = None


@dataclass
class Studies:
    """All exercises that are being done; `start` runs a call in the thread for programs."""

    guide: Guide
    start: Callable[[Callable[[], None]], None]
    open: dict[str, Study] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)  # of the progress, which is kept in a file

    def desk(self, lang: str) -> Desk:
        return Desk(self.guide.stages, self.guide.parts, load_progress(), Screen(lang=lang))

    def find(self, number: str) -> Exercise:
        """Raises NoPageError."""
        try:
            return find_exercise(number, exercises_of(self.guide.parts))
        except UnknownExerciseError:
            raise NoPageError(number) from None

    def page(self, number: str, lang: str, said: str = "") -> str:
        """The page of an exercise; `said` is what is said to an answer. Raises NoPageError."""
        exercise, desk, words = self.find(number), self.desk(lang), WORDS[lang]
        entry = desk.progress.of(number)
        part = self.guide.parts[exercise.part - 1]
        values = self.guide.common(lang, words["exercise"].format(number))
        values |= {"question": None, "task": None, "file": None, "report": ""}
        if exercise.kind == "predict":
            with self.lock:
                values["question"] = drawn(desk, exercise)
        elif exercise.kind == "build":
            task = desk.task(exercise)
            file = file_of(task)
            values |= {"task": task, "file": file}
            if file.exists():
                values["report"] = self.report(number, lang)
        values["following"] = desk.next_open(exercise)
        return template("guide_exercise.html").render(
            **values,
            root="..",
            part=part,
            exercise=exercise,
            text=exercise.text[lang],
            entry=entry,
            hints=exercise.hints[lang],
            why=exercise.why.get(lang, ""),
            said=said,
        )

    def do(self, number: str, lang: str, what: str, text: str) -> str:
        """Do what was asked for on the page of an exercise, and say what there is to say. Raises
        NoPageError."""
        exercise, desk = self.find(number), self.desk(lang)
        try:
            with self.lock:
                return self.done(desk, exercise, what, text)
        except ExerciseError as err:
            return translated(lang, str(err))

    def done(self, desk: Desk, exercise: Exercise, what: str, text: str) -> str:
        if what == "hint":
            shown = min(desk.progress.of(exercise.id).hints + 1, len(exercise.hints["en"]))
            desk.progress.set(exercise.id, hints=shown)
        elif what == "make" and exercise.kind == "build":
            task = desk.task(exercise)
            make_files(task)
        elif what == "answer" and exercise.kind != "build":
            said, status = answered(desk, exercise, text)
            if exercise.kind == "think" and status == 0:
                desk.progress.set(exercise.id, done=True)
            return said
        return ""

    # The reader's file.

    def own_file(self, number: str, lang: str) -> tuple[Task, Path]:
        """What an exercise is, and the reader's file. Raises NoPageError, and ExerciseError where
        the file can't be read."""
        exercise, words = self.find(number), WORDS[lang]
        if exercise.kind != "build":
            raise NoPageError(number)
        task = self.desk(lang).task(exercise)
        file = file_of(task)
        if not file.is_file():
            raise ExerciseError(words["no file"].format(file))
        if not file.resolve().is_relative_to(FOLDER.resolve()):
            raise ExerciseError(words["outside"].format(file, FOLDER))
        if file.stat().st_size > LARGEST:
            raise ExerciseError(words["too large"].format(file))
        return task, file

    def report(self, number: str, lang: str) -> str:
        """How the reader's file fares, as markup; it is checked if it has been saved. Raises
        NoPageError."""
        words = WORDS[lang]
        try:
            task, file = self.own_file(number, lang)
        except ExerciseError as err:
            return self.reported(words, sentence=str(err))
        study = self.open.get(number)
        if study is None:
            study = self.open[number] = Study(task, Watch(one for _, one in files_of(task)))
            if changed(task):
                self.judge(number, file, study)
        elif not study.busy and study.watch.saved():
            self.judge(number, file, study)
        if study.busy:
            return self.reported(words, sentence=words["checking"])
        if study.outcome is None:
            return self.reported(words, sentence=words["unchanged"])
        if isinstance(study.outcome, Report):
            return self.reported(words, study.outcome, lang)
        return self.reported(words, sentence=study.outcome[lang], failed=True)

    def judge(self, number: str, file: Path, study: Study) -> None:
        """Check a file, in the thread for programs."""
        study.busy = True

        def judge() -> None:
            try:
                report = report_of(file, study.task)
                with self.lock:
                    noted(self.desk("en"), self.find(number), report)
                study.outcome = report
            except Python2Error as err:
                study.outcome = {lang: "\n".join(lines) for lang, lines in err.lines.items()}
            except (CheckError, ForkError, OSError) as err:
                study.outcome = {lang: translated(lang, str(err)) for lang in WORDS}
            finally:
                study.busy = False

        self.start(judge)

    def reported(
        self,
        words: dict[str, str],
        report: Report | None = None,
        lang: str = "en",
        *,
        sentence: str = "",
        failed: bool = False,
    ) -> str:
        checks = [
            (verdict_of(one), CHECK_WORDS[lang][verdict_of(one)], one.check.name[lang])
            for one in (report.results if report else ())
        ]
        exercise = self.find(report.exercise) if report else None
        solved = report is not None and report.status == 0
        return template("guide_report.html").render(
            words=words,
            said=sum_text(report, lang) if report else sentence,
            failed=failed or bool(report and not solved),
            solved=words["solved"].format(report.exercise) if report and solved else "",
            why=exercise.why.get(lang, "") if exercise and solved else "",
            pairs=list(cause_pairs(report, lang)) if report and report.failed else [],
            rest=rest_text(report, lang) if report and report.failed else "",
            checks=checks,
        )

    def links(self, number: str, lang: str) -> list[Link]:
        title = WORDS[lang]["exercise"].format(number)
        return [
            Link("../index.html", WORDS[lang]["guide"]),
            Link(f"../exercise-{number}.html", title),
        ]

    def trace(self, number: str, lang: str) -> str:
        """A run of the reader's file, to be stepped through. Raises NoPageError, ExerciseError, and
        TraceError."""
        task, file = self.own_file(number, lang)
        stage = task.stage.played_by(file)
        run = traced(stage, limit=LIMIT)
        if len(run.events) > MOST_EVENTS:
            raise TraceError(WORDS[lang]["too long"].format(MOST_EVENTS))
        if len(run.stdout) + len(run.stderr) > MOST_PRINTED * 1_000_000:
            raise TraceError(WORDS[lang]["too much"].format(MOST_PRINTED))
        idea = self.find(number).text[lang]
        return trace_page(Trace(run.events), [stage], idea, lang, self.links(number, lang))

    def difference(self, number: str, lang: str) -> str:
        """What the reader's file changes. Raises NoPageError, ExerciseError, and SourceError."""
        task, file = self.own_file(number, lang)
        start = read_source(task.start.file, task.start.path)
        diff = compare(start, read_source(file, str(file)))
        return page(Step(diff, task.start), lang, links=self.links(number, lang))
