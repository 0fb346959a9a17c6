"""The standings: what a race's events add up to, for every view of it."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from companion.event import Event


@dataclass
class LaneStanding:
    """One poem on its way to one stage; times in seconds since the stage's start."""

    poem: str = ""
    size: int = 0
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


@dataclass
class StageStanding:
    """One stage in the race."""

    label: str
    lanes: dict[int, LaneStanding] = field(default_factory=dict)
    lines: int = 0
    last: str = ""
    last_error: str = ""
    first_open: float | None = None
    ended: float | None = None
    status: int | None = None
    cpu: float | None = None
    rss: int | None = None
    counts_reads: bool = False

    def lane(self, number: int) -> LaneStanding:
        return self.lanes.setdefault(number, LaneStanding())

    @property
    def whole(self) -> int:
        """How many poems arrived whole."""
        return sum(
            lane.how == "done"
            and (lane.read_bytes if self.counts_reads else lane.sent_bytes) == lane.size
            for lane in self.lanes.values()
        )

    @property
    def bytes(self) -> int:
        """Bytes that the stage read or, where that is not known, that were sent to it."""
        return sum(
            lane.read_bytes if self.counts_reads else lane.sent_bytes
            for lane in self.lanes.values()
        )

    @property
    def chunks(self) -> int:
        return sum(len(lane.sent) for lane in self.lanes.values())


class Standings:
    """Every stage's standing, kept up with one event at a time."""

    def __init__(self, events: Iterable[Event] = ()) -> None:
        self.stages: dict[str, StageStanding] = {}
        for event in events:
            self.add(event)

    def add(self, event: Event) -> None:
        stage = self.stages.setdefault(event.stage, StageStanding(event.stage))
        if event.kind == "start":
            for number, (poem, size) in enumerate(event.fields.get("lanes", ()), 1):
                stage.lanes[number] = LaneStanding(poem, size)
        elif event.kind == "print":
            stage.lines += 1
            stage.last = event["text"]
            if event["stream"] == "stderr" and event["text"].strip():
                stage.last_error = event["text"]
        elif event.kind == "exit":
            stage.ended, stage.status = event.t, event["status"]
            stage.cpu, stage.rss = event.fields.get("cpu"), event.fields.get("rss")
        elif event.kind in ("open", "sent", "read", "close"):
            add_to_lane(stage, stage.lane(event["lane"]), event)


def add_to_lane(stage: StageStanding, lane: LaneStanding, event: Event) -> None:
    if event.kind == "open":
        lane.poem, lane.size, lane.opened = event["poem"], event["size"], event.t
        if stage.first_open is None:
            stage.first_open = event.t
    elif event.kind == "sent":
        lane.sent.append((event.t, lane.sent_bytes + event["bytes"]))
    elif event.kind == "read":
        stage.counts_reads = True
        lane.read.append((event.t, lane.read_bytes + event["bytes"]))
    else:
        lane.closed, lane.how = event.t, event["how"]
