"""A run in simulated time as a reader sees it: what the stage prints, then how long it took."""

import select
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from companion.event import write_events
from companion.peers.scenario import Scenario
from companion.processes.run import exit_status
from companion.render.language import say, translated
from companion.tutorial.stages import ROOT, Stage
from companion.virtual.run import Run, play


def run_in_virtual_time(stage: Stage, args: Sequence[str], as_json: bool, lang: str) -> int:
    """Run a stage, show it on the standard streams, and give its exit status.

    Without arguments it gets those of the map and runs at the root; with them, in this folder. Its
    servers are on ports 10000 and up in either case. Raises VirtualError.
    """
    here = bool(args) or not stage.part
    folder = Path.cwd() if here else ROOT
    scenario = Scenario(args=args if here else None, stdin=waiting_input(), folder=folder)
    run = play(stage, scenario, limit=60)
    if as_json:
        write_events(run.events, sys.stdout)
    else:
        show(run, sys.stdout, sys.stderr, lang)
    return exit_status(run.status)


def waiting_input() -> str:
    """What a pipe or a file gives as standard input, if there is something by now."""
    try:
        there = not sys.stdin.isatty() and select.select([sys.stdin], [], [], 0)[0]
    except (AttributeError, OSError, ValueError):  # there is none, or it has no descriptor
        return ""
    return sys.stdin.read() if there else ""


def show(run: Run, out: TextIO, err: TextIO, lang: str) -> None:
    """The stage's lines, each on its stream; then, on err, how it ended and when."""
    for _, stream, text in run.lines:
        print(text, file=out if stream == "stdout" else err, flush=True)
    took = say(lang, "{:.3f} s of simulated time", run.seconds)
    print(translated(lang, run.ended) or took, file=err)
