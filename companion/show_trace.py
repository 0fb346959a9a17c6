"""A trace made, kept, and shown: as text, as a picture, as a page."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from companion import script
from companion.clock import VirtualError, VirtualRun, run_virtual, scripts_of
from companion.event import Event, EventError, read_events, write_events
from companion.faults import with_fault
from companion.stages import ROOT, Stage, load_map
from companion.trace import whole
from companion.view_ladder import ladder_text
from companion.view_trace import head, trace_text
from companion.view_virtual import waiting_input

PROBE = "companion.probe:install"
LIMIT = 60.0  # seconds of real time


class TraceError(Exception):
    """There is no trace to show; the message is one line."""


@dataclass(frozen=True)
class Outputs:
    """Where a trace goes: JSON lines instead of text, and files of a picture and a page; and in
    which language it is told."""

    lang: str = "en"
    as_json: bool = False
    svg: Path | None = None
    html: Path | None = None


def traced(stage: Stage, fault: str = "", stdin: str = "") -> VirtualRun:
    """Run a stage, traced, in simulated time; three clients come to a server of the map.

    Raises TraceError where it can't be traced.
    """
    clients = [script.reader(at) for at in (0.0, 0.05, 0.1)]
    if stage.id == "transform-server":
        clients = [script.sender(b"25:cummingsify.A Poem of Mine,")]
    serves = stage.kind in ("server", "proxy")
    try:
        scripts = scripts_of(stage, load_map())
        run = run_virtual(
            stage,
            scripts=with_fault(fault, scripts) if fault else scripts,
            stdin=stdin,
            clients=clients if serves else (),
            limit=LIMIT,
            probe=PROBE,
            folder=ROOT,
        )
    except VirtualError as err:
        raise TraceError(str(err)) from None
    if run.how == "broken":
        raise TraceError(run.ended)
    return run


def kept(file: Path) -> list[Event]:
    """The events of a kept trace. Raises TraceError."""
    try:
        with file.open(encoding="utf-8") as lines:
            events = [whole(event) for event in read_events(lines)]
    except UnicodeDecodeError:
        raise TraceError(f"{file} is not a kept trace: not UTF-8") from None
    except OSError as err:
        raise TraceError(f"can't read {file}: {err.strerror}") from None
    except EventError as err:
        raise TraceError(f"{file} is not a kept trace: {err}") from None
    if not events:
        raise TraceError(f"{file} is not a kept trace: it is empty")
    return events


def show_trace(
    stage: Stage | None, replay: Path | None, fault: str, outputs: Outputs, out: TextIO, width: int
) -> None:
    """Trace a stage, or take a kept trace, and show it. Raises TraceError, and OSError."""
    if stage is not None:
        events: Sequence[Event] = traced(stage, fault, waiting_input()).events
    else:
        assert replay is not None
        events = kept(replay)
    idea = stage.idea[outputs.lang] if stage else ""
    if outputs.svg or outputs.html:
        write_pictures(events, idea, outputs)
    if outputs.as_json:
        write_events(events, out)
    elif not (outputs.svg or outputs.html):
        print(trace_text(events, width, outputs.lang), file=out)
        if ladder := ladder_text(events, width, outputs.lang):
            print(f"\n{ladder}", file=out)


def write_pictures(events: Sequence[Event], idea: str, outputs: Outputs) -> None:
    from companion.view_trace_svg import trace_svg

    picture = trace_svg(events, outputs.lang)
    if outputs.svg:
        outputs.svg.write_text(picture, encoding="utf-8")
    if outputs.html:
        from companion.view_diff_html import HTML_LANG, template

        title = head(events, outputs.lang)
        page = template("trace.html").render(
            lang=HTML_LANG[outputs.lang], title=title, idea=idea, picture=picture
        )
        outputs.html.write_text(page, encoding="utf-8")
