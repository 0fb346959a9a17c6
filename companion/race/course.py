"""The course of a race: who runs, over which poems, and how fast those are sent."""

import os
import resource
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from companion.processes.build import RunError, command_of
from companion.race.process import Command
from companion.render.text import visible
from companion.tutorial.poems import Poem
from companion.tutorial.stages import ROOT, Stage
from companion.tutorial.typed import typed

POEMS = ("ecstasy", "fascination", "science")  # where none is named
LONGEST = 3.0  # seconds that the longest poem takes where no delay is given
CHUNKS = 100  # about so many chunks a poem where no number of bytes is given
MOST_SENDS = 20_000  # a second, of all servers, where no delay is given: more would be late


class NotAClientError(RunError):
    """A stage or a program that can't race; the message says why."""


@dataclass(frozen=True)
class Lane:
    """One server of each stage: a poem and its pace (bytes at a time)."""

    poem: Poem
    num_bytes: int

    @property
    def chunks(self) -> int:
        return -(-self.poem.size // self.num_bytes)


@dataclass(frozen=True)
class Racer:
    """A program in the race; its servers' ports follow the command, the helpers' first."""

    label: str
    command: Command
    helpers: int = 0  # transform servers


@dataclass(frozen=True)
class Course:
    """What a race runs over; `delay` is in seconds between two chunks."""

    racers: tuple[Racer, ...]
    lanes: tuple[Lane, ...]
    delay: float


def course_of(
    entries: Sequence[Stage | Path],
    poems: Sequence[Poem],
    servers: int = 0,
    num_bytes: int = 0,
    delay: float = 0.0,
) -> Course:
    """The course for these stages or programs; 0 is for an option that was left out.

    Builds what has to be built, and has as many files allowed as it needs. Raises RunError where
    something can't race.
    """
    racers: dict[str, Racer] = {}
    for entry in entries:
        racer = racer_of(entry)
        label, number = racer.label, 2
        while label in racers:
            label, number = f"{racer.label} ({number})", number + 1
        racers[label] = replace(racer, label=label)
    chosen = [poems[n % len(poems)] for n in range(servers or len(poems))]
    lanes = tuple(Lane(p, num_bytes or max(10, p.size // CHUNKS)) for p in chosen)
    if not delay:
        longest = max(1, *(lane.chunks for lane in lanes))
        delay = round(max(LONGEST / longest, len(racers) * len(lanes) / MOST_SENDS, 0.001), 3)
    # A server listens and holds a connection; a stage has pipes.
    allow_descriptors(len(racers) * (2 * len(lanes) + 8) + 64)
    return Course(tuple(racers.values()), lanes, delay)


def racer_of(entry: Stage | Path) -> Racer:
    """A stage of the map or a program of the reader's. Raises NotAClientError, and RunError."""
    if isinstance(entry, Stage):
        if entry.kind != "client":
            raise NotAClientError(f"{entry.id} is a {entry.kind}; only clients race")
        line = tuple(shlex.split(typed(entry, entry.args)))
        command = Command(tuple(command_of(entry, entry.args)), ROOT, line)
        return Racer(entry.id, command, int(entry.transforms))
    path, name = os.path.realpath(entry), visible(str(entry))
    words: tuple[str, ...] = (path,)
    shown: tuple[str, ...] = (name if len(entry.parts) > 1 else f"./{name}",)
    if entry.suffix == ".py":
        words, shown = (sys.executable, path), ("python", name)
    elif not os.access(path, os.X_OK):
        raise NotAClientError(f"{entry} can't be executed; try: chmod +x {shlex.quote(str(entry))}")
    return Racer(name, Command(words, Path.cwd(), shown))


def allow_descriptors(count: int) -> None:
    """Have room for so many open files. Raises RunError where the system has none."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= count:
        return
    if hard != resource.RLIM_INFINITY and hard < count:
        raise RunError(f"such a race needs {count} open files, and {hard} are allowed: ulimit -Hn")
    resource.setrlimit(resource.RLIMIT_NOFILE, (count, hard))
