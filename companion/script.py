"""The script: what one scripted server does to whoever connects, and when.

The same script is played in simulated time by `companion.clock` and in real time, on a real
socket, by `companion.servers`: so a test can hold one against the other.
"""

import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

CLOSE: Literal["close"] = "close"
RESET: Literal["reset"] = "reset"
Action = bytes | Literal["close", "reset"]
# Seconds since the connection was accepted, and what happens then.
Step = tuple[float, Action]


@dataclass(frozen=True)
class Script:
    """How a server answers connections; `steps` is called anew for each of them.

    `connect` is how a connection fares: accepted at once, refused, accepted after `wait` seconds,
    or never found by its name (`unknown`). Steps without CLOSE or RESET leave it open for ever.
    """

    steps: Callable[[], Iterable[Step]] = tuple
    connect: Literal["accept", "refuse", "slow", "unknown"] = "accept"
    wait: float = 0.0
    one_at_a_time: bool = False


def slow(poem: bytes, num_bytes: int = 10, delay: float = 0.1) -> Script:
    """The slow server: num_bytes, a pause of delay seconds, and so on, and a pause before the end.

    As blocking-server/slowpoetry.py does it, so a poem takes delay times its number of chunks.
    """

    def steps() -> Iterator[Step]:
        starts = range(0, len(poem), num_bytes)
        for number, start in enumerate(starts):
            yield number * delay, poem[start : start + num_bytes]
        yield len(starts) * delay, CLOSE

    return Script(steps, one_at_a_time=True)


def fast(poem: bytes) -> Script:
    """The whole poem at once, and the end."""
    return Script(lambda: ((0.0, poem), (0.0, CLOSE)))


def schedule(*steps: Step) -> Script:
    """Exactly these steps."""
    return Script(lambda: steps)


def reset_at(poem: bytes, count: int, num_bytes: int = 10, delay: float = 0.1) -> Script:
    """The slow server, until count bytes are sent and the connection is reset."""

    def steps() -> Iterator[Step]:
        t = 0.0
        for t, action in slow(poem[:count], num_bytes, delay).steps():
            if action != CLOSE:
                yield t, action
        yield t, RESET

    return Script(steps)


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
    return Script(script.steps, "slow", wait, script.one_at_a_time)


def endless(data: bytes = b"la " * 1000, delay: float = 0.001) -> Script:
    """A server that never stops sending: data, each delay seconds, for ever."""
    return Script(lambda: ((number * delay, data) for number in itertools.count()))
