"""Timers that are due at one moment run in the order in which they were set, as in reality, where
no two of them are set at one: Twisted's and asyncio's heaps keep no order among equals."""

import itertools
from asyncio import TimerHandle
from collections.abc import Callable
from functools import wraps
from typing import Any

from twisted.internet.base import DelayedCall

orders = itertools.count()


def numbered(call: Callable[..., Any]) -> Callable[..., Any]:
    """A method that sets a timer, which gets the next number."""

    @wraps(call)
    def set_timer(timer: Any, *args: Any, **kwargs: Any) -> Any:
        timer.order = next(orders)
        return call(timer, *args, **kwargs)

    return set_timer


def is_before(timer: Any, other: Any) -> bool:
    """DelayedCall.__lt__."""
    if timer.time == other.time:
        return bool(timer.order < other.order)
    return bool(timer.time < other.time)


class Handle(TimerHandle):
    """asyncio's timer."""

    __slots__ = ("order",)

    def __init__(self, when: float, *args: Any, **kwargs: Any) -> None:
        super().__init__(when, *args, **kwargs)
        self.order = next(orders)

    def __lt__(self, other: Any) -> bool:
        if self.when() == other.when():
            return bool(self.order < other.order)
        return bool(self.when() < other.when())


Handle.__name__ = Handle.__qualname__ = "TimerHandle"
Handle.__module__ = "asyncio.events"


def replaced() -> list[tuple[Any, str, Any]]:
    """What is put in the place of timers, so that those of one moment go off in one order."""
    import asyncio

    return [
        *(
            (DelayedCall, name, numbered(getattr(DelayedCall, name)))
            for name in ("__init__", "reset", "delay")
        ),
        (DelayedCall, "__lt__", is_before),
        *((module, "TimerHandle", Handle) for module in (asyncio, asyncio.events)),
    ]
