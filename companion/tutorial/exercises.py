"""The exercises: exercises/exercises.toml read into records, what each asks and how it helps."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from companion.render.language import LANGUAGES
from companion.tutorial.stages import ROOT, StageMap
from companion.tutorial.toml import (
    EntryError,
    check_entry,
    check_texts,
    is_text,
    read_document,
    read_text,
    refusal,
)

EXERCISES = ROOT / "exercises"
KINDS = ("build", "predict", "think")


class UnknownExerciseError(LookupError):
    """No exercise has this number."""


@dataclass(frozen=True)
class Exercise:
    """A task. Texts are by language; `hints` are one longer than the other, and hold no answer.

    `id` is the number of its `part` and its place there, as 8.1. `kind` is build (a program is
    written and checked), predict (a question that a run answers) or think (nobody can judge it).
    `start` is the id of the stage that it starts from, "" for none, and `beside` are those of
    stages that are changed along with it; `why` explains it, once it is answered.
    What is written differs from the start in the definitions of `teaches`, in `budget` lines at
    the most, 0 for the usual number.
    """

    id: str
    part: int
    kind: str
    text: Mapping[str, str]
    start: str
    hints: Mapping[str, tuple[str, ...]]
    why: Mapping[str, str] = field(default_factory=dict)
    teaches: tuple[str, ...] = ()
    budget: int = 0
    beside: tuple[str, ...] = ()

    @property
    def folder(self) -> Path:
        """Where its solutions, its checks or its question are."""
        return EXERCISES / self.id


def load_exercises(
    stages: StageMap, path: Path = EXERCISES / "exercises.toml"
) -> tuple[Exercise, ...]:
    """Every exercise, in the order of the parts, checked against the map.

    Raises TableError, one line with the file's name and the line that is wrong.
    """
    text = read_text(path)
    found: list[Exercise] = []
    for entry in read_document(text, path, "exercise")["exercise"]:
        try:
            found.append(read_exercise(entry, stages, found))
        except EntryError as err:
            raise refusal(err, path, text, "exercise", len(found), err.key) from None
    return tuple(found)


def read_exercise(entry: dict[str, Any], stages: StageMap, before: Sequence[Exercise]) -> Exercise:
    """One [[exercise]], after those before it. Raises EntryError where it does not hold."""
    check_entry(
        entry, ("part", "kind", "text", "hint"), ("from", "beside", "why", "teaches", "budget")
    )
    check_texts(entry, "text", *(("why",) if "why" in entry else ()))
    kind, start = entry["kind"], entry.get("from", "")
    if kind not in KINDS:
        raise EntryError("kind", f"kind {kind!r} is none of {', '.join(KINDS)}")
    if (start or kind == "build") and (not isinstance(start, str) or start not in stages.by_id):
        raise EntryError("from", f"starts from {start!r}, which is not on the map")
    for other in entry.get("beside", []):
        if other not in stages.by_id:
            raise EntryError("beside", f"starts from {other!r}, which is not on the map")
    hints = entry["hint"]
    if not isinstance(hints, dict) or set(hints) != set(LANGUAGES):
        raise EntryError("hint", f"hint needs a list in each of {', '.join(LANGUAGES)}")
    for lines in (*hints.values(), entry.get("teaches", [])):
        if not isinstance(lines, list) or not all(is_text(line) for line in lines):
            key = "teaches" if lines is entry.get("teaches") else "hint"
            raise EntryError(key, f"{key} needs lists of texts")
    if len({len(lines) for lines in hints.values()}) > 1:
        raise EntryError("hint", "hint has more lines in one language than in the other")
    part = entry["part"]
    last = before[-1].part if before else 0
    if type(part) is not int or not max(1, last) <= part <= last + 1:
        raise EntryError("part", f"part {part!r} where part {last + 1} belongs")
    place = sum(one.part == part for one in before) + 1
    return Exercise(
        f"{part}.{place}",
        part,
        kind,
        entry["text"],
        start,
        {lang: tuple(lines) for lang, lines in hints.items()},
        entry.get("why", {}),
        tuple(entry.get("teaches", ())),
        entry.get("budget", 0),
        tuple(entry.get("beside", ())),
    )


def find_exercise(name: str, exercises: Iterable[Exercise]) -> Exercise:
    """The exercise of this number, as typed. Raises UnknownExerciseError where there is none."""
    every = tuple(exercises)
    for exercise in every:
        if name == exercise.id:
            return exercise
    part = name.partition(".")[0]
    if near := [exercise.id for exercise in every if exercise.id.startswith(f"{part}.")]:
        has = ", ".join(near)
        raise UnknownExerciseError(f"no exercise is called {name!r}; part {part} has {has}")
    raise UnknownExerciseError(f"no exercise is called {name!r}; companion exercise shows them all")
