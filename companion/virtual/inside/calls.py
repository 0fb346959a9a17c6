"""The calls that a program waits in, or reads the time in, made anew on the simulated clock.

REPLACED is the table of them. They are put in place before Twisted, or anything else that keeps a
reference to one of them, is imported. A call that is not in the table and really blocks is found
out by the process that watches this one.
"""

import datetime
import faulthandler
import inspect
import itertools
import os
import random
import select
import selectors
import socket
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from operator import index
from select import POLLOUT
from types import BuiltinFunctionType
from typing import Any

from companion.virtual.inside import alarms, limits, sockets, threads
from companion.virtual.inside.clock import EPOCH, clock
from companion.virtual.inside.tracebacks import dump_traceback, is_harness

real_epoll, real_poll, real_select = getattr(select, "epoll", None), select.poll, select.select


# Time.


def sleep(seconds: float) -> None:
    """time.sleep, in simulated seconds."""
    if not isinstance(seconds, int | float):
        seconds = index(seconds)
    if seconds != seconds:
        raise ValueError("Invalid value NaN (not a number)")
    if seconds < 0:
        raise ValueError("sleep length must be non-negative")
    if seconds >= 2**63:
        raise OverflowError("timestamp out of range for platform time_t")
    if seconds > LONGEST:
        raise OverflowError("timestamp too large to convert to C _PyTime_t")
    clock.wait("sleep", lambda: None, seconds)


LONGEST = 2**63 / 1e9  # seconds that fit into 64 bits of nanoseconds


def clock_gettime(number: int) -> float:
    """time.clock_gettime; what is no clock of the day or since the start is CPU time, and real."""
    if number in (time.CLOCK_REALTIME, getattr(time, "CLOCK_TAI", -1)):
        return EPOCH + clock.monotonic()
    if number in SINCE_START:
        return clock.monotonic()
    return real_gettime(number)


SINCE_START = {
    getattr(time, f"CLOCK_{name}", -1)
    for name in ("MONOTONIC", "MONOTONIC_RAW", "BOOTTIME", "UPTIME_RAW", "HIGHRES")
}
real_gettime = time.clock_gettime


def broken_down(call: Callable[..., Any]) -> Callable[..., Any]:
    """time.localtime and its like: without a time they take the present one."""
    return lambda seconds=None: call(EPOCH + clock.monotonic() if seconds is None else seconds)


def times() -> os.times_result:
    """os.times: what has passed is simulated, the CPU time is real."""
    return os.times_result((*real_times()[:4], clock.monotonic()))


real_times = os.times


def strftime(form: str, *t: Any) -> str:
    return real_strftime(form, *(t or (time.localtime(),)))


real_strftime = time.strftime


def asctime(*t: Any) -> str:
    return real_asctime(*(t or (time.localtime(),)))


real_asctime = time.asctime


class Instances(type):
    def __instancecheck__(cls, value: object) -> bool:
        return isinstance(value, cls.__mro__[1])

    def __subclasscheck__(cls, other: type) -> bool:
        return issubclass(other, cls.__mro__[1])


class Datetime(datetime.datetime, metaclass=Instances):
    """datetime.datetime, whose now is the clock's."""

    @classmethod
    def now(cls, tz: datetime.tzinfo | None = None) -> Any:
        return cls.fromtimestamp(EPOCH + clock.monotonic(), tz)

    @classmethod
    def utcnow(cls) -> Any:
        return cls.now(datetime.UTC).replace(tzinfo=None)

    @classmethod
    def today(cls) -> Any:
        return cls.now()

    def __repr__(self) -> str:
        return named_fully(Datetime, self, super().__repr__())


class Date(datetime.date, metaclass=Instances):
    @classmethod
    def today(cls) -> Any:
        return cls.fromtimestamp(EPOCH + clock.monotonic())

    def __repr__(self) -> str:
        return named_fully(Date, self, super().__repr__())


