"""The event: what happens in a run, as records that every view is made from, a class a kind.

A kept run is a text file of JSON objects, one a line (UTF-8). Every record has `t`, `stage` and
`kind`; the other fields belong to the kind, and stand in its class, which is the documentation of
the format, and what a kept run is checked by. A field that may be null or absent is None here, one
that is absent or true is False. Readers skip kinds and fields that they do not know.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import MISSING, dataclass
from functools import cache
from itertools import chain
from types import UnionType
from typing import (
    IO,
    Any,
    ClassVar,
    Literal,
    Self,
    TypeVar,
    Union,
    dataclass_transform,
    get_args,
    get_origin,
    get_type_hints,
)

# How a run ends: by itself, waiting for what never comes, at the limit of its time, in a call that
# is not simulated, refused by name, computing without a wait, by a mistake of the tool's.
RunEnd = Literal["exit", "waits for ever", "still runs", "blocks", "not covered", "busy", "broken"]
# How a connection ends: cleanly, by its server; cut; never made; by the client, early.
ConnectionEnd = Literal["done", "reset", "refused", "left"]


def always(*, kw_only: bool = True) -> Any:
    """A field that is always there, though a base has it as optional, or that needs no name."""
    return MISSING


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(always,))
class Record:
    """What a type checker takes for a frozen dataclass. A process takes some 25 ms to make thirty
    real ones."""


class Event(Record):
    """One thing that happened."""

    t: float = always(kw_only=False)  # seconds since the run began
    stage: str = always(kw_only=False)  # id of the stage that it happened in
    thread: int | None = None  # number of the thread that it happened in, from 1; None in the main
    task: str | None = None  # in a trace: that thread's name, if it has one, or of asyncio's task
    kind: ClassVar[str]

    def __init__(self, t: float, stage: str, **fields: Any) -> None:
        vars(self).update(fields, t=t, stage=stage)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Event):
            return NotImplemented
        mine, theirs = (self.t, self.stage, self.kind), (other.t, other.stage, other.kind)
        return mine == theirs and self.fields == other.fields

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.record})"

    def but(self, **changes: Any) -> Self:
        """The same, with other values in some fields."""
        return type(self)(**{**vars(self), **changes})

    @property
    def fields(self) -> dict[str, Any]:
        """What its kind says of it, without what is absent."""
        own, default = type(self), object()
        return {
            name: value
            for name, value in vars(self).items()
            if name not in ("t", "stage") and value is not getattr(own, name, default)
        }

    @property
    def record(self) -> dict[str, Any]:
        """The event as the flat record that is kept."""
        return {"t": round(self.t, 6), "stage": self.stage, "kind": self.kind, **self.fields}

    def to_json(self) -> str:
        """The event as one line of JSON, without its end."""
        return json.dumps(self.record, ensure_ascii=False)


KINDS: dict[str, type[Event]] = {}
One = TypeVar("One", bound=Event)


def kind(made: type[One]) -> type[One]:
    """A class as a kind of event, which has its name: TimerFired is timer_fired."""
    made.kind = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", made.__name__).lower()
    KINDS[made.kind] = made
    return made


class Placed(Event):
    """Where in the stage: absent where the library did it."""

    line: int | None = None
    # Its name, as Class.method where it is one; <module> is the script itself.
    function: str | None = None


class Ended(Event):
    """At whose connection: a server's, or a scripted client's."""

    lane: int | None = None  # the server's number in the stage's command line, from 1
    client: int | None = None  # in its place, at a server stage: the client's number, from 1


@kind
class Start(Event):
    argv: list[str]  # the command as typed
    pid: int | None = None  # process id; absent in simulated time, and only there
    lanes: list[Any] | None = None  # in a race: for each server its poem's name and size in bytes


@kind
class Print(Placed):
    text: str  # one line, without its end
    stream: Literal["stdout", "stderr"]


@kind
class Exit(Event):
    status: int  # exit status, or minus the signal's number
    cpu: float | None = None  # CPU time, user and system, in seconds; in a race
    rss: int | None = None  # peak resident memory in bytes; in a race, and from 11 MB on
    how: RunEnd | None = None


@kind
class Wait(Placed):
    call: str  # what is waited in, from t on: select, poll, epoll, recv, sleep, ...
    # Seconds since the run began, or null: it waits for ever, or when the run was ended. In real
    # time a wait of less than 0.01 seconds is left out.
    until: float | None
    by: Literal["reactor", "stage"] | None = None  # in a trace, whose wait it is


@kind
class Interrupt(Event):
    """The run was broken off while this stage was running."""


@kind
class Listen(Ended):
    lane: int = always()
    poem: str  # name of the poem it will send
    size: int  # of the poem, in bytes
    num_bytes: int  # that it sends at a time
    delay: float  # seconds between two sends, and after the last
    reads: bool  # whether read events will show what the stage takes from the kernel


@kind
class Open(Ended):
    poem: str | None = None  # name of the poem that the server sends
    size: int | None = None  # of the poem, in bytes


@kind
class Sent(Ended):
    bytes: int  # that left the server, or the client


@kind
class Got(Ended):
    client: int = always()
    bytes: int  # that the client took


@kind
class Read(Ended):
    bytes: int  # that the stage took from the kernel


@kind
class Close(Ended):
    how: ConnectionEnd


@kind
class Lost(Ended):
    """After close: the stage left with bytes unread, in real time."""


# The kinds from here on are emitted by companion.probe: what the stage's own code does.


@kind
class Enter(Ended, Placed):
    # Number of this stay in a function of the stage, from 1. fileno and logPrefix, which the
    # library asks a reader for again and again, are left out.
    call: int
    function: str = always()
    line: int = always()  # where the function begins, or goes on
    at: int | None = None  # the line that calls it, or that the library calls it for
    # Who calls it: the library in a call of the stage's, the reactor of its own; or what begins or
    # goes on. In a comparison also returns: it goes on, since the reactor's run has returned.
    by: Literal["stage", "library", "reactor", "thread", "task", "start", "returns"]
    deferred: int | None = None  # the Deferred that stands for this generator or coroutine
    resumed: bool = False  # true where a generator or coroutine goes on
    given: list[str] | None = None  # functions of the stage among its arguments, but for self


@kind
class Leave(Placed):
    call: int  # as in enter
    function: str = always()
    how: Literal["returned", "yielded", "raised"]
    value: str  # what it returned, yielded or raised, in short
    line: int = always()  # where it left


@kind
class Reactor(Placed):
    does: Literal["runs", "returns"]  # the stage calls its run; or gets the control back


@kind
class Misuse(Placed):
    """A method of a transport is called in another thread than the reactor's."""

    calls: str  # its name


