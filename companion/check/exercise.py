"""What an exercise asks: read from its folder, and made from the same parts as a stage's checks.

`exercises/8.1/checks.py` has the checks of a program that is written, made with `asks`, in the
order in which they are tried (or in `CHECKS`); `NAME` is the file's name, and `AS` names a stage
that it is started as, where these are not those of the stage it starts from, and `LEAVES_OUT` has
the keys of that stage's checks that no longer hold.
Beside it are the solution and the wrong ones. `exercises/9.2/question.py` has a function `question`
that asks and, from a run, knows the answer.
"""

import random
import re
import runpy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from companion.check.run import CheckError, checks_of
from companion.check.subject import Check, Subject, Texts, Unmet
from companion.render.language import LANGUAGES
from companion.tutorial.stages import ROOT, Stage, StageMap

if TYPE_CHECKING:  # the checks of a stage need no exercises
    from companion.tutorial.exercises import Exercise

# An option of a help text by argparse, optparse or usage.Options: its names, and what it takes.
# By usage.Options a value has no name, and only a = says that there is one.
OPTION = re.compile(r"(?<![\w-])(--?[A-Za-z][\w-]*)(?:[ =](?!-)([^\s,]+)|(=))?")


def asks(
    key: str, *, name: tuple[str, str], hint: tuple[str, str]
) -> Callable[[Callable[[Subject], None]], Check]:
    """Make a check of an exercise of a function; its name and hint are in English and Chinese."""

    def made(judge: Callable[[Subject], None]) -> Check:
        texts = (dict(zip(LANGUAGES, pair, strict=True)) for pair in (name, hint))
        return Check(key, "exercise", next(texts), 0, next(texts), judge, lambda stage: False)

    return made


@dataclass(frozen=True)
class Question:
    """What is asked, the answers that are right, and why; texts by language.

    Where there are `choices`, the answer is the number of one, from 1. A wrong answer is refused
    with what is behind it, by `thoughts`, or else with `refusal`, neither of which gives the answer
    away; `shows` is the command that does.
    """

    ask: Texts
    answers: tuple[str, ...]
    why: Texts
    refusal: Texts
    shows: str
    choices: tuple[Texts, ...] = ()
    thoughts: Mapping[str, Texts] = field(default_factory=dict)

    def takes(self, answer: str) -> bool:
        """Whether an answer is right; case, blanks and a full stop at the end do not count."""
        return plain(answer) in map(plain, self.answers)

    def reason(self, answer: str) -> Texts:
        """Why this answer is wrong."""
        known = {plain(given): reason for given, reason in self.thoughts.items()}
        return known.get(plain(answer), self.refusal)


def plain(answer: str) -> str:
    """An answer as it is compared: numbers by their value."""
    words = re.sub("[,，、]", " ", answer.lower()).strip().rstrip(".。").split()
    return " ".join(f"{float(word):g}" if is_number(word) else word for word in words)


def is_number(word: str) -> bool:
    """Whether a word is a number, with a sign or a fraction perhaps."""
    return bool(re.fullmatch(r"-?\d+(\.\d+)?", word))


def question_of(exercise: "Exercise", seed: int) -> Question:
    """What an exercise asks; what is drawn by chance is the same for the same seed."""
    return read_question(exercise.folder / "question.py", seed)


@lru_cache(maxsize=8)
def read_question(file: Path, seed: int) -> Question:
    """The question of a file. The last ones are kept, as the answer may take a run."""
    state = random.getstate()
    random.seed(seed)
    try:
        found = runpy.run_path(str(file))["question"]()
    finally:
        random.setstate(state)
    assert isinstance(found, Question)
    return found


