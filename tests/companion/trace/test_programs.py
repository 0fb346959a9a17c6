"""Small programs of every kind that Twisted is used for: each is traced as it really runs, or
refused by name.

A program's last lines say who comes to it (as typed), what it reads, what it prints, and where it
is refused in simulated time.
"""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from pytest_twisted import ensureDeferred

from companion.trace.own import Own, client, signalled
from companion.trace.real import RealTrace
from companion.trace.show import PROBE
from companion.trace.text import trace_text
from companion.trace.trace import Trace
from companion.tutorial.stages import program
from companion.virtual.run import VirtualRun, run_virtual
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
        self.own = Own(
            clients=tuple(client(text) for option, text in pairs if option == "--client"),
            signals=tuple(signalled(text) for option, text in pairs if option == "--signal"),
            stdin="".join(self.said("stdin")).replace(r"\n", "\n"),
        )

    def said(self, word: str) -> list[str]:
        return [line.strip() for line in re.findall(rf"^# {word}:(.*)$", self.text, re.M)]

    def simulated(self, **options: Any) -> VirtualRun:
        return run_virtual(
            self.stage,
            [],
            scripts=(),
            clients=self.own.clients,
            signals=self.own.signals,
            stdin=self.own.stdin or "",
            folder=self.path.parent,
            **options,
        )

    def printed(self, run: VirtualRun) -> list[str]:
        """What the program itself prints; twistd has it in its log."""
        lines = [text.rstrip() for _, stream, text in run.lines if stream == "stdout"]
        if self.path.suffix == ".tac":
            return [text.partition("[stdout#info] ")[2] for text in lines if "[stdout#" in text]
        return lines


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_a_program_is_traced_as_it_runs_or_refused_by_name(path: Path) -> None:
    told = Told(path)
    run, traced = told.simulated(), told.simulated(probe=PROBE)
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
async def test_in_real_time_it_does_the_same(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine may be late: a run that differs is made again, and has to differ always."""
    told = Told(path)
    monkeypatch.chdir(path.parent)
    wanted: tuple[object, ...] = (told.said("prints"),)
    if not told.said("refused"):
        wanted += deeds(told.simulated(probe=PROBE))
    for _ in range(3):
        tracing = RealTrace(told.stage, (), told.own.clients, told.own.stdin or "", told.own)
        run = await tracing.run()
        assert run is not None
        real = (told.printed(run), *deeds(run))[: len(wanted)]
        if real == wanted:
            return
    assert real == wanted


def deeds(run: VirtualRun) -> tuple[object, ...]:
    return run.status, run.how, acts(run), ends(run)