def named_fully(cls: type, value: object, shown: str) -> str:
    """How datetime shows a value: with the module where it is of its own class."""
    return f"datetime.{shown}" if type(value) is cls else shown


for virtual, name in ((Datetime, "datetime"), (Date, "date")):
    virtual.__name__ = virtual.__qualname__ = name
    virtual.__module__ = "datetime"


# Waiting for many descriptors: all that are ready are handed out in one call, in the order in which
# the kernel has them. Only where a program asks select about a set, which has no order, it is that
# of their numbers.


def virtual_select(
    reads: Iterable[Any],
    writes: Iterable[Any],
    excepts: Iterable[Any],
    timeout: float | None = None,
) -> tuple[list[Any], list[Any], list[Any]]:
    """select.select, in the order in which descriptors are asked for."""
    if timeout is not None and timeout < 0:
        raise ValueError("timeout must be non-negative")
    asked = in_order(reads), in_order(writes), in_order(excepts)

    def poll() -> list[list[Any]] | None:
        found: Sequence[list[Any]] = real_select(*asked, 0)
        net = sockets.net
        if net.connecting or net.full:
            net.look_for_room()
            hidden = net.connecting, net.connecting | net.full.keys(), net.connecting
            found = [
                [item for item in some if number_of(item) not in none]
                for some, none in zip(found, hidden, strict=True)
            ]
        return [*found] if any(found) else None

    read, write, other = clock.wait("select", poll, timeout) or ([], [], [])
    return read, write, other


def in_order(items: Iterable[Any]) -> list[Any]:
    return sorted(items, key=number_of) if isinstance(items, Set) else list(items)


def number_of(item: Any) -> int:
    return item if isinstance(item, int) else int(item.fileno())


def read(fd: int, size: int) -> bytes:
    """os.read, of a pipe for example."""
    if os.get_blocking(fd):
        poll = real_poll()
        poll.register(fd, select.POLLIN)
        clock.wait("read", lambda: poll.poll(0))
    return real_read(fd, size)


real_read = os.read


class Poll:
    """select.poll."""

    def __init__(self) -> None:
        self.real: Any = real_poll()
        self.register, self.unregister = self.real.register, self.real.unregister
        self.modify = self.real.modify

    def poll(self, timeout: float | None = None) -> list[tuple[int, int]]:
        seconds = None if timeout is None or timeout < 0 else timeout / 1000
        return clock.wait("poll", lambda: sockets.in_fact(self.real.poll(0)), seconds) or []


ONESHOT = getattr(select, "EPOLLONESHOT", 0)


class Epoll:
    """select.epoll."""

    def __init__(self, sizehint: int = -1, flags: int = 0, fd: int | None = None) -> None:
        assert real_epoll is not None
        self.real = real_epoll() if fd is None else real_epoll.fromfd(fd)
        self.unregister = self.real.unregister
        self.fileno, self.close = self.real.fileno, self.real.close
        self.once: dict[int, int] = {}  # descriptors that are reported once, and for what

    @classmethod
    def fromfd(cls, fd: int) -> "Epoll":
        return cls(fd=fd)

    @property
    def closed(self) -> bool:
        return bool(self.real.closed)

    def __enter__(self) -> "Epoll":
        return self

    def __exit__(self, *args: object) -> None:
        self.close()

    def register(self, fd: Any, eventmask: int = select.POLLIN | select.POLLPRI | POLLOUT) -> None:
        self.real.register(fd, eventmask)
        if eventmask & ONESHOT:
            self.once[number_of(fd)] = eventmask

    def modify(self, fd: Any, eventmask: int) -> None:
        self.real.modify(fd, eventmask)
        if eventmask & ONESHOT:
            self.once[number_of(fd)] = eventmask

    def poll_now(self, most: int) -> list[tuple[int, int]]:
        """What is ready; what is reported once, but not now, is reported when it is so."""
        found: list[tuple[int, int]] = self.real.poll(0, most)
        if not found or not (sockets.net.full or sockets.net.connecting):
            return found
        ready = sockets.in_fact(found)
        for fd in {fd for fd, _ in found} - {fd for fd, _ in ready}:
            if fd in self.once:
                self.real.modify(fd, self.once[fd])
        return ready

    def poll(self, timeout: float | None = None, maxevents: int = -1) -> list[tuple[int, int]]:
        seconds = None if timeout is None or timeout < 0 else timeout
        hidden = len(sockets.net.connecting) + len(sockets.net.full)
        most = maxevents + hidden if maxevents > 0 else maxevents
        ready = clock.wait("epoll", lambda: self.poll_now(most), seconds) or []
        return ready[:maxevents] if most > maxevents else ready


