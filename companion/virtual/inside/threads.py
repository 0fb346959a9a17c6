"""Threads in virtual time: each has its turn, and waits on the simulated clock.

Whatever threads wait for each other in stands on the locks of `threading`, which are made anew
here; what builds on them is Python: Condition, Event, Semaphore, Timer, queues, futures, pools and
Twisted's threads.
"""

import _thread
import queue
import threading
from _thread import allocate_lock
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from multiprocessing import synchronize
from typing import Any

from companion.virtual.inside.clock import Task, clock
from companion.virtual.inside.tracebacks import without_the_tool

real_start, real_join = threading.Thread.start, threading.Thread.join


class Lock:
    """threading.Lock."""

    def __init__(self) -> None:
        self.real = allocate_lock()
        self.release, self.locked = self.real.release, self.real.locked
        self._at_fork_reinit = self.real._at_fork_reinit  # type: ignore[attr-defined]
        self.take = partial(self.real.acquire, False)

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        if timeout != -1 and not blocking:
            raise ValueError("can't specify a timeout for a non-blocking call")
        if timeout < 0 and timeout != -1:
            raise ValueError("timeout value must be a non-negative number")
        taken = self.take()
        if taken or not blocking:
            return taken
        return bool(clock.wait("acquire", self.take, None if timeout == -1 else timeout))

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *args: object) -> None:
        self.release()


class RLock(threading._RLock):  # type: ignore[misc]
    """threading.RLock, whose own one in Python stands on Lock."""


Lock.__module__ = RLock.__module__ = "_thread"  # trio insists


class Started:
    """Thread._started: a thread that says so waits for its first turn."""

    def __init__(self, task: Task) -> None:
        self.task, self.done = task, False
        self.lock = allocate_lock()
        self.lock.acquire()

    def is_set(self) -> bool:
        return self.done

    def set(self) -> None:
        self.done = True
        self.task.begin(self.lock.release)

    def wait(self) -> None:
        self.lock.acquire()


def start(thread: Any) -> None:
    """Thread.start."""
    if not thread._started.is_set():
        thread.task = task = Task(clock, partial(real_join, thread))
        thread._started = Started(task)
        delete = thread._delete  # the last that a thread does

        def finish() -> None:
            delete()
            task.finish()

        thread._delete = finish
        real_start(thread)
        clock.begin(task)
    else:
        real_start(thread)


def join(thread: Any, timeout: float | None = None) -> None:
    """Thread.join."""
    task = getattr(thread, "task", None)
    if task is None or thread is threading.current_thread():
        real_join(thread, timeout)
    else:
        clock.wait("join", lambda: task.state == "done", timeout)


def join_all() -> None:
    """Wait for the threads that a program waits for at its end."""
    exits: list[Callable[[], object]] = threading._threading_atexits  # type: ignore[attr-defined]
    while exits:
        exits.pop()()
    for thread in threading.enumerate():
        if hasattr(thread, "task") and not thread.daemon:
            thread.join()


def start_new_thread(
    function: Callable[..., object], args: Sequence[Any], kwargs: Mapping[str, Any] | None = None
) -> int:
    """_thread.start_new_thread."""
    thread = threading.Thread(target=function, args=args, kwargs=kwargs, daemon=True)
    thread.start()
    return thread.ident or 0


def excepthook(args: Any) -> None:
    """threading.excepthook, without the tool's own frames."""
    without_the_tool(args.exc_value)
    seen = threading.ExceptHookArgs(
        (args.exc_type, args.exc_value, args.exc_value.__traceback__, args.thread)
    )
    real_excepthook(seen)


real_excepthook = threading.excepthook


SimpleQueue: Any = getattr(queue, "_PySimpleQueue", queue.SimpleQueue)
SimpleQueue.__name__ = SimpleQueue.__qualname__ = "SimpleQueue"


def make_methods(lock: Any) -> None:
    """SemLock._make_methods of multiprocessing: its locks wait on the simulated clock."""
    real_make_methods(lock)
    take = partial(lock.acquire, False)

    def acquire(block: bool = True, timeout: float | None = None) -> bool:
        if (taken := bool(take())) or not block:
            return taken
        return bool(clock.wait("acquire", take, None if timeout is None else max(timeout, 0.0)))

    lock.acquire = acquire


real_make_methods = synchronize.SemLock._make_methods  # type: ignore[attr-defined]


class Resting(dict[Any, None]):
    """The workers of a pool of Twisted's that have nothing to do, a set there: who has rested
    longest is the next to work."""

    def add(self, worker: Any) -> None:
        self[worker] = None

    def pop(self) -> Any:  # type: ignore[override]
        worker = next(iter(self))
        del self[worker]
        return worker

    def remove(self, worker: Any) -> None:
        del self[worker]


def with_resting(init: Callable[..., None]) -> Callable[..., None]:
    """Team.__init__."""

    def init_team(team: Any, *args: Any, **kwargs: Any) -> None:
        init(team, *args, **kwargs)
        team._idle = Resting()

    return init_team


REPLACED: list[tuple[Any, str, Any]] = [
    (threading, "Lock", Lock),
    (threading, "_allocate_lock", Lock),
    (threading, "_CRLock", RLock),
    (threading, "_time", clock.monotonic),
    (threading, "excepthook", excepthook),
    (threading.Thread, "start", start),
    (threading.Thread, "join", join),
    (_thread, "allocate_lock", Lock),
    (_thread, "start_new_thread", start_new_thread),
    (synchronize.SemLock, "_make_methods", make_methods),
    (queue, "SimpleQueue", SimpleQueue),
    (queue, "time", clock.monotonic),
]
