"""The parts: parts.toml read into records, what each teaches, what to type, its exercises."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from companion.stages import LANGUAGES, ROOT, StageMap
from companion.tables import (
    EntryError,
    TableError,
    is_entries,
    line_of,
    read_document,
    read_text,
)

# The keys of each table, and whether an entry must have them.
PART_KEYS = {"number": True, "title": True, "idea": True, "try": False, "exercise": False}
TRY_KEYS = {"servers": False, "type": True, "enter": False, "see": True}
EXERCISE_KEYS = {"text": True, "from": True, "hint": True}


class UnknownPartError(LookupError):
    """No part has this number."""


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
    """A task, the id of the stage that it starts from, and help without the answer."""

    text: Mapping[str, str]
    start: str
    hint: Mapping[str, str]


@dataclass(frozen=True)
class Part:
    """One part of the tutorial; its stages stand on the map. Texts are by language, en and zh."""

    number: int
    title: Mapping[str, str]
    idea: Mapping[str, str]
    tries: tuple[Try, ...] = ()
    exercises: tuple[Exercise, ...] = ()


def load_parts(stages: StageMap, path: Path = ROOT / "parts.toml") -> tuple[Part, ...]:
    """Every part, in the tutorial's order, its exercises checked against the map.

    Raises TableError, one line with the file's name and the line that is wrong.
    """
    text = read_text(path)
    reader = PartReader(stages)
    for entry in read_document(text, path, "part").get("part", ()):
        try:
            reader.read_part(entry)
        except EntryError as err:
            line = line_of(text, reader.table, reader.seen[reader.table], err.key)
            raise TableError(f"{path.name}:{line}: {err}") from None
    return tuple(reader.parts)


class PartReader:
    """Reads entry after entry, and knows which table it is in: its name and its index."""

    def __init__(self, stages: StageMap) -> None:
        self.stages = stages
        self.parts: list[Part] = []
        self.table = "part"
        self.seen = {"part": -1, "part.try": -1, "part.exercise": -1}

    def read_part(self, entry: dict[str, Any]) -> None:
        """One [[part]] and all that stands in it. Raises EntryError where it does not hold."""
        self.begin("part", entry, PART_KEYS)
        number = len(self.parts) + 1
        if entry["number"] != number:
            raise EntryError("number", f"part {entry['number']!r} where part {number} belongs")
        check_texts(entry, "title", "idea")
        for name in ("try", "exercise"):
            if not is_entries(entry.get(name, [])):
                raise EntryError(name, f"each {name} stands under [[part.{name}]]")
        tries = tuple(self.read_try(item) for item in entry.get("try", ()))
        exercises = tuple(self.read_exercise(item) for item in entry.get("exercise", ()))
        self.parts.append(Part(number, entry["title"], entry["idea"], tries, exercises))

    def read_try(self, entry: dict[str, Any]) -> Try:
        self.begin("part.try", entry, TRY_KEYS)
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
        self.begin("part.exercise", entry, EXERCISE_KEYS)
        check_texts(entry, "text", "hint")
        if not isinstance(entry["from"], str) or entry["from"] not in self.stages.by_id:
            raise EntryError("from", f"starts from {entry['from']!r}, which is not on the map")
        return Exercise(entry["text"], entry["from"], entry["hint"])

    def begin(self, table: str, entry: dict[str, Any], keys: Mapping[str, bool]) -> None:
        self.table = table
        self.seen[table] += 1
        for key in entry:
            if key not in keys:
                raise EntryError(key, f"unknown key {key!r}")
        for key, needed in keys.items():
            if needed and key not in entry:
                raise EntryError("", f"an entry without {key!r}")


def check_texts(entry: dict[str, Any], *keys: str) -> None:
    """Raises EntryError where one of the keys has not a text in each language."""
    for key in keys:
        texts = entry[key]
        if (
            not isinstance(texts, dict)
            or set(texts) != set(LANGUAGES)
            or not all(isinstance(text, str) and text.strip() for text in texts.values())
        ):
            raise EntryError(key, f"{key} needs a text in each of {', '.join(LANGUAGES)}")


def find_part(name: str, parts: tuple[Part, ...]) -> Part:
    """The part of this number, as typed. Raises UnknownPartError where there is none."""
    for part in parts:
        if name == str(part.number):
            return part
    raise UnknownPartError(f"no part is called {name!r}; there are parts 1 to {len(parts)}")
