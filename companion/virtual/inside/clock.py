"""Virtual time: a clock that stands still while the program runs, and jumps while it waits.

Every call in which a program waits ends here, in Clock.wait, which asks again and again: is what
it waits for there already (a look at the real descriptors, which never blocks)? If not, the clock
jumps to the next step that somebody has put on it (a server sends, a signal comes) or to the
time-out of the call, whichever is first. The first step of a moment wakes a program that waits, as
the first arrival does; the others are taken before it waits again, and are all there at once. What
answers to the program at that moment comes after its next look. Where there is neither a step nor a
time-out, the program waits for ever.

Threads take turns: another thread runs only while the main thread waits, and one at a time.
"""

import heapq
import itertools
import math
import threading
from collections.abc import Callable
from typing import Any, NoReturn

EPOCH = 1767225600.0  # when every run begins: 2026-01-01 00:00:00 UTC, seconds since 1970
TICK = 0.0001  # seconds that a fruitless look without waiting moves the clock on, where
FREE_LOOKS = 16  # more than so many of them were made at one moment, or more than so many
FREE_FINDS = 100  # in a row that found something to write, but nothing was read
POLLS = ("select", "poll", "epoll")
PATIENCE = 0.1  # seconds of real time that a thread may take to start
MAIN_THREAD = threading.main_thread().ident

Look = Callable[[], Any]


class Clock:
    """The simulated time of one process, `now` in seconds since the run began."""

    def __init__(self) -> None:
        self.now = 0.0
        self.until = math.inf  # the run is ended here
        self.steps: list[tuple[float, int, Callable[[], object]]] = []
        self.numbers = itertools.count()
        self.fruitless = 0
        self.waits = 0  # how often it was asked to
        self.tasks: list[Task] = []
        self.by_thread: dict[int, Task] = {}
        self.turn_back = threading.Semaphore(0)
        # What the process around the clock puts here: the other ends of the sockets act on what
        # the program has done, something is told, and the run ends with a reason.
        self.react: Callable[[], object] = lambda: None
        self.tell: Callable[..., object] = lambda kind, t=None, **fields: None
        # What the probe puts here: whose a wait is, as fields of its event.
        self.whose: Callable[[], dict[str, str]] = dict
        self.end: Callable[[str, str], NoReturn]

    def at(self, t: float, step: Callable[[], object]) -> None:
        """Take a step at simulated time t, or as soon as the program waits if t has passed."""
        heapq.heappush(self.steps, (round(max(float(t), self.now), 9), next(self.numbers), step))

    def wait(self, call: str, look: Look, timeout: float | None = None) -> Any:
        """What `look` finds, as soon as it is true; what it found last after timeout seconds."""
        if (ident := threading.get_ident()) != MAIN_THREAD:
            if task := self.by_thread.get(ident):
                return task.wait(look, timeout)
            self.end("blocks", f"a thread that nobody knows waits in {call}")
        self.waits += 1
        start = self.now
        deadline = self.deadline(timeout)
        self.take_due()
        while True:
            self.outside(self.react)
            if found := look():
                self.fruitless += call in POLLS
                if self.fruitless > FREE_FINDS:
                    self.tick()
                break
            if self.tasks and self.run_a_task():
                continue
            if self.steps and self.steps[0][0] <= deadline:
                t, _, step = heapq.heappop(self.steps)
                self.move(t)
                self.outside(step)
            elif deadline == math.inf:
                self.tell("wait", t=start, call=call, until=None, **self.whose())
                self.end("waits for ever", f"waits for ever from t={start:.3f} s in {call}")
            else:
                self.move(deadline)
                if timeout is not None and timeout <= 0:
                    # A reactor that rounds a rest of its time-out down to 0 would look for ever,
                    # and so would any loop that does nothing but look: for them time passes.
                    self.fruitless += 1
                    if self.fruitless > FREE_LOOKS:
                        self.tick()
                break
        if self.now > start:
            self.tell("wait", t=start, call=call, until=self.now, **self.whose())
        return found

    def deadline(self, timeout: float | None) -> float:
        """When a time-out that begins now is over: later than now if it is not 0, never early."""
        if timeout is None:
            return math.inf
        if timeout <= 0:
            return self.now
        exact = max(self.now + timeout, math.nextafter(self.now, math.inf))
        return max(round(exact, 9), exact)

    def outside(self, step: Callable[[], object]) -> None:
        """Do what is not the program's own: where it fails, so does the simulation."""
        try:
            step()
        except Exception as err:
            self.end("broken", f"the simulation is broken: {type(err).__name__}: {err}")

    def move(self, t: float) -> None:
        if t > self.until:
            self.now = self.until
            self.end("still runs", f"still runs at t={self.until:.3f} s")
        if t > self.now:
            self.now = t
            self.fruitless = 0

    def tick(self) -> None:
        """Let a little time pass, and more with each look until something is read."""
        next_step = self.steps[0][0] if self.steps else math.inf
        t = min(round((math.floor(self.now / TICK + 1e-6) + 1) * TICK, 9), next_step)
        looks = self.fruitless
        self.move(t)
        self.fruitless = looks

    def take_due(self) -> None:
        """Take all steps that are due, but not those that they put on the clock themselves."""
        last = next(self.numbers) if self.steps and self.steps[0][0] <= self.now else 0
        while self.steps and self.steps[0][0] <= self.now and self.steps[0][1] < last:
            self.outside(heapq.heappop(self.steps)[2])

    def run_a_task(self) -> bool:
        """Let the first thread that can go on do so, until it waits or has ended."""
        return any(task.go_on() for task in tuple(self.tasks))

    def mark(self, before: str, after: str) -> None:
        """Change the state of all tasks that are in one."""
        for task in self.tasks:
            with task.lock:
                if task.state == before:
                    task.state = after


