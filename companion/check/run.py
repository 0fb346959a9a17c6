"""Check a learner's own file: the behaviours that a stage must have, in simulated time."""

import contextlib
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from importlib.util import decode_source
from pathlib import Path

from companion.check import python2
from companion.check.subject import (
    CHECKS,
    GROUPS,
    Check,
    NotCovered,
    RealSubject,
    Stuck,
    Subject,
    Texts,
    Unmet,
    kind_of,
)
from companion.peers.scenario import AS_MAPPED, Scenario
from companion.render.language import LANGUAGES
from companion.tutorial.stages import Stage, StageMap
from companion.virtual.run import program_of
from companion.virtual.stand_ins import VirtualError

PART_OF = {"en": "{} (companion part {})", "zh": "{}（companion part {}）"}
# Where more checks would show no more.
STUCK = {
    "en": "whatever runs without end keeps the loop from its work: never block (companion part 3)",
    "zh": "没有尽头的代码会让循环什么也做不了：绝不要阻塞（companion part 3）",
}


class CheckError(ValueError):
    """The stage or the file can't be checked at all; the message is one line."""


class SourceError(CheckError):
    """The file is no Python program; the message names the line."""


class Python2Error(SourceError):
    """The file is Python 2; `lines` say so, by language: what differs, by line, and what to do."""

    def __init__(self, name: str, found: list[python2.Differs]) -> None:
        self.lines = {lang: python2.lines_of(name, found, lang) for lang in LANGUAGES}
        super().__init__(" ".join(" ".join(self.lines["en"]).split()))


@dataclass(frozen=True)
class Result:
    """How a file fared in one check; `left_out` are the checks not tried, as this one is why.

    `scenario` is that of the run in which it failed.
    """

    check: Check
    hint: Texts = field(default_factory=dict)
    expected: str = ""
    happened: str = ""
    left_out: int = 0
    covered: bool = True  # or else nobody can say
    uncovered: str = ""  # why it was tried in real time: what simulated time does not cover
    scenario: Scenario = field(default=AS_MAPPED, compare=False)

    @property
    def passed(self) -> bool:
        return not self.happened

    def decides(self, strict: bool) -> bool:
        """Whether the exit status hangs on it."""
        return self.covered and (strict or self.check.group != "beyond")


def checks_of(stage: Stage) -> list[Check]:
    """The checks of a stage, group by group. Raises CheckError where it has none."""
    try:
        program_of(stage, stage.path)
    except VirtualError:
        raise CheckError(f"{stage.id} is not a plain Python program, so it has no checks") from None
    load_checks(demos=kind_of(stage) == "demo", others=kind_of(stage) != "demo")
    found = [check for check in CHECKS if check.is_for(stage)]
    return sorted(found, key=lambda check: GROUPS.index(check.group))


def load_checks(demos: bool = True, others: bool = True) -> list[Check]:
    """Register the checks of demonstrations, and those of all others: each takes a while to load.
    Return all that are registered."""
    if demos:
        import companion.check.demos
    if others:
        import companion.check.clients
        import companion.check.late
        import companion.check.lesson
        import companion.check.proxies
        import companion.check.servers  # noqa: F401
    return CHECKS


def robust(part: int, stages: StageMap, lang: str) -> list[str]:
    """What the checks of a part's stages ask beyond the tutorial, each in its words once."""
    found: list[str] = []
    for stage in stages.stages:
        if stage.part == part:
            with contextlib.suppress(CheckError):
                found += [one.name[lang] for one in checks_of(stage) if one.group == "beyond"]
    return list(dict.fromkeys(found))


def results_of(subject: Subject, checks: Sequence[Check]) -> Iterator[Result]:
    """Take a compiled file through checks, one result at a time.

    A run that never waits leaves the rest out.
    """
    for number, check in enumerate(checks, 1):
        result = judged(check, subject, len(checks) - number)
        yield result
        if result.left_out:
            return


def judged(check: Check, subject: Subject, rest: int = 0) -> Result:
    """One check; where nothing after it could show more, the `rest` is left out."""
    stage = subject.stage
    part = min(check.part or stage.part, stage.part)
    hint = check.hint
    if check.group != "exercise":
        hint = {
            lang: PART_OF[lang].format(text.format(id=stage.id), part)
            for lang, text in check.hint.items()
        }
    try:
        check.judge(subject)
    except NotCovered as err:
        if isinstance(subject, RealSubject) or check.timed or check.group == "exercise":
            return Result(check, {}, err.expected, err.happened, covered=False)
        return replace(judged(check, subject.in_real_time, rest), uncovered=err.happened)
    except Unmet as err:
        stuck = isinstance(err, Stuck)
        return Result(
            check,
            STUCK if stuck else hint,
            err.expected,
            err.happened,
            rest if stuck else 0,
            scenario=subject.last,
        )
    return Result(check)


def compiled(file: Path) -> None:
    """Raises SourceError, in Python's own words, where the file is no Python program."""
    if file.suffix not in (".py", ".tac"):
        raise SourceError(f"{file.name}: a Python program is wanted, with a name that ends in .py")
    data = file.read_bytes()
    try:
        text = decode_source(data)
    except UnicodeDecodeError as err:
        line = data[: err.start].count(b"\n") + 1
        byte = f"\\x{data[err.start]:02x}"
        raise SourceError(
            f"{file.name}, line {line}: Non-UTF-8 code starting with '{byte}',"
            " but no encoding declared"
        ) from None
    except SyntaxError as err:
        raise SourceError(f"{file.name}: not Python: {err.msg}") from None
    if found := python2.differences(text):
        raise Python2Error(file.name, found)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(data, file.name, "exec")
    except SyntaxError as err:
        place = f"{file.name}, line {err.lineno}" if err.lineno else file.name
        raise SourceError(f"{place}: not Python: {err.msg}") from None
    except ValueError as err:
        raise SourceError(f"{file.name}: not Python: {err}") from None
