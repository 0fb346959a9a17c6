"""Races that are watched in a browser, each in a process of its own.

A page asks again and again how its race stands, rather than to hold a connection: a browser has six
for all its tabs. The race of a page that asks no more is over.
"""

import io
import secrets
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from twisted.internet import reactor as the_reactor
from twisted.internet.defer import Deferred, DeferredList
from twisted.internet.error import ProcessExitedAlready
from twisted.internet.protocol import ProcessProtocol
from twisted.python.failure import Failure

from companion.diff.html import template
from companion.event import Event, read_events
from companion.guide.pages import racers
from companion.guide.words import WORDS
from companion.race.standings import StageStanding, Standings
from companion.race.timeline import closing_lines, timeline_svg
from companion.race.watch import in_order
from companion.tutorial.stages import StageMap, UnknownStageError

reactor: Any = the_reactor
LIMIT = 60.0  # seconds that a race may take
LEASE = 5.0  # seconds without a question after which nobody watches; a hidden tab asks each second
AT_ONCE = 4  # races that run; others wait for them
MOST = 50  # races that are known
STATES = ("waits", "runs", "over")


class TooManyError(Exception):
    """No more races are taken."""


@dataclass(eq=False)
class Race(ProcessProtocol):
    """One race: it waits, runs, and is over."""

    names: tuple[str, ...]
    standings: Standings = field(default_factory=Standings)
    events: list[Event] = field(default_factory=list)
    ended: Deferred[None] = field(default_factory=Deferred)
    state: str = "waits"  # one of STATES
    process: Any = None
    late: Any = None
    lease: Any = None
    rest: bytes = b""

    def begin(self) -> None:
        self.state = "runs"
        command = [sys.executable, "-P", "-m", "companion.race.emit", *self.names]
        self.process = reactor.spawnProcess(self, sys.executable, command, env=None)
        self.late = reactor.callLater(LIMIT, self.stop)

    def outReceived(self, data: bytes) -> None:
        whole, newline, self.rest = (self.rest + data).rpartition(b"\n")
        for event in read_events(io.StringIO((whole + newline).decode())):
            self.events.append(event)
            self.standings.add(event)

    def processEnded(self, reason: Failure) -> None:
        if self.late.active():
            self.late.cancel()
        self.finish()

    def stop(self) -> None:
        """End it, and whatever it has started, which it does itself at an interrupt."""
        if self.state == "waits":
            self.finish()
        elif self.state == "runs":
            with suppress(ProcessExitedAlready):
                self.process.signalProcess("INT")

    def finish(self) -> None:
        self.state = "over"
        self.ended.callback(None)


class Races:
    """All races, each by a name that only who began it knows."""

    def __init__(self, stages: StageMap) -> None:
        self.stages = stages
        self.known: dict[str, Race] = {}

    def begin(self, names: tuple[str, ...]) -> str:
        """Race these stages; the race's name. Raises UnknownStageError, TooManyError."""
        there = {stage.id for stage in racers(self.stages)}
        if unknown := [name for name in names if name not in there]:
            raise UnknownStageError(unknown[0])
        if len(self.known) >= MOST:
            raise TooManyError
        key = secrets.token_urlsafe(9)
        race = self.known[key] = Race(names)
        race.lease = reactor.callLater(LEASE, self.leave, key)
        race.ended.addCallback(lambda _: self.go_on())
        self.go_on()
        return key

    def go_on(self) -> None:
        """Begin the races that wait, as far as there is room."""
        of = {state: [one for one in self.known.values() if one.state == state] for state in STATES}
        for race in of["waits"][: max(0, AT_ONCE - len(of["runs"]))]:
            race.begin()

    def leave(self, key: str) -> None:
        """Nobody watches this race any more: end it, then forget it."""
        race = self.known[key]
        race.stop()
        race.ended.addCallback(lambda _: self.known.pop(key))

    def stop(self) -> Deferred[Any]:
        """End all; fires when nothing is left."""
        for race in self.known.values():
            if race.lease.active():
                race.lease.cancel()
            race.stop()
        return DeferredList([race.ended for race in self.known.values()])

    def markup(self, key: str, lang: str) -> str | None:
        """How a race stands, for whoever watches it; None where it is none."""
        race = self.known.get(key)
        if race is None or not race.lease.active():
            return None
        race.lease.reset(LEASE)
        stages = list(race.standings.stages.values())
        words = WORDS[lang]
        over = race.state == "over"
        return template("guide_race.html").render(
            words=words,
            over=over,
            said=words["raced" if over else "runs" if stages else race.state],
            racers=[self.racer(stage, lang) for stage in stages],
            now=race.events[-1].t if race.events else 0.0,
            picture=timeline_svg(in_order(race.events), lang) if over and stages else "",
            failures=closing_lines(race.standings, lang),
        )

    def racer(self, standing: StageStanding, lang: str) -> dict[str, Any]:
        """What is shown of one stage."""
        stage = self.stages.by_id[standing.label]
        lanes = [
            {
                "poem": lane.poem,
                "size": lane.size,
                "got": lane.read_bytes if lane.counts_reads else lane.sent_bytes,
            }
            for lane in standing.lanes.values()
        ]
        return {
            "title": stage.title[lang],
            "id": stage.id,
            "lanes": lanes,
            "standing": standing,
        }
