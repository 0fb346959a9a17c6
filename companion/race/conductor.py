"""The conductor of a race: it begins, is shown as it goes, and ends, whatever ends it."""

import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType

from twisted.internet.defer import Deferred
from twisted.internet.task import LoopingCall
from twisted.python.failure import Failure

from companion.event import Event, Exit
from companion.processes.orphans import adopt, end_orphans
from companion.processes.signals import handle, restore
from companion.race.course import Course
from companion.race.race import STOP_TIME, Race, reactor

FRAME = 0.1  # seconds between two frames of a view
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGALRM)


@dataclass(frozen=True)
class Show:
    """A view that draws itself: at so many seconds after the start, and for the last time."""

    draw: Callable[[float], None]
    finish: Callable[[], None]


class Conductor:
    """Runs one race on the reactor, and heeds signals and views that fail; `at_worst` is called
    where a signal has to end it without its view, which nobody reads."""

    def __init__(
        self,
        course: Course,
        note: Callable[[Event], None],
        show: Show | None,
        at_worst: Callable[[], object] = lambda: None,
    ) -> None:
        self.race = Race(course, self.heed)
        self.note = note
        self.show = show
        self.at_worst = at_worst
        self.drawing = LoopingCall(self.draw)
        self.failed = False
        self.signal = 0
        self.problem: BaseException | None = None
        # Not those of `handle`: until then the reactor has put its own in their place.
        self.before = {number: signal.getsignal(number) for number in SIGNALS}

    def draw(self) -> None:
        if self.show is not None:
            self.show.draw(max(0.0, time.monotonic() - self.race.beginning()))

    def heed(self, event: Event) -> None:
        self.failed |= isinstance(event, Exit) and event.status != 0
        try:
            if self.problem is None:
                self.note(event)
        except Exception as err:
            self.give_up(err)

    def give_up(self, problem: BaseException) -> None:
        self.problem = self.problem or problem
        self.race.interrupt()

    def gave_way(self, failure: Failure) -> None:
        self.give_up(failure.value or RuntimeError("no reason"))

    def on_signal(self, number: int, frame: FrameType | None) -> None:
        """End the race; should that take too long, since nobody reads what is printed, end."""
        if number == signal.SIGALRM:
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.setitimer(signal.ITIMER_REAL, STOP_TIME)
            self.at_worst()
            signal.signal(self.signal, signal.SIG_DFL)
            os.kill(os.getpid(), self.signal)
        elif not self.signal:
            self.signal = number
            signal.setitimer(signal.ITIMER_REAL, STOP_TIME + 1)
            reactor.callFromThread(self.race.interrupt)

    def begin(self) -> None:
        handle(SIGNALS, self.on_signal)
        running = Deferred.fromCoroutine(self.race.run())
        if self.show is not None:
            drawing = self.drawing.start(FRAME)
            drawing.addErrback(self.gave_way)
        running.addErrback(self.gave_way)
        running.addBoth(self.end)

    def end(self, _: object) -> None:
        if self.drawing.running:
            self.drawing.stop()
        reactor.stop()

    def run(self) -> int:
        adopt()
        reactor.callWhenRunning(self.begin)
        try:
            reactor.run()
        finally:
            end_orphans()  # of a launcher that was killed
            if self.show is not None:
                self.show.finish()
            signal.setitimer(signal.ITIMER_REAL, 0)
            restore(self.before)
        if self.problem is not None:
            raise self.problem
        return 128 + self.signal if self.signal else int(self.failed)


def run_race(
    course: Course,
    note: Callable[[Event], None],
    show: Show | None = None,
    at_worst: Callable[[], object] = lambda: None,
) -> int:
    """Run a race to its end on the reactor. Returns the status for the shell.

    0 where every stage ended with 0, 1 where one did not, 128 and the signal's number after a
    signal. `at_worst` is called first where that signal then has to end this process. Raises
    RunError, and whatever a view raises that can't go on.
    """
    return Conductor(course, note, show, at_worst).run()
