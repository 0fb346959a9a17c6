"""Check a learner's own file: the behaviours that a stage must have, in simulated time."""

import tempfile
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from companion.check import clients as check_clients
from companion.check import demos as check_demos
from companion.check import proxies as check_proxies
from companion.check import servers as check_servers
from companion.check.subject import Check, Stuck, Subject, Unmet, group_of
from companion.tutorial.stages import Stage, StageMap
from companion.virtual.run import program_of
from companion.virtual.stand_ins import VirtualError

CHECKS = (
    *check_clients.CHECKS,
    *check_servers.CHECKS,
    *check_proxies.CHECKS,
    *check_demos.CHECKS,
)


class CheckError(ValueError):
    """The stage or the file can't be checked at all; the message is one line."""


class SourceError(CheckError):
    """The file is no Python program; the message names the line."""


@dataclass(frozen=True)
class Result:
    """How a file fared in one check; `left_out` are the checks not tried, as this one is why."""

    check: Check
    hint: str = ""
    expected: str = ""
    happened: str = ""
    stuck: bool = False
    left_out: int = 0

    @property
    def passed(self) -> bool:
        return not self.happened


def checks_of(stage: Stage) -> list[Check]:
    """The checks of a stage, in their order. Raises CheckError where it has none."""
    try:
        program_of(stage, stage.path)
    except VirtualError:
        raise CheckError(f"{stage.id} is not a plain Python program, so it has no checks") from None
    return [check for check in CHECKS if check.is_for(stage)]


def check_file(file: Path, stage: Stage) -> Iterator[Result]:
    """Take a file through all the checks of a stage, one result at a time.

    A first run that crashes, or a run that never waits, leaves the rest out. Raises SourceError.
    """
    checks = checks_of(stage)
    compiled(file)
    with tempfile.TemporaryDirectory() as folder:
        subject = Subject(file, stage, Path(folder))
        for number, check in enumerate(checks, 1):
            result = judged(check, subject)
            if hopeless := why_hopeless(result, subject, number == 1):
                yield replace(result, hint=hopeless, left_out=len(checks) - number)
                return
            yield result


def judged(check: Check, subject: Subject) -> Result:
    stage = subject.stage
    part = min(check.part or stage.part, stage.part)
    hint = f"{check.hint.format(id=stage.id)} (companion part {part})"
    try:
        check.judge(subject)
    except Unmet as err:
        return Result(check, hint, err.expected, err.happened, isinstance(err, Stuck))
    return Result(check)


def why_hopeless(result: Result, subject: Subject, first: bool) -> str:
    """A hint of its own where more checks would tell no more; "" where they are worth a try."""
    if result.stuck:
        return (
            "whatever runs without end keeps the loop from its work: never block (companion part 3)"
        )
    crashed = any(map(subject.crash, subject.runs.values()))
    if first and crashed and not result.passed and group_of(subject.stage) != "demo":
        return "run it by hand, as its part says, to see the whole traceback"
    return ""


def compiled(file: Path) -> None:
    """Raises SourceError where the file is no Python program."""
    if file.suffix != ".py":
        raise SourceError(f"{file.name}: a Python program is wanted, with a name that ends in .py")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(file.read_bytes(), file.name, "exec")
    except SyntaxError as err:
        place = f"{file.name}, line {err.lineno}" if err.lineno else file.name
        raise SourceError(f"{place}: {err.msg}") from None
    except ValueError as err:
        raise SourceError(f"{file.name}: {err}") from None


def find_stage(name: str, stages: StageMap) -> Stage:
    """The stage to check as. Raises UnknownStageError, or CheckError where it has no checks."""
    stage = stages.find(name)
    checks_of(stage)
    return stage