@kind
class Closing(Ended, Placed):
    """The stage asks its transport for the end of a connection."""


@kind
class Timer(Placed):
    timer: int  # number of a delayed call that the stage asked for, or that calls it
    delay: float  # in seconds
    calls: str  # name of the function that will be called


@kind
class TimerFired(Event):
    timer: int  # its function is about to be called


@kind
class TimerCancelled(Placed):
    timer: int


@kind
class Deferred(Placed):
    deferred: int  # number of a Deferred that the stage made or was given, from 1
    generator: str | None = None  # the function whose generator or coroutine it stands for


@kind
class Pair(Placed):
    deferred: int
    pair: int  # number of the pair in the chain, from 1
    callback: str | None  # its name, or null: it passes on what it is given
    errback: str | None
    resumes: int | None = None  # number of the Deferred whose generator goes on here
    joins: int | None = None  # number of the DeferredList that learns of the result here
    by: Literal["stage", "library"] | None = None  # who added it
    extra: bool = False  # true where its functions get more than the result


@kind
class Fired(Placed):
    deferred: int
    value: str  # its result, in short
    failed: bool = False  # true where it is a failure
    again: bool = False  # true where it had been fired before


@kind
class Runs(Event):
    """A handler, not one that only passes on, is about to be called."""

    deferred: int
    pair: int
    side: Literal["callback", "errback"]
    function: str | None = None  # name of the handler
    took: str  # what it is given, in short


@kind
class Ran(Event):
    deferred: int
    pair: int
    side: Literal["callback", "errback"]
    function: str | None = None  # null: it passed on what it was given
    took: str | None = None
    how: Literal["returned", "raised", "passed"] | None = None
    gave: str  # what it returned or raised, in short
    failed: bool = False  # true where that is a failure


@kind
class Paused(Event):
    deferred: int  # it waits
    on: int  # number of the Deferred that it waits on
    line: int | None = None  # where its generator waits


