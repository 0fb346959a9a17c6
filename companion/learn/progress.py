"""How far a reader is: a small text file in the folder that he works in, `my/progress.txt`.

A line an exercise: its number, and what is known of it, as `8.1 done hints=2`. Lines that say
something else are kept as they are.
"""

import os
import re
from dataclasses import dataclass, field, replace
from pathlib import Path

FOLDER = Path("my")
LINE = re.compile(
    r"(?P<id>\d+\.\d+)(?P<done> done)?(?P<tried> tried)?(?: hints=(?P<hints>\d+))?"
    r"(?: seed=(?P<seed>\d+))?"
)


@dataclass(frozen=True)
class Entry:
    """Of one exercise: whether it is done or was tried, how many hints were shown, and what its
    question is drawn from."""

    done: bool = False
    tried: bool = False
    hints: int = 0
    seed: int = 0

    def line(self, number: str) -> str:
        words = [number, *(["done"] if self.done else []), *(["tried"] if self.tried else [])]
        words += [
            f"{name}={value}"
            for name, value in (("hints", self.hints), ("seed", self.seed))
            if value
        ]
        return " ".join(words)


@dataclass
class Progress:
    """All that is known, and where it is kept."""

    path: Path
    entries: dict[str, Entry] = field(default_factory=dict)
    others: list[str] = field(default_factory=list)

    def of(self, number: str) -> Entry:
        return self.entries.get(number, Entry())

    @property
    def done(self) -> frozenset[str]:
        """The numbers of the exercises that are done."""
        return frozenset(number for number, entry in self.entries.items() if entry.done)

    def set(self, number: str, **values: object) -> None:
        """Note something of an exercise, and keep it. Raises OSError."""
        entry = replace(self.of(number), **values)  # type: ignore[arg-type]
        if entry == self.of(number):
            return
        self.entries[number] = entry
        lines = [entry.line(number) for number, entry in sorted(self.entries.items(), key=in_order)]
        self.path.parent.mkdir(exist_ok=True)
        new = self.path.with_suffix(".new")
        new.write_text("".join(f"{line}\n" for line in (*self.others, *lines)), encoding="utf-8")
        os.replace(new, self.path)


def in_order(pair: tuple[str, Entry]) -> tuple[int, ...]:
    """The number of an exercise, to sort by."""
    return tuple(map(int, pair[0].split(".")))


def load_progress(folder: Path = FOLDER) -> Progress:
    """What is known in this folder; nothing where it has no such file. Raises OSError."""
    progress = Progress(folder / "progress.txt")
    if not progress.path.is_file():
        return progress
    for line in progress.path.read_text(encoding="utf-8", errors="replace").splitlines():
        found = LINE.fullmatch(line.strip())
        if found is None:
            progress.others.append(line)
            continue
        progress.entries[found["id"]] = Entry(
            bool(found["done"]),
            bool(found["tried"]),
            int(found["hints"] or 0),
            int(found["seed"] or 0),
        )
    return progress


def done() -> frozenset[str]:
    """The numbers of the exercises that are done in this folder, for who only shows them."""
    try:
        return load_progress().done
    except OSError:
        return frozenset()