def remove_all(original: Callable[..., list[Any]]) -> Callable[..., list[Any]]:
    """A reactor's last look at who is open, in the order of their numbers: it makes it a set."""

    def remove(reactor: Any, readers: Iterable[Any], writers: Iterable[Any]) -> list[Any]:
        order = {item: item.fileno() for item in (*readers, *writers)}
        return sorted(original(reactor, readers, writers), key=order.__getitem__)

    return remove


def name_of(task: Any) -> tuple[int, str]:
    name = task.get_name()
    return len(name), name


class InOrder(set[Any]):
    """asyncio's tasks, in the order of their names, which are numbers where nobody gave them any:
    at Ctrl-C it cancels them in the order of the set."""

    def __iter__(self) -> Iterator[Any]:
        return iter(sorted(super().__iter__(), key=name_of))


def in_order_of_names(call: Callable[..., set[Any]]) -> Callable[..., set[Any]]:
    return lambda loop=None: InOrder(call(loop))


# What is printed of the stack: the stage's frames and the library's.


def without_harness(extract: Callable[..., Any]) -> Any:
    """The one place of the traceback module that every printed stack comes from."""

    def extract_rest(cls: type, /, frames: Iterable[Any], **kwargs: Any) -> Any:
        rest = (pair for pair in frames if not is_harness(pair[0].f_code.co_filename))
        return extract(rest, **kwargs)

    return classmethod(extract_rest)


def format_frames(original: Callable[..., None]) -> Callable[..., None]:
    """The frames of a printed Failure."""

    def format(frames: Iterable[Any], write: Any, detail: str = "default") -> None:
        original([frame for frame in frames if not is_harness(frame[1])], write, detail)

    return format


def outer_frames(frame: Any, context: int = 1) -> list[Any]:
    """inspect.getouterframes."""
    return [one for one in real_outer_frames(frame, context) if not is_harness(one.filename)]


real_outer_frames = inspect.getouterframes
EXTRACT = "_extract_from_extended_frame_gen"


# Chance.

outcomes: list[int | str] = []


def choice(sequence: Sequence[Any]) -> Any:
    """random.choice, with outcomes from outside: a place in the sequence or a function's name;
    the last of them holds for all further calls."""
    if not outcomes:
        return real_choice(sequence)
    outcome = outcomes.pop(0) if len(outcomes) > 1 else outcomes[0]
    if isinstance(outcome, int):
        return sequence[outcome]
    return next(item for item in sequence if getattr(item, "__name__", item) == outcome)


real_choice = random.choice


def seed(generator: Any, a: Any = None, version: int = 2) -> None:
    """Random.seed, whose chance is the same in every run where nobody gives it a seed."""
    real_seed(generator, next(seeds) if a is None else a, version)


real_seed, seeds = random.Random.seed, itertools.count()
noise = random.Random(0)


def urandom(size: int) -> bytes:
    """os.urandom, whose bytes are the same in every run."""
    return noise.randbytes(size)


