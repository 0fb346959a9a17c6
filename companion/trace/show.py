"""A trace made, kept, and shown: as text, as a picture, as a page."""

import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TextIO

from companion.event import Event, EventError, checked, read_events, write_events
from companion.peers import script
from companion.peers.scenario import Scenario
from companion.peers.script import Client, Script
from companion.render.terminal import PIPE, Screen, say_written
from companion.trace.faults import with_fault
from companion.trace.ladder import ladder_text
from companion.trace.text import trace_text
from companion.trace.trace import Trace
from companion.trace.words import say
from companion.tutorial.doings import comparable, next_text
from companion.tutorial.stages import Stage, load_map
from companion.virtual.forks import ForkError
from companion.virtual.run import Run, play, play_both
from companion.virtual.show import waiting_input
from companion.virtual.stand_ins import VirtualError, scripts_of

LIMIT = 60.0  # seconds of real time


class TraceError(Exception):
    """There is no trace to show; the message is one line."""


@dataclass(frozen=True)
class Outputs:
    """Where a trace goes: JSON lines instead of text, and files of a picture and a page; and on
    which screen, so in which language, it is shown."""

    screen: Screen = PIPE
    as_json: bool = False
    svg: Path | None = None
    html: Path | None = None


@dataclass(frozen=True)
class Wanted:
    """What is to be shown: a stage, traced in simulated or in real time, or a kept trace."""

    stage: Stage | None = None
    replay: Path | None = None
    fault: str = ""
    real: bool = False
    own: Scenario | None = None  # where it is a program of the reader's own that is no stage
    typed: str = ""  # how a file of the reader's own was named
    signals: tuple[tuple[float, str], ...] = ()  # (seconds, name), to a stage
    beside: tuple[Stage, tuple[str, ...]] | None = None  # another program on its clock, with ARGS


def servers_of(stage: Stage, fault: str) -> list[Script]:
    """The servers that a stage needs, with a fault in them where one is named. Raises
    VirtualError."""
    scripts = scripts_of(stage, load_map())
    return with_fault(fault, scripts) if fault else scripts


def clients_of(stage: Stage) -> list[Client]:
    """Who comes to a stage: three clients to a server of the map."""
    if stage.kind not in ("server", "proxy"):
        return []
    if "answers" in stage.traits:
        return [script.sender(b"26:cummingsify.A Poem of Mine,")]
    return [script.reader(at) for at in (0.0, 0.05, 0.1)]


def scenario_of(stage: Stage, fault: str = "", stdin: str = "") -> Scenario:
    """What a stage is traced with, as the map has it. Raises VirtualError."""
    servers, clients = tuple(servers_of(stage, fault)), tuple(clients_of(stage))
    return Scenario(servers, clients=clients, stdin=stdin)


def traced(stage: Stage, fault: str = "", stdin: str = "", limit: float = LIMIT) -> Run:
    """Run a stage, traced, in simulated time, for `limit` real seconds at the most. Raises
    TraceError where it can't be traced."""
    try:
        return traced_in(stage, scenario_of(stage, fault, stdin), limit)
    except VirtualError as err:
        raise TraceError(str(err)) from None


def traced_in(stage: Stage, scenario: Scenario, limit: float = LIMIT) -> Run:
    """The same in this scenario. Raises VirtualError, and TraceError."""
    return unbroken(play(stage, replace(scenario, traced=True), limit=limit))


def traced_two(stage: Stage, own: Scenario, other: Stage, args: Sequence[str]) -> Sequence[Event]:
    """Run two programs, traced and on one clock; the events of both, in their order. Nobody else
    is there but the servers. Raises VirtualError, and TraceError."""
    if other.id == stage.id:
        other = replace(other, id=f"{other.id} (2)")
    one = replace(own, clients=(), others=(), traced=True)
    both = play_both((stage, one), (other, replace(one, args=args, signals=())), limit=LIMIT)
    for run in both.runs:
        unbroken(replace(run, ended=run.ended.removesuffix("; use --real")))
    return both.events


def traced_real(stage: Stage, scenario: Scenario, lang: str = "en") -> tuple[Run, int]:
    """Run a stage, traced, in real time, once in a process; the run, and the number of the signal
    that broke it off, or 0. Raises TraceError where it can't be traced."""
    from twisted.internet.error import CannotListenError

    from companion.virtual.real import RealRun, run_alone

    try:
        real = RealRun(stage, replace(scenario, traced=True))
        if sys.stderr.isatty():
            real.on_begin = lambda: print(say(lang, "runs on", stage=stage.id), file=sys.stderr)
        run, number = run_alone(real)
    except (ForkError, VirtualError, CannotListenError) as err:
        raise TraceError(str(err)) from None
    except SystemExit:
        print(say(lang, "not begun", stage=stage.id), file=sys.stderr)
        raise
    return unbroken(run), number


