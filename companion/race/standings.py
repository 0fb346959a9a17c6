"""The standings: what a race's events add up to, for every view of it."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from companion.event import (
    Close,
    Ended,
    Event,
    Exit,
    Interrupt,
    Listen,
    Lost,
    Open,
    Print,
    Read,
    Sent,
    Start,
)
from companion.render.language import say


@dataclass
class LaneStanding:
    """One poem on its way to one stage; times in seconds since the race began."""

    poem: str = ""
    size: int = 0
    delay: float = 0.0  # between two chunks
    counts_reads: bool = False
    seconds: float = 0.0  # that its server takes for it
    opened: float | None = None
    closed: float | None = None
    how: str = ""
    sent: list[tuple[float, int]] = field(default_factory=list)  # when, bytes so far
    read: list[tuple[float, int]] = field(default_factory=list)

    @property
    def sent_bytes(self) -> int:
        return self.sent[-1][1] if self.sent else 0

    @property
    def read_bytes(self) -> int:
        return self.read[-1][1] if self.read else 0

    @property
    def whole(self) -> bool:
        """Whether its server has sent all of it, and the stage has left none of it unread."""
        return self.how == "done" and self.sent_bytes >= self.size


def between(begin: float | None, end: float | None) -> float | None:
    """The seconds between two moments; None where one is not known."""
    return None if begin is None or end is None else end - begin


@dataclass
class StageStanding:
    """One stage in the race."""

    label: str
    lanes: dict[int, LaneStanding] = field(default_factory=dict)
    started: float | None = None
    first_open: float | None = None
    ended: float | None = None
    interrupted: bool = False
    status: int | None = None
    cpu: float | None = None
    rss: int | None = None
    last: str = ""
    last_error: str = ""

    @property
    def counts_reads(self) -> bool:
        """Whether it is known what the stage has read."""
        return any(lane.counts_reads for lane in self.lanes.values())

    def lane(self, number: int) -> LaneStanding:
        return self.lanes.setdefault(number, LaneStanding())

    @property
    def failed(self) -> bool:
        return bool(self.status) and not self.interrupted

    def ending(self, lang: str = "en") -> str:
        """How it ended: its exit status, the signal that ended it, or stopped with the race."""
        if self.status is None:
            return "-"
        if self.interrupted:
            return say(lang, "stopped")
        if self.status < 0:
            return say(lang, "signal {}", -self.status)
        return say(lang, "status {}", self.status)

    @property
    def seconds(self) -> float | None:
        """From the start of the process to its end."""
        return between(self.started, self.ended)

    @property
    def start_up(self) -> float | None:
        """From the start of the process to its first connection."""
        return between(self.started, self.first_open)

    @property
    def download(self) -> float | None:
        """From the first connection to the end of the process."""
        return between(self.first_open, self.ended)

    @property
    def longest(self) -> float:
        """Seconds that its longest poem takes: no client can be faster."""
        return max((lane.seconds for lane in self.lanes.values()), default=0.0)

    @property
    def sum(self) -> float:
        """Seconds that its poems take, one after another."""
        return sum(lane.seconds for lane in self.lanes.values())

    @property
    def whole(self) -> int:
        return sum(lane.whole for lane in self.lanes.values())

    @property
    def bytes(self) -> int:
        """Bytes that were sent to it."""
        return sum(lane.sent_bytes for lane in self.lanes.values())

    @property
    def chunks(self) -> int:
        """Pieces that were sent to it."""
        return sum(len(lane.sent) for lane in self.lanes.values())


class Standings:
    """Every stage's standing, kept up with one event at a time."""

    def __init__(self, events: Iterable[Event] = ()) -> None:
        self.stages: dict[str, StageStanding] = {}
        for event in events:
            self.add(event)

    def add(self, event: Event) -> None:
        stage = self.stages.setdefault(event.stage, StageStanding(event.stage))
        match event:
            case Start():
                stage.started = event.t
            case Print():
                if event.text.strip():
                    stage.last = event.text
                if event.text.strip() and event.stream == "stderr":
                    stage.last_error = event.text
            case Interrupt():
                stage.interrupted = True
            case Exit():
                stage.ended, stage.status = event.t, event.status
                stage.cpu, stage.rss = event.cpu, event.rss
            case Ended(lane=int() as lane):
                add_to_lane(stage, stage.lane(lane), event)


def add_to_lane(stage: StageStanding, lane: LaneStanding, event: Ended) -> None:
    """Take an event of a server or of the stage's connection to it into the lane."""
    match event:
        case Listen():
            lane.poem, lane.size = event.poem, event.size
            lane.delay, lane.counts_reads = event.delay, event.reads
            lane.seconds = -(-event.size // event.num_bytes) * lane.delay
        case Open():
            lane.poem, lane.size, lane.opened = event.poem or "", event.size or 0, event.t
            if stage.first_open is None:
                stage.first_open = event.t
        case Sent():
            lane.sent.append((event.t, lane.sent_bytes + event.bytes))
        case Read():
            lane.read.append((event.t, lane.read_bytes + event.bytes))
        case Close():
            lane.closed, lane.how = event.t, event.how
        case Lost():
            lane.how = "lost"