REPLACED: list[tuple[Any, str, Any]] = [
    (time, "time", lambda: EPOCH + clock.monotonic()),
    (time, "time_ns", lambda: round((EPOCH + clock.monotonic()) * 1e9)),
    *((time, name, clock.monotonic) for name in ("monotonic", "perf_counter")),
    *(
        (time, name, lambda: round(clock.monotonic() * 1e9))
        for name in ("monotonic_ns", "perf_counter_ns")
    ),
    *((time, name, broken_down(getattr(time, name))) for name in ("localtime", "gmtime", "ctime")),
    (time, "strftime", strftime),
    (time, "asctime", asctime),
    (time, "clock_gettime", clock_gettime),
    (time, "clock_gettime_ns", lambda number: round(clock_gettime(number) * 1e9)),
    (time, "sleep", sleep),
    (datetime, "datetime", Datetime),
    (datetime, "date", Date),
    (random.Random, "seed", seed),
    (select, "select", virtual_select),
    (select, "poll", Poll),
    (select, "epoll", Epoll),
    (selectors.SelectSelector, "_select", staticmethod(virtual_select)),
    (selectors.PollSelector, "_selector_cls", Poll),
    (getattr(selectors, "EpollSelector", None), "_selector_cls", Epoll),
    (selectors, "DefaultSelector", getattr(selectors, "EpollSelector", selectors.PollSelector)),
    *((socket.socket, name, getattr(sockets, name)) for name in sockets.METHODS),
    *threads.REPLACED,
    *limits.REPLACED,
    *alarms.REPLACED,
    (os, "read", read),
    (os, "times", times),
    (os, "urandom", urandom),
    (random, "_urandom", urandom),
    (socket, "getaddrinfo", sockets.getaddrinfo),
    (socket, "gethostbyname", lambda host: sockets.net.find(host)),
    (socket, "gethostbyaddr", sockets.gethostbyaddr),
    (socket, "gethostbyname_ex", lambda host: (host, [], [sockets.net.find(host)])),
]
REPLACED_ALWAYS: list[tuple[Any, str, Any]] = [
    (traceback.StackSummary, EXTRACT, without_harness(getattr(traceback.StackSummary, EXTRACT))),
    (inspect, "getouterframes", outer_frames),
    (faulthandler, "dump_traceback", dump_traceback),
    (random, "choice", choice),
]
# In real time only: a name that is reserved as unknown is so without a question to the network.
RESERVED_NAMES: list[tuple[Any, str, Any]] = [
    (socket, name, sockets.unknown_if_reserved(getattr(socket, name)))
    for name in ("getaddrinfo", "gethostbyname")
]


def replaced_later(virtual: bool) -> list[tuple[Any, str, Any]]:
    """What belongs to the tables, but can be imported only when the rest of it is in place."""
    import asyncio

    from twisted._threads import Team
    from twisted.internet.posixbase import PosixReactorBase
    from twisted.python import failure

    from companion.virtual.inside import ties

    always = [(failure, "format_frames", format_frames(failure.format_frames))]
    removed = (PosixReactorBase, "_removeAll", remove_all(PosixReactorBase._removeAll))
    team = (Team, "__init__", threads.with_resting(Team.__init__))
    tasks = [
        (one, "all_tasks", in_order_of_names(asyncio.all_tasks)) for one in (asyncio, asyncio.tasks)
    ]
    return [*always, removed, team, *tasks, *ties.replaced()] if virtual else always


def replace(table: Iterable[tuple[Any, str, Any]]) -> None:
    """Put the calls in place."""
    for holder, name, call in table:
        if hasattr(holder, name):
            built_in = isinstance(getattr(holder, name), BuiltinFunctionType)
            built_in = built_in and inspect.isroutine(call)
            setattr(holder, name, BuiltIn(call, name) if built_in else call)


class BuiltIn:
    """A function in the place of one of C's: it does not become a method where a class has it as an
    attribute, and has its name."""

    def __init__(self, call: Callable[..., Any], name: str) -> None:
        self.call = call
        self.__name__ = self.__qualname__ = name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.call(*args, **kwargs)

    def __repr__(self) -> str:
        return f"<built-in function {self.__name__}>"
