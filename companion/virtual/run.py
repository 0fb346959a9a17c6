"""Runs in virtual time: a stage, unmodified, in a simulated clock over real sockets.

    run = play("async-client")
    run.seconds     # 10.1, of simulated time, in a few hundredths of a second of real time
    run.stdout      # the same bytes every time

How time is made stands in `inside.clock`, what is replaced in `inside.calls`, who is at the other
end in `inside.network`, the process around them in `inside.process`.
"""

import math
import os
import pickle
import re
import shlex
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice
from operator import itemgetter
from pathlib import Path
from typing import IO, Any, Literal

from companion.event import ConnectionEnd, Event, Exit, One, Print, RunEnd, event_of
from companion.peers import script
from companion.peers.scenario import AS_MAPPED, Scenario
from companion.peers.script import Script
from companion.tutorial.stages import ROOT, Stage, StageMap, UnknownStageError, load_map
from companion.tutorial.typed import typed
from companion.virtual.forks import STATUSES, Job, run_both, run_forked
from companion.virtual.hidden import hidden_by
from companion.virtual.journal import no_collection, numbered, records
from companion.virtual.stand_ins import VirtualError, scripts_of


@dataclass(frozen=True)
class Received:
    """What a scripted client got: bytes, how it ended ("" while open) and when, in seconds."""

    data: bytes
    how: ConnectionEnd | Literal[""]
    t: float


@dataclass(frozen=True)
class Run:
    """One run of a stage, in simulated or in real time.

    `ended` is the line that says `how` it ended where that is not exit. `status` is the exit
    status, minus the signal's number where a signal ended it, or one of STATUSES. `seconds` are of
    its own time, `cpu` seconds of CPU time;
    `lines` are (t, stream, text).
    """

    argv: tuple[str, ...]
    status: int
    how: RunEnd
    ended: str
    seconds: float
    events: tuple[Event, ...]
    clients: tuple[Received, ...] = ()
    partial: frozenset[str] = field(default=frozenset())
    cpu: float = field(default=0.0, compare=False)

    @cached_property
    def lines(self) -> tuple[tuple[float, str, str], ...]:
        return tuple((event.t, event.stream, event.text) for event in self.of(Print))

    def of(self, *kinds: type[One]) -> list[One]:
        """Its events of these kinds."""
        return [event for event in self.events if isinstance(event, kinds)]

    @property
    def stdout(self) -> str:
        return self.printed("stdout")

    @property
    def stderr(self) -> str:
        return self.printed("stderr")

    def printed(self, stream: str) -> str:
        """All that was printed to stdout or stderr."""
        text = "".join(f"{line}\n" for _, which, line in self.lines if which == stream)
        return text.removesuffix("\n") if stream in self.partial else text


Emitted = tuple[float, str, dict[str, Any], int]  # t in seconds, kind, fields, place in the journal


@dataclass
class Emissions:
    """What a stage's process has emitted: its records in the order of time, and the rest of its
    Run."""

    records: list[Emitted] = field(default_factory=list)
    clients: list[Received] = field(default_factory=list)
    partial: set[str] = field(default_factory=set)
    how: RunEnd = "exit"
    ended: str = ""
    seconds: float = 0.0
    last: int = 0  # the place of its last record in the journal


@dataclass(frozen=True)
class Together:
    """Two programs that ran on one clock, and the events of both in the order in which they
    happened."""

    runs: tuple[Run, Run]
    events: tuple[Event, ...]


def play(stage: Stage | str | Path, scenario: Scenario = AS_MAPPED, *, limit: float = 10.0) -> Run:
    """Run a stage of the map, or any script, in simulated time.

    It is ended after `limit` real seconds. Raises VirtualError where the stage is no Python
    program or a server that it needs has no script, and ForkError.
    """
    stage, stages = find(stage)
    servers = servers_of(stage, scenario, stages)
    addresses = [address_of(port, one) for port, one in enumerate(servers, script.FIRST_PORT)]
    job = job_of(stage, replace(scenario, servers=tuple(map(sendable, servers))), addresses)
    with tempfile.TemporaryFile() as journal:
        status, cpu = run_forked("virtual", job, journal, limit)
        return run_of(stage.id, job.argv, status, cpu, read_journal(journal, status))


def play_both(
    first: tuple[Stage, Scenario], second: tuple[Stage, Scenario], *, limit: float = 10.0
) -> Together:
    """Run two programs on one simulated clock. They start at the same moment, the first a little
    before, and connect to each other at whatever ports they listen on; otherwise as in `play`."""
    names = first[0].id, second[0].id
    jobs = [
        replace(job_of(stage, scenario, ()), number=number, beside=names[1 - number])
        for number, (stage, scenario) in enumerate((first, second))
    ]
    places: dict[int, int] = {}
    with tempfile.TemporaryFile() as journal:
        results = run_both(jobs, journal, limit)
        one, other = (
            run_of(name, job.argv, *result, read_journal(journal, result[0], job.number), places)
            for name, job, result in zip(names, jobs, results, strict=True)
        )
    return Together((one, other), merged((one.events, other.events), places))


def servers_of(stage: Stage, scenario: Scenario, stages: StageMap) -> Sequence[Script]:
    """The servers of a scenario, or those that the stage needs on the map. Raises VirtualError."""
    return scripts_of(stage, stages) if scenario.servers is None else scenario.servers


