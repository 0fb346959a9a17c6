"""The event: what happens in a run, as flat records that every view is made from.

A kept run is a text file of JSON objects, one a line (UTF-8). Every record has `t` (seconds since
the run began, a float), `stage` (the id of the stage it happened in) and `kind`; the other fields
belong to the kind, and stand in its class. Readers skip kinds and fields that they do not know.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import IO, Any, Literal, NotRequired, TypedDict, get_args, get_origin, get_type_hints

# How a run ends: by itself, waiting for what never comes, at the limit of its time, in a call that
# is not simulated, refused by name, computing without a wait, by a mistake of the tool's.
RunEnd = Literal["exit", "waits for ever", "still runs", "blocks", "not covered", "busy", "broken"]
# How a connection ends: cleanly, by its server; cut; never made; by the client, early.
ConnectionEnd = Literal["done", "reset", "refused", "left"]
# The kinds of event, a class each: the documentation of the file format, from which KINDS and the
# check of a kept run derive. `lane` is the number of a server in the stage's command line, from 1;
# `client`, in its place, that of a scripted client of a server stage, from 1. `line` is a line of
# the stage, in `function`; both are absent where the library did it. Any kind may have `thread`,
# the number of the thread that it happened in, from 1; it is absent in the main one. In a trace any
# may have `task`, the name of that thread, if the program gave it one, or of asyncio's task.


class Placed(TypedDict, total=False):
    line: int
    function: str  # its name, as Class.method where it is one; <module> is the script itself


class Ended(TypedDict, total=False):
    lane: int
    client: int


class Start(TypedDict):
    argv: list[str]  # the command as typed
    pid: NotRequired[int]  # process id; absent in simulated time, and only there
    lanes: NotRequired[list[Any]]  # in a race: for each server its poem's name and size in bytes


class Print(Placed):
    text: str  # one line, without its end
    stream: Literal["stdout", "stderr"]


class Exit(TypedDict):
    status: int  # exit status, or minus the signal's number
    cpu: NotRequired[float | None]  # CPU time, user and system, in seconds; in a race
    rss: NotRequired[int | None]  # peak resident memory in bytes; in a race, and from 11 MB on
    how: NotRequired[RunEnd]


class Wait(Placed):
    call: str  # what is waited in, from t on: select, poll, epoll, recv, sleep, ...
    # Seconds since the run began, or null: it waits for ever, or when the run was ended. In real
    # time a wait of less than 0.01 seconds is left out.
    until: float | None
    by: NotRequired[Literal["reactor", "stage"]]  # in a trace, whose wait it is


class Interrupt(TypedDict):
    """The run was broken off while this stage was running."""


class Listen(TypedDict):
    lane: int
    poem: str  # name of the poem it will send
    size: int  # of the poem, in bytes
    num_bytes: int  # that it sends at a time
    delay: float  # seconds between two sends, and after the last
    reads: bool  # whether read events will show what the stage takes from the kernel


class Open(Ended):
    poem: NotRequired[str]  # name of the poem that the server sends
    size: NotRequired[int]  # of the poem, in bytes


class Sent(Ended):
    bytes: int  # that left the server, or the client


class Got(TypedDict):
    client: int
    bytes: int  # that the client took


class Read(Ended):
    bytes: int  # that the stage took from the kernel


class Close(Ended):
    how: ConnectionEnd


class Lost(Ended):
    """After close: the stage left with bytes unread, in real time."""


# The kinds from here on are emitted by companion.probe: what the stage's own code does.


class Enter(Ended):
    # Number of this stay in a function of the stage, from 1. fileno and logPrefix, which the
    # library asks a reader for again and again, are left out.
    call: int
    function: str
    line: int  # where the function begins, or goes on
    at: NotRequired[int]  # the line that calls it, or that the library calls it for
    # Who calls it: the library in a call of the stage's, the reactor of its own; or what begins or
    # goes on.
    by: Literal["stage", "library", "reactor", "thread", "task", "start"]
    deferred: NotRequired[int]  # the Deferred that stands for this generator or coroutine
    resumed: NotRequired[bool]  # true where a generator or coroutine goes on
    given: NotRequired[list[str]]  # functions of the stage among its arguments, but for self


class Leave(TypedDict):
    call: int  # as in enter
    function: str
    how: Literal["returned", "yielded", "raised"]
    value: str  # what it returned, yielded or raised, in short
    line: int  # where it left


class Reactor(Placed):
    does: Literal["runs", "returns"]  # the stage calls its run; or gets the control back


class Misuse(Placed):
    """A method of a transport is called in another thread than the reactor's."""

    calls: str  # its name


class Closing(Ended, Placed):
    """The stage asks its transport for the end of a connection."""


class Timer(Placed):
    timer: int  # number of a delayed call that the stage asked for, or that calls it
    delay: float  # in seconds
    calls: str  # name of the function that will be called


class TimerFired(TypedDict):
    timer: int  # its function is about to be called


class TimerCancelled(Placed):
    timer: int


class Deferred(Placed):
    deferred: int  # number of a Deferred that the stage made or was given, from 1
    generator: NotRequired[str]  # the function whose generator or coroutine it stands for


