"""The parts: parts.toml read into records, what each teaches, what to type, its exercises."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from companion.render.language import LANGUAGES
from companion.tutorial.stages import ROOT, StageMap
from companion.tutorial.toml import (
    EntryError,
    check_entry,
    is_entries,
    read_document,
    read_text,
    refusal,
)

EXERCISES = ROOT / "exercises"
EXERCISE_KINDS = ("build", "predict", "think")


class UnknownPartError(LookupError):
    """No part has this number."""


class UnknownExerciseError(LookupError):
    """No exercise has this number."""


@dataclass(frozen=True)
class Try:
    """Something to type and what is then to be seen, by language.

    `servers` go on running, each in a terminal of its own; `enter` are the lines to give to the
    last of the commands.
    """

    type: tuple[str, ...]
    see: Mapping[str, str]
    servers: tuple[str, ...] = ()
    enter: tuple[str, ...] = ()


@dataclass(frozen=True)
class Exercise:
    """A task. Texts are by language; `hints` are one longer than the other, and hold no answer.

    `id` is the part's number and its own, as 8.1. `kind` is build (a program is written and
    checked), predict (a question that a run answers) or think (nobody can judge it). `start` is
    the id of the stage that it starts from, "" for none, and `beside` are those of stages that are
    changed along with it; `why` explains it, once it is answered.
    What is written differs from the start in the definitions of `teaches`, in `budget` lines at
    the most, 0 for the usual number.
    """

    id: str
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


@dataclass(frozen=True)
class Part:
    """One part of the tutorial; its stages stand on the map. Texts are by language, en and zh;
    `page` is its address in the tutorial itself, "" where only that of the index is known."""

    number: int
    title: Mapping[str, str]
    idea: Mapping[str, str]
    tries: tuple[Try, ...] = ()
    exercises: tuple[Exercise, ...] = ()
    page: str = ""


def load_parts(stages: StageMap, path: Path = ROOT / "parts.toml") -> tuple[Part, ...]:
    """Every part, in the tutorial's order, its exercises checked against the map.

    Raises TableError, one line with the file's name and the line that is wrong.
    """
    text = read_text(path)
    reader = PartReader(stages)
    try:
        for entry in read_document(text, path, "part")["part"]:
            reader.read_part(entry)
    except EntryError as err:
        raise refusal(err, path, text, *reader.place, err.key) from None
    return tuple(reader.parts)


class PartReader:
    """Reads entry after entry, and knows the place of the one that it reads."""

    def __init__(self, stages: StageMap) -> None:
        self.stages = stages
        self.parts: list[Part] = []
        self.place: tuple[str | int, ...] = ()

    def read_part(self, entry: dict[str, Any]) -> None:
        """One [[part]] and all that stands in it. Raises EntryError where it does not hold."""
        self.place = ("part", len(self.parts))
        inner = {name: entry.pop(name, []) for name in ("try", "exercise")}
        check_entry(entry, ("number", "title", "idea"), ("page",))
        number = len(self.parts) + 1
        if entry["number"] != number or type(entry["number"]) is not int:
            raise EntryError("number", f"part {entry['number']!r} where part {number} belongs")
        check_texts(entry, "title", "idea")
        page = entry.get("page", "")
        if page and (not isinstance(page, str) or not page.startswith("https://")):
            raise EntryError("page", f"page {page!r} is no address")
        for name, entries in inner.items():
            if not is_entries(entries):
                raise EntryError(name, f"each {name} stands under [[part.{name}]]")
        tries = tuple(self.read_try(item) for item in self.each(inner, "try"))
        exercises = tuple(self.read_exercise(item) for item in self.each(inner, "exercise"))
        self.parts.append(Part(number, entry["title"], entry["idea"], tries, exercises, page))

    def each(self, inner: Mapping[str, list[Any]], name: str) -> Iterator[dict[str, Any]]:
        """The entries of this name in the part, each of them as the place that is read."""
        for index, item in enumerate(inner[name]):
            self.place = ("part", len(self.parts), name, index)
            yield item

    def read_try(self, entry: dict[str, Any]) -> Try:
        check_entry(entry, ("type", "see"), ("servers", "enter"))
        check_texts(entry, "see")
        for key in ("servers", "type", "enter"):
            lines = entry.get(key, [])
            if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
                raise EntryError(key, f"{key} needs a list of lines")
        if not entry["type"]:
            raise EntryError("type", "nothing to type")
        servers, enter = tuple(entry.get("servers", ())), tuple(entry.get("enter", ()))
        return Try(tuple(entry["type"]), entry["see"], servers, enter)

    def read_exercise(self, entry: dict[str, Any]) -> Exercise:
        check_entry(entry, ("kind", "text", "hint"), ("from", "beside", "why", "teaches", "budget"))
        check_texts(entry, "text", *(("why",) if "why" in entry else ()))
        kind, start = entry["kind"], entry.get("from", "")
        if kind not in EXERCISE_KINDS:
            raise EntryError("kind", f"kind {kind!r} is none of {', '.join(EXERCISE_KINDS)}")
        if (start or kind == "build") and (
            not isinstance(start, str) or start not in self.stages.by_id
        ):
            raise EntryError("from", f"starts from {start!r}, which is not on the map")
        for other in entry.get("beside", []):
            if other not in self.stages.by_id:
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
        number = f"{self.place[1] + 1}.{self.place[3] + 1}"  # type: ignore[operator]
        return Exercise(
            number,
            kind,
            entry["text"],
            start,
            {lang: tuple(lines) for lang, lines in hints.items()},
            entry.get("why", {}),
            tuple(entry.get("teaches", ())),
            entry.get("budget", 0),
            tuple(entry.get("beside", ())),
        )


def is_text(value: Any) -> bool:
    """Whether a value is a text with something in it."""
    return isinstance(value, str) and bool(value.strip())


def check_texts(entry: dict[str, Any], *keys: str) -> None:
    """Raises EntryError where one of the keys has not a text in each language."""
    for key in keys:
        texts = entry[key]
        if (
            not isinstance(texts, dict)
            or set(texts) != set(LANGUAGES)
            or not all(map(is_text, texts.values()))
        ):
            raise EntryError(key, f"{key} needs a text in each of {', '.join(LANGUAGES)}")


def find_part(name: str, parts: tuple[Part, ...]) -> Part:
    """The part of this number, as typed. Raises UnknownPartError where there is none."""
    for part in parts:
        if name == str(part.number):
            return part
    raise UnknownPartError(f"no part is called {name!r}; there are parts 1 to {len(parts)}")


def find_exercise(name: str, parts: tuple[Part, ...]) -> Exercise:
    """The exercise of this number, as typed. Raises UnknownExerciseError where there is none."""
    every = [exercise for part in parts for exercise in part.exercises]
    for exercise in every:
        if name == exercise.id:
            return exercise
    part = name.partition(".")[0]
    if near := [exercise.id for exercise in every if exercise.id.startswith(f"{part}.")]:
        has = ", ".join(near)
        raise UnknownExerciseError(f"no exercise is called {name!r}; part {part} has {has}")
    raise UnknownExerciseError(f"no exercise is called {name!r}; companion exercise shows them all")
