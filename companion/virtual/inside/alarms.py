"""Signals on the simulated clock: signal.alarm, setitimer, pause, and the waits for one."""

import math
import signal
from collections.abc import Iterable
from functools import partial
from typing import Any

from companion.virtual.inside.clock import clock

real_getitimer, real_setitimer = signal.getitimer, signal.setitimer


class Alarm:
    """The timer of a process that sends it SIGALRM."""

    def __init__(self) -> None:
        self.due = math.nan
        self.interval = 0.0
        self.number = 0  # of the setting that counts

    def get(self) -> tuple[float, float]:
        """The seconds that are left, and those of the interval."""
        return (0.0, 0.0) if math.isnan(self.due) else (self.due - clock.now, self.interval)

    def set(self, seconds: float, interval: float) -> None:
        self.number += 1
        self.interval = interval
        self.due = clock.now + seconds if seconds else math.nan
        if seconds:
            clock.at(self.due, partial(self.ring, self.number))

    def ring(self, number: int) -> None:
        if number == self.number:
            self.set(self.interval, self.interval)
            clock.signals.append(signal.SIGALRM)


timer = Alarm()


def alarm(seconds: int) -> int:
    before, _ = timer.get()
    timer.set(seconds, 0.0)
    return math.ceil(before)


def setitimer(which: int, seconds: float, interval: float = 0.0) -> tuple[float, float]:
    if which != signal.ITIMER_REAL or seconds < 0 or interval < 0:
        return real_setitimer(which, seconds, interval)
    before = timer.get()
    timer.set(seconds, interval)
    return before


def getitimer(which: int) -> tuple[float, float]:
    return timer.get() if which == signal.ITIMER_REAL else real_getitimer(which)


def pause() -> None:
    before = clock.delivered
    clock.wait("pause", lambda: clock.delivered > before)


def sigtimedwait(numbers: Iterable[int], timeout: float | None) -> Any:
    """The first of these signals that is pending, which are blocked; None after the time-out."""
    wanted = set(numbers)
    if timeout is not None and timeout < 0:
        raise ValueError("timeout must be non-negative")
    if not clock.wait("sigtimedwait", lambda: signal.sigpending() & wanted, timeout):
        return None
    return real_sigtimedwait(wanted, 0)


real_sigtimedwait: Any = getattr(signal, "sigtimedwait", None)


def sigwait(numbers: Iterable[int]) -> signal.Signals:
    return signal.Signals(sigtimedwait(numbers, None).si_signo)


REPLACED: list[tuple[Any, str, Any]] = [
    (signal, "alarm", alarm),
    (signal, "setitimer", setitimer),
    (signal, "getitimer", getitimer),
    (signal, "pause", pause),
    (signal, "sigtimedwait", sigtimedwait),
    (signal, "sigwaitinfo", lambda numbers: sigtimedwait(numbers, None)),
    (signal, "sigwait", sigwait),
]