class Task:
    """A piece of work in another thread: it has its turn, and waits on the same clock.

    It is sent (late, if its thread takes long to begin), ready, runs, waits, and is done. Where
    nobody gives it a turn, since the main thread really waits for it, it runs alone.
    """

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.here = threading.Semaphore(0)
        self.turn = threading.Semaphore(0)
        self.lock = threading.Lock()
        self.state = "sent"
        self.look: Look = lambda: None
        self.found: Any = None
        self.deadline = math.inf
        clock.tasks.append(self)

    def begin(self) -> None:
        """In its thread: wait for its turn."""
        self.clock.by_thread[threading.get_ident()] = self
        with self.lock:
            self.state = "ready"
        self.here.release()
        if not self.turn.acquire(timeout=PATIENCE):
            with self.lock:
                if self.state == "ready":
                    self.state = "alone"
            if self.state != "alone":
                self.turn.acquire()

    def finish(self) -> None:
        """In its thread: the work is done, and the thread may begin another that waits for one."""
        del self.clock.by_thread[threading.get_ident()]
        self.clock.tasks.remove(self)
        self.clock.mark("late", "sent")
        self.give_back("done")

    def wait(self, look: Look, timeout: float | None) -> Any:
        """In its thread: Clock.wait, by way of the main thread, which alone moves the clock."""
        self.look, self.deadline = look, math.inf
        if timeout is not None:
            self.deadline = self.clock.deadline(timeout)
            heapq.heappush(
                self.clock.steps, (self.deadline, next(self.clock.numbers), lambda: None)
            )
        self.give_back("waits")
        self.turn.acquire()
        return self.found

    def give_back(self, state: str) -> None:
        with self.lock:
            before, self.state = self.state, state
        if before == "runs":
            self.clock.turn_back.release()

    def go_on(self) -> bool:
        """In the main thread: give it its turn, if it is ready or what it waits for is there."""
        if self.state == "sent" and not self.here.acquire(timeout=PATIENCE):
            self.clock.mark("sent", "late")  # those behind it wait for a thread as well
        with self.lock:
            if self.state == "waits":
                self.found = self.look()
                if not self.found and self.clock.now < self.deadline:
                    return False
            elif self.state not in ("ready", "alone"):
                return False
            if self.state != "alone":
                self.turn.release()
            self.state = "runs"
        self.clock.turn_back.acquire()
        return True


clock = Clock()
