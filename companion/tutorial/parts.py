"""The parts: parts.toml read into records, what each teaches, what to type, its exercises."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from companion.tutorial.stages import LANGUAGES, ROOT, StageMap
from companion.tutorial.toml import (
    EntryError,
    check_entry,
    is_entries,
    read_document,
    read_text,
    refusal,
)


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
        check_entry(entry, ("number", "title", "idea"))
        number = len(self.parts) + 1
        if entry["number"] != number or type(entry["number"]) is not int:
            raise EntryError("number", f"part {entry['number']!r} where part {number} belongs")
        check_texts(entry, "title", "idea")
        for name, entries in inner.items():
            if not is_entries(entries):
                raise EntryError(name, f"each {name} stands under [[part.{name}]]")
        tries = tuple(self.read_try(item) for item in self.each(inner, "try"))
        exercises = tuple(self.read_exercise(item) for item in self.each(inner, "exercise"))
        self.parts.append(Part(number, entry["title"], entry["idea"], tries, exercises))

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
        check_entry(entry, ("text", "from", "hint"))
        check_texts(entry, "text", "hint")
        if not isinstance(entry["from"], str) or entry["from"] not in self.stages.by_id:
            raise EntryError("from", f"starts from {entry['from']!r}, which is not on the map")
        return Exercise(entry["text"], entry["from"], entry["hint"])


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
