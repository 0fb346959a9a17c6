"""How a script is played, the same in simulated and in real time: what an end does, and when.

There is no input and output here. Who has the connection derives from a player, hands it what has
come, and does for it what it can't do itself: `now`, `at`, `send`, `end_sending`, `finish`.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from companion.peers.script import CLOSE, END, RESET, Action, Client, Script, TimedAction

if TYPE_CHECKING:  # an event's classes are much to load for whoever emits records
    from companion.event import ConnectionEnd


class Player:
    """One end of one connection, which does what its script says; times are in seconds."""

    steps: Iterator[TimedAction] = iter(())
    start = 0.0  # when its steps began to count
    # How it ended, from whichever side; "" while it has not.
    how: "ConnectionEnd | Literal['']" = ""
    ends: ClassVar["dict[str, ConnectionEnd]"] = {CLOSE: "done", RESET: "reset"}

    def now(self) -> float:
        """The time, by the clock that this end lives by."""
        raise NotImplementedError

    def at(self, t: float, call: Callable[[], object]) -> None:
        """Call at t, or soon where that has passed."""
        raise NotImplementedError

    def send(self, data: bytes) -> None:
        """Send all of it, as there is room, and then call `go_on`."""
        raise NotImplementedError

    def end_sending(self) -> None:
        """Close the sending side alone."""
        raise NotImplementedError

    def finish(self, how: "ConnectionEnd") -> None:
        """End the connection: done or left close it, reset cuts it."""
        raise NotImplementedError

    def play(self, steps: Iterable[TimedAction], wait: float = 0.0) -> None:
        """Take these steps, whose time counts from now, or from `wait` seconds later."""
        self.steps, self.start = iter(steps), self.now() + wait
        self.go_on()

    def go_on(self) -> None:
        """Have the next step taken at its time."""
        for t, action in self.steps:
            self.at(self.start + t, partial(self.take, action))
            return

    def take(self, action: Action) -> None:
        if self.how:
            return
        if isinstance(action, bytes):
            self.send(action)
        elif action == END:
            self.end_sending()
            self.go_on()
        else:
            self.finish(self.ends[action])


class Server:
    """Who plays a script to each connection: it takes up all of them, or one at a time."""

    def __init__(self, lane: int, script: Script) -> None:
        self.lane, self.script = lane, script
        self.busy: ServerPlayer | None = None
        self.queue: deque[ServerPlayer] = deque()

    def accept(self, player: "ServerPlayer") -> None:
        """Take a connection up, or have it wait until the one before it has ended."""
        if self.script.one_at_a_time and self.busy:
            self.queue.append(player)
            return
        self.busy = player
        player.begin()

    def ended(self, player: "ServerPlayer") -> None:
        """A connection has ended; whoever has waited longest has its turn."""
        if player in self.queue:
            self.queue.remove(player)
        elif player is self.busy:
            self.busy = None
            if self.queue:
                self.accept(self.queue.popleft())


class ServerPlayer(Player):
    """The server's end of one connection."""

    server: Server
    received: bytes = b""
    answered = False

    def begin(self) -> None:
        """Take the connection up: from now its time counts."""
        self.play(self.server.script.steps())

    def take_in(self, data: bytes) -> None:
        """What the other end has sent: an answer to all of it so far, once there is one."""
        answer = self.server.script.answer
        if answer is None or self.answered:
            return
        self.received += data
        steps = answer(self.received)
        if steps is not None:
            self.answered = True
            self.play(steps)


class ClientPlayer(Player):
    """A client's end: it reads as its script says, and leaves when it has enough."""

    client: Client
    ends: ClassVar["dict[str, ConnectionEnd]"] = {CLOSE: "left", RESET: "reset"}

    def __init__(self, client: Client, number: int) -> None:
        self.client = client
        self.mark = {"client": number}
        self.received = bytearray()

    @property
    def wants(self) -> int:
        """How many bytes it takes now at the most; 0 where it never reads."""
        left = self.client.leave_at - len(self.received) if self.client.leave_at else 1 << 30
        return min(self.client.num_bytes, left)

    def rest(self, resting: bool) -> None:
        """Read no more, or go on to."""
        raise NotImplementedError

    def take_in(self, data: bytes) -> None:
        """Keep what has come; leave, or rest, if it is time to."""
        self.received += data
        if self.client.leave_at and len(self.received) >= self.client.leave_at:
            self.finish("left")
        elif self.client.every:
            self.rest(True)
            self.at(self.now() + self.client.every, self.wake)

    def wake(self) -> None:
        if not self.how:
            self.rest(False)


# Called with the kind of an event and its fields; who is called adds the time.
Emit = Callable[[str, dict[str, Any]], None]