def job_of(stage: Stage, scenario: Scenario, addresses: Sequence[str]) -> Job:
    """What the stage's process is to do, with servers at these addresses. Raises VirtualError."""
    folder = scenario.folder or ROOT
    path = stage.path if folder == ROOT else os.path.relpath(stage.file, folder)
    if scenario.args is None:
        args = [*stage.args, *addresses]
    else:
        args = [fill(arg, addresses) for arg in scenario.args]
    argv = tuple(shlex.split(typed(stage, args, path)))
    hidden = () if stage.run else hidden_by(stage.file)
    plugin = str(stage.file) if stage.is_plugin and os.path.isabs(stage.path) else ""
    scenario = replace(scenario, folder=folder)
    return Job(program_of(stage, path), argv, scenario, hidden=hidden, plugin=plugin)


def find(stage: Stage | str | Path) -> tuple[Stage, StageMap]:
    """A stage of the map, or a script as a stage that is not on it."""
    stages = load_map()
    if isinstance(stage, Stage):
        return stage, stages
    try:
        return stages.find(str(stage)), stages
    except UnknownStageError:
        if not Path(ROOT, stage).is_file():
            raise
    none = {"en": "", "zh": ""}
    return Stage(Path(stage).stem, str(stage), 0, "demo", none, none), stages


def program_of(stage: Stage, path: str) -> str:
    """The script to run as __main__, or twistd. Raises VirtualError where it is neither."""
    if replace(stage, path=path).is_python:
        return "twistd" if stage.run else path
    raise VirtualError(f"{stage.id} is not a Python program that a trace or virtual time can run")


def fill(arg: str, addresses: Sequence[str]) -> str:
    """An argument with {1} as the address of server 1."""
    return re.sub(r"\{(\d+)\}", lambda match: addresses[int(match[1]) - 1], arg)


def address_of(port: int, one: Script) -> str:
    """The address of a server, as the stage's argument."""
    return f"{script.UNKNOWN_HOST}:{port}" if one.connect == "unknown" else str(port)


def sendable(one: Script) -> Script:
    """A script that another process can be given; steps of a closure become a tuple."""
    try:
        pickle.dumps(one)
    except (pickle.PicklingError, AttributeError, TypeError):
        return replace(script.schedule(*islice(one.steps(), 100_000)), connect=one.connect)
    return one


def in_time(records: list[Emitted], late: Mapping[int, tuple[int, int]]) -> list[Emitted]:
    """Records as they were emitted, in the order of time.

    Those of `late`, by their place there, stand after as many as had been emitted when they
    happened.
    """
    if not late:
        return sorted(records, key=itemgetter(0))
    places = [(record[0], *late.get(n, (n + 1, 0)), n) for n, record in enumerate(records)]
    return [records[place[-1]] for place in sorted(places)]


def merged(both: Sequence[Sequence[Event]], places: Mapping[int, int]) -> tuple[Event, ...]:
    """The events of two programs in the order in which they happened: each one's own, and by their
    places in the journal; one that was emitted late stands with what comes after it."""
    keyed = []
    for number, events in enumerate(both):
        key = (math.inf, math.inf)
        for at, event in reversed([*enumerate(events)]):
            key = min((event.t, places[id(event)]), key)
            keyed.append((*key, number, at, event))
    return tuple(event for *_, event in sorted(keyed, key=itemgetter(0, 1, 2, 3)))


@no_collection()
def read_journal(journal: IO[bytes], status: int | None, number: int = 0) -> Emissions:
    """What a process has emitted; of two programs, the one of this number. `status` is its exit
    status, None where it was killed. The addresses of objects in what was printed are numbered,
    since they differ from run to run."""
    found = Emissions()
    late: dict[int, tuple[int, int]] = {}  # of those emitted late: how many came before each
    seen: dict[str, str] = {}
    for at, (t, kind, fields) in enumerate(records(journal)):
        if fields.pop("program", 0) != number:
            continue
        found.last = at
        if kind == "_client":
            found.clients.append(Received(fields["data"], fields["how"], t))
            continue
        found.seconds = max(found.seconds, t)
        if kind == "_end":
            found.how, found.ended = fields["how"], fields["line"]
            continue
        if kind == "print":
            fields["text"] = numbered(fields["text"], seen)
            if fields.pop("partial", False):
                found.partial.add(fields["stream"])
        if "after" in fields:
            late[len(found.records)] = fields.pop("after")
        found.records.append((t, kind, fields, at))
    found.records = in_time(found.records, late)
    if status is None:
        found.how = "busy"
        found.ended = f"killed at t={found.seconds:.3f} s: it is in one call that does not end"
    return found


@no_collection()
def run_of(
    stage: str,
    argv: tuple[str, ...],
    status: int | None,
    cpu: float,
    found: Emissions,
    places: dict[int, int] | None = None,
) -> Run:
    """What happened, as events; `places` gets the place in the journal of each, by its identity."""
    places = {} if places is None else places
    events = [event_of(t, stage, kind, fields) for t, kind, fields, _ in found.records]
    places.update(zip(map(id, events), map(itemgetter(3), found.records), strict=True))
    status = STATUSES[found.how] if status is None else status
    events.append(Exit(found.seconds, stage, status=status, how=found.how))
    places[id(events[-1])] = found.last
    return Run(
        argv,
        status,
        found.how,
        found.ended,
        found.seconds,
        tuple(events),
        tuple(found.clients),
        frozenset(found.partial),
        cpu,
    )
