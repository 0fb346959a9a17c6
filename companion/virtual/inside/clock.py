"""Virtual time: a clock that stands still while the program runs, and jumps while it waits.

Every call in which a program waits ends here, in Clock.wait, which asks again and again: is what
it waits for there already (a poll at the real descriptors, which never blocks)? If not, the clock
jumps to the next step that somebody has put on it (a server sends, a signal comes) or to the
time-out of the call, whichever is first. The first step of a moment wakes a program that waits, as
the first arrival does; the others are taken before it waits again, and are all there at once. What
answers to the program at that moment comes after its next poll. Where there is neither a step nor a
time-out, the program waits for ever.

Threads take turns: one that is started runs until it first waits, and later only while the main
thread waits; never two at a time.
"""

import heapq
import itertools
import math
import threading
from _thread import allocate_lock, get_ident
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:  # an event's classes are much to load for whoever emits records
    from companion.event import RunEnd


EPOCH = 1767225600.0  # when every run begins: 2026-01-01 00:00:00 UTC, seconds since 1970
TICK = 0.0001  # seconds that a fruitless poll without waiting moves the clock on, where
FREE_POLLS = 16  # more than so many of them were made at one moment, or more than so many
FREE_FINDS = 100  # in a row that found something to write, but nothing was read
FREE_LOOKS = 50_000  # how often the time may be asked for between two waits before it moves on
POLLS = ("select", "poll", "epoll")
MAIN_THREAD = threading.main_thread().ident

Poll = Callable[[], Any]


class Clock:
    """The simulated time of one process, `now` in seconds since the run began."""

    def __init__(self) -> None:
        self.now = 0.0
        self.until = math.inf  # the run is ended here
        self.steps: list[tuple[float, int, Callable[[], object]]] = []
        self.numbers = itertools.count()
        self.fruitless = 0
        self.waits = 0  # how often it was asked to
        self.looks = 0  # how often the program has asked for the time since
        self.signals: list[int] = []  # that are to be delivered
        self.delivered = 0
        self.tasks: list[Task] = []
        self.by_thread: dict[int, Task] = {}
        # Where another program lives on the same clock, in another process: it may have its turn
        # before this one goes on at a time, and False is given where this one is to; when the other
        # would go on by itself; and whether nothing has happened since this one has its turn.
        self.give_way: Callable[[float], bool] | None = None
        self.theirs = math.inf
        self.idle = False
        self.turn_back = allocate_lock()
        self.turn_back.acquire()
        # What the process around the clock puts here: the other ends of the sockets act on what
        # the program has done; where it would wait for ever, there may be more room than was said;
        # something is emitted, and the run ends with a reason.
        self.react: Callable[[], object] = lambda: None
        self.make_room: Callable[[], bool] = lambda: False
        self.emit: Callable[..., object] = lambda kind, t=None, **fields: None
        # In which thread something is emitted, and what the probe puts here: whose a wait is; as
        # fields of events.
        self.where: Callable[[], dict[str, Any]] = dict
        self.whose: Callable[[], dict[str, Any]] = dict
        self.end: Callable[[RunEnd, str], NoReturn]
        self.send: Callable[[int], object]

    def monotonic(self) -> float:
        """The time, as the program asks for it; it moves on in a loop that does nothing else."""
        self.looks += 1
        if self.looks > FREE_LOOKS and not self.give_way:
            self.move(round(self.now + TICK, 9))
        return self.now

    def at(self, t: float, step: Callable[[], object]) -> None:
        """Take a step at simulated time t, or as soon as the program waits if t has passed."""
        heapq.heappush(self.steps, (round(max(float(t), self.now), 9), next(self.numbers), step))

    def wait(self, call: str, poll: Poll, timeout: float | None = None) -> Any:
        """What `poll` finds, as soon as it is true; what it found last after timeout seconds."""
        if (ident := get_ident()) != MAIN_THREAD:
            if task := self.by_thread.get(ident):
                return task.wait(call, poll, timeout)
            self.end("blocks", f"a thread that nobody knows waits in {call}")
        self.waits += 1
        self.looks = 0
        start = self.now
        deadline = math.inf if timeout is None else self.deadline(timeout)
        if self.signals or (self.steps and self.steps[0][0] <= start):
            self.take_due()
        while True:
            self.outside(self.react)
            if found := poll():
                break
            if self.now >= deadline > start:  # a thread has let time pass
                break
            if self.tasks and self.run_a_task():
                self.take_due()
                continue
            if self.give_way and self.give_way(min(deadline, self.next_step())):
                continue
            if self.steps and self.steps[0][0] <= deadline:
                t, _, step = heapq.heappop(self.steps)
                self.move(t)
                self.outside(step)
                self.idle = False
                if self.signals:
                    self.deliver()
            elif deadline == math.inf:
                if self.make_room():
                    continue
                self.emit("wait", t=start, call=call, until=None, **self.whose())
                for task in self.tasks:
                    task.emit_wait(None)
                self.end("waits for ever", f"waits for ever from t={start:.3f} s in {call}")
            else:
                self.move(deadline)
                break
        if not found or call in POLLS:
            self.count(found, timeout)
        if self.now > start:
            self.emit("wait", t=start, call=call, until=self.now, **self.whose())
        self.idle = False
        return found

    def next_step(self) -> float:
        """When the next step is to be taken, in seconds."""
        return self.steps[0][0] if self.steps else math.inf

    def deadline(self, timeout: float) -> float:
        """When a time-out that begins now is over: later than now if it is not 0, never early."""
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

    def count(self, found: object, timeout: float | None) -> None:
        """Let a little time pass, and more with each poll until something is read, in a loop that
        does nothing but poll: a reactor may round a rest of its time-out down to 0."""
        if found or (timeout is not None and timeout <= 0):
            self.fruitless += 1
        if self.fruitless > (FREE_FINDS if found else FREE_POLLS):
            if self.give_way:
                self.idle = False
                self.give_way(self.now)
            t = round((math.floor(self.now / TICK + 1e-6) + 1) * TICK, 9)
            polls = self.fruitless
            self.move(min(t, self.next_step(), self.theirs))
            self.fruitless = polls

    def take_due(self) -> None:
        """Take all steps that are due, but not those that are put on the clock meanwhile."""
        last = next(self.numbers)
        while self.steps and self.steps[0][0] <= self.now and self.steps[0][1] < last:
            self.outside(self.react)
            self.outside(heapq.heappop(self.steps)[2])
        self.deliver()

    def deliver(self) -> None:
        """Send the process the signals that are due; their handlers are the program's own."""
        while self.signals:
            self.delivered += 1
            self.send(self.signals.pop(0))

    def begin(self, task: "Task") -> None:
        """Let a thread that was started run until it first waits, as it really does: who has
        started it waits for it to be there, and then for the interpreter."""
        if get_ident() == MAIN_THREAD:
            task.go_on()
        else:
            self.wait("start", lambda: task.state != "ready")

    def run_a_task(self) -> bool:
        """Let the first thread that can go on do so, until it waits or has ended."""
        ran = any(task.go_on() for task in tuple(self.tasks))
        self.idle = self.idle and not ran
        return ran


