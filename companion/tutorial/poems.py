"""The corpus: poetry/poems.toml read into records, one for each poem file."""

import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from companion.peers.script import NUM_BYTES
from companion.tutorial.stages import ROOT
from companion.tutorial.toml import (
    EntryError,
    check_entry,
    check_name,
    read_document,
    read_text,
    refusal,
)


class UnknownPoemError(LookupError):
    """No poem has this name."""


@dataclass(frozen=True)
class Poem:
    """One entry of poems.toml and the file it describes; years BC are negative."""

    name: str
    title: str
    author: str
    died: int
    year: int | str
    language: str
    source: str
    checked: str
    rights: str
    path: Path
    note: str = ""

    @property
    def data(self) -> bytes:
        """The poem as it travels: the bytes of its file."""
        return self.path.read_bytes()

    @property
    def text(self) -> str:
        """The poem as it is read. Raises UnicodeDecodeError where the file is not UTF-8."""
        return self.data.decode("utf-8")

    @property
    def size(self) -> int:
        """The poem's length in bytes."""
        return self.path.stat().st_size

    def chunks(self, num_bytes: int = NUM_BYTES) -> int:
        """How many times a slow server sends, if it sends num_bytes bytes at a time."""
        return -(-self.size // num_bytes)


def load_poems(root: Path = ROOT) -> tuple[Poem, ...]:
    """Every poem of a project's poetry folder, in the order of poems.toml.

    Raises TableError, one line with the file's name and the line that is wrong.
    """
    path = root / "poetry" / "poems.toml"
    return read_poems(read_text(path), path)


@lru_cache(maxsize=1)
def read_poems(text: str, path: Path) -> tuple[Poem, ...]:
    """The poems from the text of poems.toml; those of the last one are kept."""
    poems: list[Poem] = []
    for index, entry in enumerate(read_document(text, path, "poem")["poem"]):
        try:
            poems.append(read_poem(entry, path.parent, {poem.name for poem in poems}))
        except EntryError as err:
            raise refusal(err, path, text, "poem", index, err.key) from None
    return tuple(poems)


def read_poem(entry: dict[str, Any], folder: Path, before: set[str]) -> Poem:
    """One entry as a Poem. Raises EntryError where it does not hold."""
    needed = [key for key in Poem.__dataclass_fields__ if key not in ("path", "note")]
    check_entry(entry, needed, ("note",))
    for key, value in entry.items():
        if type(value) not in {"died": (int,), "year": (int, str)}.get(key, (str,)):
            raise EntryError(key, f"{key} can't be {value!r}")
    check_name("name", entry["name"])
    if entry["name"] in before:
        raise EntryError("name", f"the name {entry['name']!r} stands twice")
    path = folder / f"{entry['name']}.txt"
    if not os.path.isfile(path):  # False, where Path.is_file raises, for a name too long
        raise EntryError("name", f"no file {path.name!r}")
    return Poem(**entry, path=path)


def find_poem(name: str) -> Poem:
    """The poem of this name. Raises UnknownPoemError where there is none, with the nearest name, or
    every one."""
    poems = {poem.name: poem for poem in load_poems()}
    if name in poems:
        return poems[name]
    from difflib import get_close_matches  # much to load, and seldom needed

    near = get_close_matches(Path(name).stem.lower(), poems, 1, 0.7)
    if near:
        raise UnknownPoemError(f"no poem is called {name!r}; did you mean {near[0]}?")
    raise UnknownPoemError(f"no poem is called {name!r}; there are {', '.join(poems)}")