def unbroken(run: Run) -> Run:
    """A run that shows something. Raises TraceError for one that was refused, or is broken."""
    if run.how in ("broken", "not covered"):
        raise TraceError(run.ended)
    return run


def kept(file: Path) -> Sequence[Event]:
    """The events of a kept trace. Raises TraceError."""
    try:
        with file.open(encoding="utf-8") as lines:
            events = [checked(event) for event in read_events(lines)]
    except UnicodeDecodeError:
        raise TraceError(f"{file} is not a kept trace: not UTF-8") from None
    except OSError as err:
        raise TraceError(f"can't read {file}: {err.strerror}") from None
    except EventError as err:
        raise TraceError(f"{file} is not a kept trace: {err}") from None
    if not events:
        raise TraceError(f"{file} is not a kept trace: it is empty")
    return events


def show_trace(wanted: Wanted, outputs: Outputs, out: TextIO) -> int:
    """Trace a stage, or take a kept trace, and show it; the status for the shell, 128 and its
    number after a signal. Raises TraceError, and OSError."""
    stage = wanted.stage
    if stage is None:
        assert wanted.replay is not None
        events, number = kept(wanted.replay), 0
    else:
        events, number = events_of(stage, wanted, outputs.screen.lang)
    trace = Trace(events)
    if outputs.svg or outputs.html:
        write_pictures(trace, wanted, outputs)
    if outputs.as_json:
        write_events(events, out)
    elif not (outputs.svg or outputs.html):
        last = next_text(next_command(wanted), outputs.screen.lang)
        outputs.screen.show(f"{whole_text(trace, outputs.screen)}\n\n{last}")
    return 128 + number if number else 0


def events_of(stage: Stage, wanted: Wanted, lang: str) -> tuple[Sequence[Event], int]:
    """What happens in a stage, and the number of the signal that broke it off, or 0. Raises
    TraceError."""
    try:
        scenario = wanted.own or replace(
            scenario_of(stage, wanted.fault, waiting_input()), signals=wanted.signals
        )
        if wanted.real:
            run, number = traced_real(stage, scenario, lang)
            return run.events, number
        if wanted.beside:
            return traced_two(stage, scenario, *wanted.beside), 0
        return traced_in(stage, scenario).events, 0
    except VirtualError as err:
        raise TraceError(str(err)) from None


def whole_text(trace: Trace, screen: Screen) -> str:
    """The lanes of a run, and what happens in it step by step."""
    return "\n\n".join(filter(None, (trace_text(trace, screen), ladder_text(trace, screen))))


def stages_of(trace: Trace, wanted: Wanted) -> list[Stage | None]:
    """What each program of a trace is; of a kept one, if it is on the map."""
    if wanted.stage:
        return [wanted.stage, wanted.beside[0]] if wanted.beside else [wanted.stage]
    return [load_map().by_id.get(program.name) for program in trace.programs]


def next_command(wanted: Wanted) -> str:
    """What to type after a trace: the stage beside the one before, or else the same as a page."""
    stage = wanted.stage
    if stage is None:
        return f"companion trace --replay {shlex.quote(str(wanted.replay))} --html trace.html"
    stages = load_map()
    before = stages.by_id.get(stage.after)
    if before and stage.id in stages.by_id and comparable(before, stage):
        return f"companion compare {before.id} {stage.id}"
    return f"companion trace {wanted.typed or stage.id} --html trace.html"


def write_pictures(trace: Trace, wanted: Wanted, outputs: Outputs) -> None:
    """Write the drawing and the page of a trace, where they are asked for, and say so."""
    lang = outputs.screen.lang
    if outputs.svg:
        from companion.trace.picture import trace_svg

        outputs.svg.write_text(trace_svg(trace, lang), encoding="utf-8")
        say_written(outputs.svg, lang)
    if outputs.html:
        from companion.trace.player import trace_page

        idea = wanted.stage.idea[lang] if wanted.stage else ""
        page = trace_page(trace, stages_of(trace, wanted), idea, lang)
        outputs.html.write_text(page, encoding="utf-8")
        say_written(outputs.html, lang)