class Task:
    """A thread of the program: it has its turn, and waits on the same clock.

    It is ready, runs, waits, and is done.
    """

    def __init__(self, clock: Clock, ended: Callable[[], object]) -> None:
        self.clock = clock
        self.ended = ended  # waits, in real time, until nothing of its thread is left
        self.turn = allocate_lock()
        self.turn.acquire()
        self.state = "ready"
        self.poll: Poll = lambda: None
        self.found: Any = None
        self.deadline = math.inf
        self.waits: dict[str, Any] = {}  # the fields of the wait that it is in

    def begin(self, announce: Callable[[], object]) -> None:
        """In its thread: say that it is there, and wait for its turn."""
        self.clock.by_thread[threading.get_ident()] = self
        self.clock.tasks.append(self)
        announce()
        self.turn.acquire()

    def finish(self) -> None:
        """In its thread: it ends."""
        del self.clock.by_thread[threading.get_ident()]
        self.clock.tasks.remove(self)
        self.give_back("done")

    def wait(self, call: str, poll: Poll, timeout: float | None) -> Any:
        """In its thread: Clock.wait, by way of the main thread, which alone moves the clock."""
        self.poll = poll
        self.deadline = math.inf if timeout is None else self.clock.deadline(timeout)
        self.waits = {"t": self.clock.now, "call": call, **self.clock.whose()}
        self.waits |= self.clock.where()
        if timeout is not None:
            step = self.deadline, next(self.clock.numbers), lambda: None
            heapq.heappush(self.clock.steps, step)
        if timeout is not None and timeout <= 0:  # the others come first
            self.clock.tasks.remove(self)
            self.clock.tasks.append(self)
        self.give_back("waits")
        self.turn.acquire()
        if not self.found or call in POLLS:
            self.clock.count(self.found, timeout)
        if self.clock.now > self.waits["t"]:
            self.emit_wait(self.clock.now)
        return self.found

    def emit_wait(self, until: float | None) -> None:
        """Emit that it waits, or has waited, where that is known to be the program's own wait."""
        if self.waits.get("by") == "stage":
            self.clock.emit("wait", until=until, **self.waits)

    def give_back(self, state: str) -> None:
        self.state = state
        self.clock.turn_back.release()

    def go_on(self) -> bool:
        """In the main thread: give it its turn, if it is ready or what it waits for is there."""
        if self.state == "waits":
            self.found = self.poll()
            if not self.found and self.clock.now < self.deadline:
                return False
        self.state = "runs"
        self.turn.release()
        self.clock.turn_back.acquire()
        if self.state == "done":
            self.ended()
        return True


clock = Clock()
