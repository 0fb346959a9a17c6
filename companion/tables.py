"""The project's own TOML files: their tables, and the line of what is wrong in one."""

import re
import tomllib
from collections.abc import Collection
from pathlib import Path
from typing import Any


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

    Raises TableError where it is no TOML, or holds anything else.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as err:
        raise TableError(f"{path.name}: {err}") from None
    for name, value in document.items():
        if name == entries:
            wrong = "" if is_entries(value) else f"each entry stands under [[{name}]]"
        elif name in tables:
            wrong = "" if isinstance(value, dict) else f"{name} stand under [{name}]"
        else:
            wrong = f"unknown table {name!r}"
        if wrong:
            raise TableError(f"{path.name}:{line_of_name(text, name)}: {wrong}")
    return document


def is_entries(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(entry, dict) for entry in value)


def line_of_name(text: str, name: str) -> int:
    """The line, from 1, of a top-level name in a TOML text."""
    found = re.search(rf"^[\s\[\"']*{re.escape(name)}\b", text, re.MULTILINE)
    return text.count("\n", 0, found.end()) + 1 if found else 1


def line_of(text: str, table: str, index: int, key: str) -> int:
    """The line, from 1, of a key in the index-th [[table]] of a TOML text, or of its header."""
    header, seen = 0, -1
    for number, line in enumerate(text.split("\n"), 1):
        if re.match(rf"\s*\[\[\s*{re.escape(table)}\s*\]\]", line):
            seen += 1
            if seen > index:
                break
            header = number
        elif seen == index and re.match(rf"\s*{re.escape(key)}\s*[=.]", line):
            return number
    return header
