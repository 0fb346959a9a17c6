"""A run that failed, as those who look for its cause see it."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from companion.check.hidden import Raised, mistake, raised_in
from companion.check.source import Source
from companion.check.subject import Subject, kind_of
from companion.event import Close, Deferred, Enter, One, Open
from companion.peers.script import Script
from companion.tutorial.stages import Stage
from companion.virtual.run import Run

# What a slip of the pen raises, and no server.
SLIPS = re.compile(r"(Attribute|Name|Type|Key|Index|UnboundLocal|Assertion|ZeroDivision)Error\(")


@dataclass(frozen=True)
class Case:
    """A run that failed, traced; whose it is, and what the check that failed says."""

    subject: Subject
    run: Run
    servers: Sequence[Script] = ()
    check: str = ""  # its key
    expected: str = ""
    happened: str = ""

    @cached_property
    def pieces(self) -> list[list[bytes]]:
        """What the servers send, piece by piece, as far as they end."""
        steps = (list(islice(one.steps(), 1000)) for one in self.servers)
        return [[what for _, what in some if isinstance(what, bytes)] for some in steps]

    @property
    def poems(self) -> list[bytes]:
        return [b"".join(one) for one in self.pieces]

    def of(self, *kinds: type[One]) -> list[One]:
        """The events of these kinds."""
        return self.run.of(*kinds)

    @cached_property
    def source(self) -> Source:
        return Source(self.subject.file.read_bytes())

    @cached_property
    def printed(self) -> str:
        return self.run.stdout + "\n" + self.run.stderr

    @cached_property
    def crash(self) -> str:
        return self.subject.crash(self.run)

    @property
    def generators(self) -> list[Deferred]:
        """The Deferreds that stand for a generator or a coroutine."""
        return [event for event in self.of(Deferred) if event.generator]

    @property
    def stage(self) -> Stage:
        return self.subject.stage

    @cached_property
    def real(self) -> Run | None:
        """The stage's own run, where it is a demonstration's."""
        return self.subject.real.traced() if kind_of(self.stage) == "demo" else None

    def shows(self, pattern: re.Pattern[str]) -> bool:
        """Whether it prints this, and the stage itself does not."""
        theirs = self.real.stdout if self.real else ""
        return bool(pattern.search(self.run.stdout) and not pattern.search(theirs))

    @cached_property
    def entered(self) -> Counter[str]:
        """How often each function was called, by its last name."""
        return Counter(last(event.function) for event in self.of(Enter))

    @cached_property
    def opened(self) -> list[int]:
        """The servers that it has connected to, in that order."""
        return [event.lane for event in self.of(Open) if event.lane]

    @cached_property
    def ends(self) -> dict[int, Close]:
        """The end of each connection to a server."""
        return {event.lane: event for event in self.of(Close) if event.lane}

    @cached_property
    def whole(self) -> set[int]:
        """The servers that have come to their end."""
        return {lane for lane, event in self.ends.items() if event.how == "done"}

    def raised(self) -> Iterator[Raised]:
        """The exceptions that left a handler, a Deferred's, in their order."""
        return raised_in(self.run)

    @cached_property
    def mistake(self) -> Raised | None:
        """The first mistake that a Deferred holds, where all should go well."""
        return mistake(self.run, self.source.text, self.real)

    def is_own(self, name: str) -> bool:
        """Whether a function of this name is the file's own, and not the library's."""
        return last(name) in {"lambda", *(one.name for one in self.source.functions)}


def last(name: str) -> str:
    """The last part of a function's name."""
    return name.rpartition(".")[2]


Found = tuple[int, str, str]  # the part, the sentence in English, and in Chinese
Look = Callable[[Case], Found | None]


def in_line(part: int, line: int, en: str, zh: str) -> Found:
    """What was found, with the line that it comes from; 0 where there is none."""
    if not line:
        return part, en, zh
    return part, f"line {line}: {en}", f"第 {line} 行：{zh}"
