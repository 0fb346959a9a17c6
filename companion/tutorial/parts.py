"""The parts: parts.toml read into records, what each teaches, what to type, its exercises."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from companion.tutorial.exercises import Exercise
from companion.tutorial.stages import ROOT
from companion.tutorial.toml import (
    EntryError,
    check_entry,
    check_texts,
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
class Part:
    """One part of the tutorial; its stages stand on the map. Texts are by language, en and zh;
    `page` is its address in the tutorial itself, "" where only that of the index is known."""

    number: int
    title: Mapping[str, str]
    idea: Mapping[str, str]
    tries: tuple[Try, ...] = ()
    exercises: tuple[Exercise, ...] = ()
    page: str = ""


def load_parts(exercises: Iterable[Exercise], path: Path = ROOT / "parts.toml") -> tuple[Part, ...]:
    """Every part, in the tutorial's order, with those of the exercises that are its own.

    Raises TableError, one line with the file's name and the line that is wrong.
    """
    text = read_text(path)
    reader = PartReader(exercises)
    try:
        for entry in read_document(text, path, "part")["part"]:
            reader.read_part(entry)
    except EntryError as err:
        raise refusal(err, path, text, *reader.place, err.key) from None
    return tuple(reader.parts)


class PartReader:
    """Reads entry after entry, and knows the place of the one that it reads."""

    def __init__(self, exercises: Iterable[Exercise]) -> None:
        self.exercises = tuple(exercises)
        self.parts: list[Part] = []
        self.place: tuple[str | int, ...] = ()

    def read_part(self, entry: dict[str, Any]) -> None:
        """One [[part]] and all that stands in it. Raises EntryError where it does not hold."""
        self.place = ("part", len(self.parts))
        inner = entry.pop("try", [])
        check_entry(entry, ("number", "title", "idea"), ("page",))
        number = len(self.parts) + 1
        if entry["number"] != number or type(entry["number"]) is not int:
            raise EntryError("number", f"part {entry['number']!r} where part {number} belongs")
        check_texts(entry, "title", "idea")
        page = entry.get("page", "")
        if page and (not isinstance(page, str) or not page.startswith("https://")):
            raise EntryError("page", f"page {page!r} is no address")
        if not is_entries(inner):
            raise EntryError("try", "each try stands under [[part.try]]")
        tries = tuple(self.read_try(item) for item in self.each(inner))
        exercises = tuple(one for one in self.exercises if one.part == number)
        self.parts.append(Part(number, entry["title"], entry["idea"], tries, exercises, page))

    def each(self, tries: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """The entries of a part's tries, each of them as the place that is read."""
        for index, item in enumerate(tries):
            self.place = ("part", len(self.parts), "try", index)
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


def exercises_of(parts: Iterable[Part]) -> list[Exercise]:
    """Those of all parts, in their order."""
    return [exercise for part in parts for exercise in part.exercises]


def find_part(name: str, parts: tuple[Part, ...]) -> Part:
    """The part of this number, as typed. Raises UnknownPartError where there is none."""
    for part in parts:
        if name == str(part.number):
            return part
    raise UnknownPartError(f"no part is called {name!r}; there are parts 1 to {len(parts)}")
