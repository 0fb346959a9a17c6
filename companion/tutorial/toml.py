"""The project's own TOML files: their tables, and the line of what is wrong in one."""

import re
import tomllib
from collections.abc import Collection
from pathlib import Path
from typing import Any

from companion.render.language import LANGUAGES

NAME = re.compile(r"[a-z0-9][a-z0-9.-]*")


class TableError(ValueError):
    """A file holds what can't be true; the message names the file and the line."""


class EntryError(ValueError):
    """What is wrong with one entry, and under which key."""

    def __init__(self, key: str, message: str) -> None:
        super().__init__(message)
        self.key = key


def read_text(path: Path) -> str:
    """A file's text. Raises TableError where it is not UTF-8, OSError where it can't be read."""
    data = path.read_bytes()
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as err:
        line = data[: err.start].count(b"\n") + 1
        raise TableError(f"{path.name}:{line}: not UTF-8") from None


def read_document(
    text: str, path: Path, entries: str, tables: Collection[str] = ()
) -> dict[str, Any]:
    """What a TOML text holds: a list of entries, and perhaps tables, under these names.

    Raises TableError where it is no TOML, holds no entry, or holds anything else.
    """
    document = parse(text, path)
    for name, value in document.items():
        if name == entries:
            wrong = "" if is_entries(value) else f"each entry stands under [[{name}]]"
        elif name in tables:
            wrong = "" if isinstance(value, dict) else f"{name} stand under [{name}]"
        else:
            wrong = f"unknown table {name!r}"
        if wrong:
            raise refusal(wrong, path, text, name)
    if not document.get(entries):
        raise refusal(f"there is no [[{entries}]]", path, text, entries)
    return document


def parse(text: str, path: Path) -> dict[str, Any]:
    """A TOML text's document. Raises TableError where it is none."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as err:
        message, _, place = str(err).rpartition(" (at ")
        found = re.match(r"line (\d+)", place)
        line = found[1] if found else text.rstrip("\n").count("\n") + 1
        raise TableError(f"{path.name}:{line}: not TOML: {message}") from None


def is_entries(value: Any) -> bool:
    """Whether a value is what [[name]] makes: a list of tables."""
    return isinstance(value, list) and all(isinstance(entry, dict) for entry in value)


def check_entry(
    entry: dict[str, Any], needed: Collection[str], optional: Collection[str] = ()
) -> None:
    """Raises EntryError where a key is unknown or missing."""
    for key in entry:
        if key not in needed and key not in optional:
            raise EntryError(key, f"unknown key {key!r}")
    for key in needed:
        if key not in entry:
            raise EntryError("", f"an entry without {key!r}")


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


def check_name(key: str, name: str) -> None:
    """Raises EntryError where a name is none that a shell and a file can have as it is."""
    if not NAME.fullmatch(name):
        raise EntryError(
            key,
            f"{key} {name!r} must have only a to z, 0 to 9, . and -, and a letter or a digit first",
        )


def refusal(message: object, path: Path, text: str, *place: str | int) -> TableError:
    """The error that says what is wrong at a place of a file, as line_of finds it."""
    return TableError(f"{path.name}:{line_of(text, *place)}: {message}")


def line_of(text: str, *place: str | int) -> int:
    """The line, from 1, of a place in a TOML text: "part", 1, "try", 0, "see".

    A number counts the tables of the name before it. What can't be found is named by the line of
    what it stands in.
    """
    lines = text.split("\n")
    first, end, table = 0, len(lines), ""

    def found(pattern: str) -> list[int]:
        return [line for line in range(first, end) if re.match(pattern, lines[line])]

    for step in place:
        if isinstance(step, str):
            table = f"{table}.{step}" if table else step
            heading = rf"\s*\[+[\s\"']*{re.escape(table)}[\s\"'.\]]"
            key = rf"\s*[\"']?{re.escape(step)}[\"']?\s*[.=]"
            first = (found(f"{heading}|{key}") or [first])[0]
        elif step < len(tables := found(rf"\s*\[\[[\s\"']*{re.escape(table)}[\s\"']*\]\]")):
            first, end = [*tables, end][step : step + 2]
        else:
            break
    return first + 1