class Pair(Placed):
    deferred: int
    pair: int  # number of the pair in the chain, from 1
    callback: str | None  # its name, or null: it passes on what it is given
    errback: str | None
    resumes: NotRequired[int]  # number of the Deferred whose generator goes on here
    joins: NotRequired[int]  # number of the DeferredList that learns of the result here
    by: NotRequired[Literal["stage", "library"]]  # who added it
    extra: NotRequired[bool]  # true where its functions get more than the result


class Fired(Placed):
    deferred: int
    value: str  # its result, in short
    failed: NotRequired[bool]  # true where it is a failure
    again: NotRequired[bool]  # true where it had been fired before


class Runs(TypedDict):
    """A handler, not one that only passes on, is about to be called."""

    deferred: int
    pair: int
    side: Literal["callback", "errback"]
    function: NotRequired[str | None]  # name of the handler
    took: str  # what it is given, in short


class Ran(TypedDict):
    deferred: int
    pair: int
    side: Literal["callback", "errback"]
    function: NotRequired[str | None]  # null: it passed on what it was given
    took: NotRequired[str]
    how: NotRequired[Literal["returned", "raised", "passed"]]
    gave: str  # what it returned or raised, in short
    failed: NotRequired[bool]  # true where that is a failure


class Paused(TypedDict):
    deferred: int  # it waits
    on: int  # number of the Deferred that it waits on
    line: NotRequired[int]  # where its generator waits


class Resumed(TypedDict):
    deferred: int  # it goes on
    on: int
    value: str  # the result that it got from there, in short
    failed: NotRequired[bool]


class Cancelled(Placed):
    deferred: int  # somebody called its cancel
    called: NotRequired[bool]  # true where it had been fired already


class Unhandled(TypedDict):
    deferred: int  # it was forgotten with a failure
    value: str  # the failure, in short


class Join(TypedDict):
    deferred: int  # number of the Deferred that waits for all, or one, of several
    of: list[int]  # their numbers
    by: str  # DeferredList or gatherResults


class Unseen(TypedDict):
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


def fields_of(kind: Any) -> dict[str, FieldType]:
    """The fields of a kind's class, by name."""
    found = {}
    for name, hint in get_type_hints(kind).items():
        optional = name in kind.__optional_keys__
        if get_origin(hint) is Literal:
            found[name] = FieldType((str,), optional, get_args(hint))
            continue
        options = (hint,) if get_origin(hint) is list else get_args(hint) or (hint,)
        types = {one for option in options for one in types_of(option)}
        found[name] = FieldType(tuple(types), optional)
    return {**found, "thread": FieldType(NUMBER, True), "task": FieldType((str,), True)}


def types_of(option: Any) -> tuple[type, ...]:
    """What may stand where a class says this: a whole number also for another, and so back."""
    return NUMBER if option in NUMBER else (get_origin(option) or option,)


KINDS = {
    re.sub(r"(?<=[a-z])(?=[A-Z])", "_", kind.__name__).lower(): fields_of(kind)
    for kind in (
        *(Start, Print, Exit, Wait, Interrupt, Listen, Open, Sent, Got, Read, Close, Lost),
        *(
            Enter,
            Leave,
            Reactor,
            Misuse,
            Closing,
            Timer,
            TimerFired,
            TimerCancelled,
            Deferred,
            Pair,
            Fired,
        ),
        *(Runs, Ran, Paused, Resumed, Cancelled, Unhandled, Join, Unseen),
    )
}


class EventError(ValueError):
    """A kept run holds a line that is not an event."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened; `t` is in seconds since the run began."""

    t: float
    stage: str
    kind: str
    fields: Mapping[str, Any] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Any:
        return self.fields[name]

    @property
    def record(self) -> dict[str, Any]:
        """The event as the flat record that is kept."""
        return {"t": round(self.t, 6), "stage": self.stage, "kind": self.kind, **self.fields}

    def to_json(self) -> str:
        """The event as one line of JSON, without its end."""
        return json.dumps(self.record, ensure_ascii=False)


def checked(event: Event) -> Event:
    """The event, if it has what its kind has, each of its type and its words. Raises EventError."""
    for name, wanted in KINDS.get(event.kind, {}).items():
        if name not in event.fields:
            if not wanted.optional:
                raise EventError(f"an event of kind {event.kind} has no {name}")
            continue
        value = event[name]
        if not isinstance(value, wanted.types) or (wanted.words and value not in wanted.words):
            raise EventError(f"an event of kind {event.kind} has {value!r} as its {name}")
    return event


def event_from_json(line: str) -> Event:
    """Read one line back. Raises EventError where it is no event."""
    try:
        record = json.loads(line)
        t, stage, kind = record.pop("t"), record.pop("stage"), record.pop("kind")
    except (ValueError, KeyError, AttributeError, TypeError):
        raise EventError(f"not an event: {line.strip()[:60]!r}") from None
    if not (isinstance(t, int | float) and isinstance(stage, str) and isinstance(kind, str)):
        raise EventError(f"not an event: {line.strip()[:60]!r}")
    return Event(float(t), stage, kind, record)


def read_events(lines: Iterable[str]) -> Iterator[Event]:
    """Every event of a kept run, in its order. Raises EventError with the number of a bad line."""
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                yield event_from_json(line)
            except EventError as err:
                raise EventError(f"line {number}: {err}") from None


def write_events(events: Iterable[Event], file: IO[str]) -> None:
    """Keep a run: one line of JSON an event."""
    for event in events:
        file.write(event.to_json() + "\n")
