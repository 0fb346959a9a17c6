"""Small programs of every kind that Twisted is used for: each is traced as it really runs, or
refused by name.

A program's last lines say who comes to it (as typed), what it reads, what it prints, and where it
is refused in simulated time.
"""

import re
import shlex
from dataclasses import replace
from pathlib import Path

import pytest
from pytest_twisted import ensureDeferred

from companion.peers.scenario import Scenario
from companion.trace.own import client, signalled
from companion.trace.text import trace_text
from companion.trace.trace import Trace
from companion.tutorial.stages import program
from companion.virtual import real
from companion.virtual.run import Run, play
from tests.helpers.traces import acts, ends

PROGRAMS = sorted(path for path in Path(__file__).with_name("programs").iterdir() if path.is_file())


class Told:
    """What a program says of itself."""

    def __init__(self, path: Path) -> None:
        self.stage, self.path = program(path), path
        self.text = path.read_text()
        for module in self.said("needs"):
            pytest.importorskip(module)
        words = shlex.split(" ".join(self.said("trace")))
        pairs = list(zip(words[::2], words[1::2], strict=True))
        self.scenario = Scenario(
            servers=(),
            args=(),
            clients=tuple(client(text) for option, text in pairs if option == "--client"),
            signals=tuple(signalled(text) for option, text in pairs if option == "--signal"),
            stdin="".join(self.said("stdin")).replace(r"\n", "\n"),
            folder=path.parent,
        )

    def said(self, word: str) -> list[str]:
        return [line.strip() for line in re.findall(rf"^# {word}:(.*)$", self.text, re.M)]

    def simulated(self, traced: bool) -> Run:
        return play(self.stage, replace(self.scenario, traced=traced))

    def printed(self, run: Run) -> list[str]:
        """What the program itself prints; twistd has it in its log."""
        lines = [text.rstrip() for _, stream, text in run.lines if stream == "stdout"]
        if self.path.suffix == ".tac":
            return [text.partition("[stdout#info] ")[2] for text in lines if "[stdout#" in text]
        return lines


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_a_program_is_traced_as_it_runs_or_refused_by_name(path: Path) -> None:
    told = Told(path)
    run, traced = told.simulated(traced=False), told.simulated(traced=True)
    assert (run.ended, run.status) == (traced.ended, traced.status), traced.stderr
    if refused := told.said("refused"):
        assert run.ended == f"not covered by simulated time: {refused[0]}; use --real"
        assert run.status == 94
        return
    assert told.printed(run) == told.printed(traced) == told.said("prints"), run.stderr
    assert run.how == "exit", run.ended
    assert trace_text(Trace(traced.events))


@pytest.mark.slow
@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
@ensureDeferred
async def test_in_real_time_it_does_the_same(path: Path) -> None:
    """A busy machine may be late: a run that differs is made again, and has to differ always."""
    told = Told(path)
    wanted: tuple[object, ...] = (told.said("prints"),)
    if not told.said("refused"):
        wanted += deeds(told.simulated(traced=True))
    for _ in range(3):
        run = await real.play(told.stage, replace(told.scenario, traced=True))
        done = (told.printed(run), *deeds(run))[: len(wanted)]
        if done == wanted:
            return
    assert done == wanted


def deeds(run: Run) -> tuple[object, ...]:
    return run.status, run.how, acts(run), ends(run)
