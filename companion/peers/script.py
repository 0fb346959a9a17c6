"""The script: what one scripted server or client does, and when.

The same scripts are played in simulated and in real time, by `companion.peers.playing` on whoever
has the connection: so a test can hold one against the other. What is played:

- A server calls `steps` for each connection, and takes each step at its time, counted from the
  moment when it takes up the connection. Whatever the stage sends is read at once; it is thrown
  away unless there is an `answer`. A step that can't be taken, since the stage reads too slowly,
  waits until it can; steps whose time has passed meanwhile follow at once. CLOSE is the clean end
  of a connection, after everything has been sent; RESET cuts it, END closes the sending side alone.
- When the steps are over without CLOSE or RESET, the connection stays open and silent.
- `one_at_a_time`: the others are connected but wait, in their order, until the one before them
  has ended, from whichever side.
- `answer` is called with everything received so far, whenever something has come; as soon as it
  gives steps, these are played (times counted from that moment) and it is not called again.
- `connect`: see Script. A client does the same on its own side; see Client.

A script can be pickled as long as its functions stand in a module; its steps may be endless.
"""

import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

CLOSE: Literal["close"] = "close"
RESET: Literal["reset"] = "reset"
END: Literal["end"] = "end"
# Where scripted servers are for a stage in virtual time: the first, and then the next ports.
FIRST_PORT = 10000
UNKNOWN_HOST = "no-such-host.invalid"
NUM_BYTES, DELAY = 10, 0.1  # what the slow server sends at a time, and its pause in seconds
Action = bytes | Literal["close", "reset", "end"]
# Seconds since the connection was taken up, and what happens then.
TimedAction = tuple[float, Action]


@dataclass(frozen=True)
class Script:
    """How a server answers connections; `steps` is called anew for each of them.

    `connect` is how a connection fares: accepted at once, refused, accepted after `wait` seconds,
    or never found by its name (`unknown`). `poem` and `size` (bytes) are in the open event.
    """

    steps: Callable[[], Iterable[TimedAction]] = tuple
    connect: Literal["accept", "refuse", "slow", "unknown"] = "accept"
    wait: float = 0.0
    one_at_a_time: bool = False
    answer: Callable[[bytes], Iterable[TimedAction] | None] | None = None
    poem: str = ""
    size: int = 0
    port: int = 0  # 0 for the next from FIRST_PORT in virtual time, in real time for a free one


def slow_steps(poem: bytes, num_bytes: int, delay: float, last: Action) -> Iterator[TimedAction]:
    """A poem in pieces of `num_bytes`, `delay` seconds apart, then the last action."""
    starts = range(0, len(poem), num_bytes)
    for number, start in enumerate(starts):
        yield number * delay, poem[start : start + num_bytes]
    yield len(starts) * delay, last


def endless_steps(data: bytes, delay: float) -> Iterator[TimedAction]:
    """The same data each `delay` seconds, for ever."""
    return ((number * delay, data) for number in itertools.count())


def slow(poem: bytes, num_bytes: int = NUM_BYTES, delay: float = DELAY) -> Script:
    """The slow server: num_bytes, a pause of delay seconds, and so on, and a pause before the end.

    As blocking-server/slowpoetry.py does it, so a poem takes delay times its number of chunks.
    """
    steps = partial(slow_steps, poem, num_bytes, delay, CLOSE)
    return Script(steps, one_at_a_time=True, size=len(poem))


def fast(poem: bytes) -> Script:
    """The whole poem at once, and the end."""
    return replace(schedule((0.0, poem), (0.0, CLOSE)), size=len(poem))


def schedule(*steps: TimedAction) -> Script:
    """Exactly these steps."""
    return Script(partial(tuple, steps))


def reset_at(poem: bytes, count: int, num_bytes: int = NUM_BYTES, delay: float = DELAY) -> Script:
    """The slow server, until count bytes are sent; one delay later the connection is reset."""
    steps = partial(slow_steps, poem[:count], num_bytes, delay, RESET)
    return Script(steps, one_at_a_time=True, size=len(poem))


def silence() -> Script:
    """Accepts, and says nothing, for ever."""
    return Script()


def refused() -> Script:
    """Nobody listens on the port."""
    return Script(connect="refuse")


def unknown_name() -> Script:
    """A host name that does not resolve."""
    return Script(connect="unknown")


def slow_connect(script: Script, wait: float) -> Script:
    """The same server, but a connection takes wait seconds to be made."""
    return replace(script, connect="slow", wait=wait)


def endless(data: bytes = b"la " * 1000, delay: float = 0.001) -> Script:
    """A server that never stops sending: data, each delay seconds, for ever."""
    return Script(partial(endless_steps, data, delay))


def reply(
    steps: tuple[TimedAction, ...], request: bytes | None, received: bytes
) -> tuple[TimedAction, ...] | None:
    """The steps, where this request, or any if None, has come; None while it has not."""
    return steps if request in (None, received) else None


def answering(*steps: TimedAction, request: bytes | None = None) -> Script:
    """A server that takes these steps once something, or just this request, has come."""
    return Script(answer=partial(reply, steps, request))


def transforming(received: bytes) -> tuple[TimedAction, ...] | None:
    """What a transform server answers to a netstring `cummingsify.POEM`; nothing to any other."""
    size, colon, rest = received.partition(b":")
    if not colon and (size.isdigit() or not size):
        return None
    if not size.isdigit() or rest[int(size) : int(size) + 1] not in (b",", b""):
        return ((0.0, CLOSE),)
    if len(rest) <= int(size):
        return None
    name, _, poem = rest[: int(size)].partition(b".")
    if name != b"cummingsify":
        return ((0.0, CLOSE),)
    reply = poem.decode(errors="replace").lower().encode()
    return (0.0, b"%d:%s," % (len(reply), reply)), (0.0, CLOSE)


def transform() -> Script:
    """The transform server: one request, its answer, and the end."""
    return Script(answer=transforming)


@dataclass(frozen=True)
class Client:
    """A scripted client: connects `at` seconds to the stage's port, or to its first where 0.

    `steps` are its sends and its end, in seconds since it is connected: CLOSE leaves, RESET leaves
    with a reset, END closes its sending side alone (as `nc -N`). It reads what comes at once; with
    `every`, at most `num_bytes` each `every` seconds; with num_bytes 0 never. It leaves
    after `leave_at` bytes, where that is not 0, and else stays until the stage ends the connection.
    A `guest` stays away from a program that has connected to itself.
    """

    at: float = 0.0
    steps: tuple[TimedAction, ...] = ()
    port: int = 0
    num_bytes: int = 65536
    every: float = 0.0
    leave_at: int = 0
    guest: bool = False


def reader(at: float = 0.0) -> Client:
    """Connects and reads to the end."""
    return Client(at)


def deaf(at: float = 0.0) -> Client:
    """Connects, and never reads."""
    return Client(at, num_bytes=0)


def leaver(after: float = 0.0, leave_at: int = 0, at: float = 0.0) -> Client:
    """Leaves after so many seconds or, where leave_at is given, bytes."""
    return Client(at, () if leave_at else ((after, CLOSE),), leave_at=leave_at)


def sender(*data: bytes, every: float = 0.0, end: bool = False, at: float = 0.0) -> Client:
    """Sends each data, `every` seconds apart, closes its sending side where end, and reads."""
    steps: list[TimedAction] = [(number * every, piece) for number, piece in enumerate(data)]
    return Client(at, (*steps, ((len(data) - 1) * every, END)) if end else tuple(steps))
