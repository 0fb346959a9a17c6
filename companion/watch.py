"""A race watched: its events go to the terminal or the pipe, to a file, to a picture."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TextIO

from rich.console import Console
from rich.live import Live

from companion.event import Event, write_events
from companion.poems import Poem
from companion.race import Course, Show, course_of, run_race
from companion.stages import Stage
from companion.standings import Standings
from companion.view_race import frame, plain_line
from companion.view_timeline import Limits, table_text, timeline_svg, timeline_text


@dataclass(frozen=True)
class Outputs:
    """Where a race goes: the terminal or pipe, and files for its events and its picture."""

    screen: TextIO
    json_file: TextIO | None = None
    svg_file: TextIO | None = None


def watch_race(
    stages: Sequence[Stage], poems: Sequence[Poem], options: Mapping[str, Any], outputs: Outputs
) -> int:
    """Race and show. Returns the status for the shell; raises RunError.

    After Ctrl-C what is known so far is shown and kept.
    """
    course = course_of(stages, poems, **options)
    standings = Standings()
    events: list[Event] = []
    keep = outputs.json_file is not None or outputs.svg_file is not None
    console = Console(file=outputs.screen)

    def note(event: Event) -> None:
        standings.add(event)
        if keep:
            events.append(event)

    def told(event: Event) -> None:
        note(event)
        tell(event, outputs.screen)

    if console.is_terminal:
        status = run_race(course, note, live_show(course, standings, console))
    else:
        status = run_race(course, told)
    limits = Limits(course.longest, course.sum)
    width = console.width if console.is_terminal else 80
    outputs.screen.write(f"\n{timeline_text(standings, width)}\n\n")
    outputs.screen.write(f"{table_text(standings, limits)}\n")
    for stage in standings.stages.values():
        if stage.status and stage.last_error:
            outputs.screen.write(f"{stage.label}: {stage.last_error}\n")
    if outputs.json_file is not None:
        write_events(events, outputs.json_file)
    if outputs.svg_file is not None:
        outputs.svg_file.write(timeline_svg(events, limits))
    return status


def tell(event: Event, screen: TextIO) -> None:
    line = plain_line(event)
    if line is not None:
        screen.write(f"{line}\n")
        if event.kind == "exit":
            screen.flush()


def live_show(course: Course, standings: Standings, console: Console) -> Show:
    labels = [label for label, _ in course.stages]
    live = Live(console=console, auto_refresh=False, transient=False)
    live.start()

    def draw(seconds: float) -> None:
        width, height = console.size
        live.update(frame(standings, labels, seconds, width, height), refresh=True)

    return Show(draw, live.stop)