@kind
class Resumed(Event):
    deferred: int  # it goes on
    on: int
    value: str  # the result that it got from there, in short
    failed: bool = False


@kind
class Cancelled(Placed):
    deferred: int  # somebody called its cancel
    called: bool = False  # true where it had been fired already


@kind
class Unhandled(Event):
    deferred: int  # it was forgotten with a failure
    value: str  # the failure, in short


@kind
class Join(Event):
    deferred: int  # number of the Deferred that waits for all, or one, of several
    of: list[int]  # their numbers
    by: str  # DeferredList or gatherResults


@kind
class Unseen(Event):
    """On this Twisted the trace can't show all that it shows on others."""

    twisted: str  # its version
    what: list[str]  # what is not shown: keys of NAMES in companion.probe.twisted_names
    names: list[str]  # the names that this Twisted has not


NUMBER = (int, float)


@dataclass(frozen=True, slots=True)
class FieldType:
    """Which types a field's value may have, whether it may be absent, and where it is a word, which
    there are."""

    types: tuple[type, ...]
    optional: bool
    words: tuple[str, ...] = ()

    def allows(self, value: object) -> bool:
        """Whether the field may have this value."""
        known = value is None or not self.words or value in self.words
        return isinstance(value, self.types) and known


@cache
def fields_of(kind: str) -> Mapping[str, FieldType]:
    """The fields of a kind, by name; but `t` and `stage`, which every record has."""
    made = KINDS[kind]
    return {
        name: field_type(hint, optional=getattr(made, name, MISSING) is not MISSING)
        for name, hint in get_type_hints(made).items()
        if name not in ("t", "stage", "kind")
    }


def field_type(hint: Any, optional: bool) -> FieldType:
    """What may stand where a class says this."""
    options = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    words = [get_args(option) for option in options if get_origin(option) is Literal]
    types = {one for option in options for one in types_of(option)}
    return FieldType(tuple(types), optional, tuple(chain.from_iterable(words)))


def types_of(option: Any) -> tuple[type, ...]:
    """The types of one of these: a whole number's also for another, and so back."""
    if get_origin(option) is Literal:
        return (str,)
    return NUMBER if option in NUMBER else (get_origin(option) or option,)


class EventError(ValueError):
    """A kept run holds a line that is not an event."""


def checked(event: Event) -> Event:
    """The event, if it has what its kind has and nothing else, each of its type and its words.
    Raises EventError."""
    has, known = vars(event), fields_of(event.kind)
    for name, wanted in known.items():
        if name not in has and not wanted.optional:
            raise EventError(f"an event of kind {event.kind} has no {name}")
    for name in has.keys() - {"t", "stage"}:
        if name not in known or not known[name].allows(has[name]):
            raise EventError(f"an event of kind {event.kind} has {has[name]!r} as its {name}")
    return event


def event_of(t: float, stage: str, kind: str, fields: Mapping[str, Any]) -> Event:
    """The event of this kind, with these fields, unchecked: for what the tool itself emits."""
    return KINDS[kind](t, stage, **fields)


def event_from_json(line: str) -> Event | None:
    """Read one line back; None where its kind is not known. Raises EventError where it is no event,
    or not what its kind is."""
    try:
        record = json.loads(line)
        t, stage, kind = record.pop("t"), record.pop("stage"), record.pop("kind")
    except (ValueError, KeyError, AttributeError, TypeError):
        raise EventError(f"not an event: {line.strip()[:60]!r}") from None
    if not (isinstance(t, int | float) and isinstance(stage, str) and isinstance(kind, str)):
        raise EventError(f"not an event: {line.strip()[:60]!r}")
    if kind not in KINDS:
        return None
    known = fields_of(kind)
    kept = {name: value for name, value in record.items() if name in known}
    return checked(event_of(float(t), stage, kind, kept))


def read_events(lines: Iterable[str]) -> Iterator[Event]:
    """Every event of a kept run, in its order. Raises EventError with the number of a bad line."""
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                event = event_from_json(line)
            except EventError as err:
                raise EventError(f"line {number}: {err}") from None
            if event:
                yield event


def write_events(events: Iterable[Event], file: IO[str]) -> None:
    """Keep a run: one line of JSON an event."""
    for event in events:
        file.write(event.to_json() + "\n")
