"""A race watched: its events go to the terminal or the pipe, to a file, to a picture."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TextIO

from rich.console import Console
from rich.live import Live

from companion.event import Event, Exit, Print, Read, write_events
from companion.processes.build import RunError
from companion.race.conductor import Show, run_race
from companion.race.course import Course
from companion.race.frame import ASCII, BLOCKS, Size, frame, plain_line
from companion.race.standings import Standings
from companion.race.table import table_text
from companion.race.timeline import closing_lines, timeline_svg, timeline_text
from companion.tutorial.doings import comparable, next_text
from companion.tutorial.stages import load_map


@dataclass(frozen=True)
class Outputs:
    """Where a race goes: the terminal or pipe, and files for its events and its picture."""

    screen: TextIO
    json: TextIO | None = None
    svg: TextIO | None = None
    lang: str = "en"


def watch_race(course: Course, outputs: Outputs) -> int:
    """Race and show. Returns the status for the shell; raises RunError, and OSError.

    After Ctrl-C what is known so far is shown and kept.
    """
    screen = outputs.screen
    standings = Standings()
    events: list[Event] = []
    console = Console(file=screen)
    live = screen.isatty() and not console.is_dumb_terminal

    def note(event: Event) -> None:
        standings.add(event)
        events.append(event)
        if not live and (line := plain_line(event, outputs.lang)) is not None:
            print(line, file=screen, flush=True)

    def keep_all() -> RunError | None:
        return keep(in_order(events), outputs)

    show = live_show(standings, console, outputs.lang) if live else None
    try:
        status = run_race(course, note, show, keep_all)
    finally:
        problem = keep_all()
    if any(stage.started is not None for stage in standings.stages.values()):
        width = console.width if live else 80
        lang = outputs.lang
        parts = [timeline_text(standings, width, lang), table_text(standings, width, lang)]
        last = ["", next_text(next_command(course), lang)]
        screen.write("\n".join(["", *parts, *closing_lines(standings, lang), *last, ""]))
        screen.flush()
    if problem is not None:
        raise problem
    return status


def next_command(course: Course) -> str:
    """What to type after a race: what happens in its first two stages, or in one of them."""
    stages = load_map().by_id
    there = [stages[racer.label] for racer in course.racers if racer.label in stages]
    traced = [stage for stage in there if stage.is_python]
    if len(traced) > 1 and comparable(*traced[:2]):
        return f"companion compare {traced[0].id} {traced[1].id}"
    return f"companion trace {traced[0].id}" if traced else "companion list"


def in_order(events: Sequence[Event]) -> list[Event]:
    """The events by their times. What a stage printed and read is seen a moment later, which may
    be after its end, whose time is the kernel's: it did so at its end, at the latest."""
    ends = {event.stage: event.t for event in events if isinstance(event, Exit)}
    timed = [
        event.but(t=min(event.t, ends.get(event.stage, event.t)))
        if isinstance(event, Print | Read)
        else event
        for event in events
    ]
    return sorted(timed, key=lambda event: (event.t, isinstance(event, Exit)))


def keep(events: Sequence[Event], outputs: Outputs) -> RunError | None:
    """Write the files, each of them even if another can't be written; gives the first error."""
    problems = []

    def write_timeline(events: Sequence[Event], file: TextIO) -> None:
        file.write(timeline_svg(events, outputs.lang))

    for file, write in ((outputs.json, write_events), (outputs.svg, write_timeline)):
        try:
            if file is not None:
                write(events, file)
                file.flush()
        except OSError as err:
            problems.append(RunError(f"can't write {file and file.name}: {err.strerror}"))
    return next(iter(problems), None)


def live_show(standings: Standings, console: Console, lang: str) -> Show:
    """The view of a terminal: on its other screen, so that a change of its size does no harm."""
    live = Live(console=console, auto_refresh=False, screen=True, redirect_stderr=False)
    glyphs = ASCII if console.options.ascii_only else BLOCKS
    if glyphs is ASCII and isinstance(console.file, io.TextIOWrapper):
        console.file.reconfigure(errors="replace")  # by one letter: a longer one breaks the frame

    def draw(seconds: float) -> None:
        live.start()
        size = Size(*console.size, glyphs, lang)
        live.update(frame(standings, seconds, size), refresh=True)

    return Show(draw, live.stop)