@dataclass(frozen=True)
class Task:
    """What a file is to be: a stage, or an exercise's solution; and the checks that say so."""

    start: Stage  # whose script an exercise starts from
    stage: Stage  # whose servers, clients and arguments the file gets
    checks: tuple[Check, ...]
    name: str  # of the file that is written
    exercise: "Exercise | None" = None
    beside: tuple[Stage, ...] = ()  # whose scripts are changed along with it
    python: bool = True  # or else Erlang, Haskell or a file of tests, which runs in real time

    @property
    def folder(self) -> Path:
        """Of an exercise's solutions."""
        assert self.exercise
        return self.exercise.folder

    @property
    def solution(self) -> Path:
        return self.folder / self.name

    @property
    def wrong(self) -> tuple[Path, ...]:
        """Solutions of the kind that people really write, and that are none."""
        return tuple(sorted(self.folder.glob(f"wrong-*{Path(self.name).suffix}")))

    @property
    def files(self) -> tuple[tuple[Stage, str], ...]:
        """The names of the files that are written, each with the stage that it starts from."""
        return (self.start, self.name), *((one, one.file.name) for one in self.beside)

    @property
    def solutions(self) -> list[tuple[Stage, Path]]:
        """The files that solve it, and those that only try to, in the same way."""
        solved = [(start, self.folder / name) for start, name in self.files]
        return solved + [(self.start, file) for file in self.wrong]


def stage_task(stage: Stage) -> Task:
    """To be a stage of the map. Raises CheckError where it has no checks."""
    return Task(stage, stage, tuple(checks_of(stage)), stage.file.name)


def task_of(exercise: "Exercise", stages: StageMap) -> Task:
    """The exercise's own checks, and what the stage that it starts from does already."""
    found = runpy.run_path(str(exercise.folder / "checks.py"))
    own = found.get("CHECKS") or [one for one in found.values() if isinstance(one, Check)]
    start = stages.by_id[exercise.start]
    stage = stages.by_id[found.get("AS", start.id)]
    if stage != start and stage.is_plugin:
        stage = replace(stage, run=(*stage.run[:-1], ""))  # a plugin with a tapname of its own
    name = found.get("NAME", start.file.name)
    left_out = found.get("LEAVES_OUT", ())
    beside = tuple(stages.by_id[other] for other in exercise.beside)
    try:
        every = checks_of(stage)
    except CheckError:
        return Task(start, stage, tuple(own), name, exercise, beside, python=False)
    theirs = [one for one in every if one.group != "beyond" and one.key not in left_out]
    return Task(start, stage, (*own, *theirs), name, exercise, beside)


def grown_from(stages: StageMap) -> tuple[Stage, ...]:
    """Every file that solves an exercise, or tries to, as a stage that grew from its start."""
    from companion.tutorial.exercises import load_exercises

    return tuple(
        replace(start, id=exercise.id, path=file.relative_to(ROOT).as_posix(), after=start.id)
        for exercise in load_exercises(stages)
        if exercise.kind == "build"
        for start, file in task_of(exercise, stages).solutions
    )


def find_task(number: str, stages: StageMap) -> Task:
    """The task of this number. Raises CheckError where there is none, or it is a question."""
    from companion.tutorial.exercises import (
        UnknownExerciseError,
        find_exercise,
        load_exercises,
    )

    try:
        exercise = find_exercise(number, load_exercises(stages))
    except UnknownExerciseError as err:
        raise CheckError(str(err)) from None
    if exercise.kind != "build":
        line = f"exercise {number} is a question: companion exercise {number}"
        raise CheckError(line)
    return task_of(exercise, stages)


@dataclass(frozen=True)
class Option:
    """An option of a program, by its names, and what it takes, "" for nothing."""

    names: tuple[str, ...]
    takes: str = ""


def options_of(subject: Subject) -> list[Option]:
    """The options in a program's help that the stage it started from has not."""
    known = {
        name
        for option in options_in(subject.real.run((), ("--help",)).stdout)
        for name in option.names
    }
    found = options_in(subject.run((), ("--help",)).stdout)
    return [option for option in found if not known & set(option.names)]


def valued_options(subject: Subject) -> list[str]:
    """The names of its own options that take a value."""
    return [option.names[-1] for option in options_of(subject) if option.takes]


def own_options(subject: Subject, expected: str) -> list[str]:
    """The names of its own options that take a value. Raises Unmet where it has none."""
    names = valued_options(subject)
    if not names:
        raise Unmet(expected, "--help shows no new option that takes a value")
    return names


def options_in(text: str) -> Iterator[Option]:
    """The options of a help text, by argparse, optparse or usage.Options."""
    for line in text.splitlines():
        if line.lstrip().startswith("-"):
            pairs = OPTION.findall(line.strip().split("  ")[0])
            takes = next((what or sign for _, what, sign in pairs if what or sign), "")
            yield Option(tuple(name for name, *_ in pairs), takes)
