"""A learner's file in the place of a stage, and what one check of it is made of."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from companion.peers.scenario import AS_MAPPED, Scenario
from companion.peers.script import Script
from companion.render.language import LANGUAGES
from companion.tutorial.stages import Stage
from companion.virtual.aside import play_aside
from companion.virtual.forks import ForkError
from companion.virtual.run import Run, play

LIMIT = 4.0  # seconds of real time that one run may take
COSTLY = 2.0  # seconds of CPU time: whoever takes more takes them again in every check
UNTIL = 120.0  # seconds of simulated time
REAL_LIMIT = 10.0  # seconds that a run in real time may take
LAST_CLIENT = 3.0  # seconds after which the last client comes, in real time
BE = {"busy": "was ", "killed": "was "}
# The traceback may stand in a log, with a tab before each line.
RAISED = re.compile(
    r"^(?P<tab>\s*)Traceback \(most recent call last\):\n"
    r"(?P<frames>(?:(?P=tab)[ \t]+.*\n)*)(?P=tab)(?P<what>\S.*)",
    re.MULTILINE,
)
CHAINED = re.compile(r"During handling of the above|was the direct cause of the following")
# What twistd writes in front of a line that it finds on standard error.
LOGGED = re.compile(r"^\S+ \[stderr#error\] ", re.MULTILINE)
# A plugin is checked as twistd runs it, by its tapname if that is given, but loaded from where it
# is.
PLUGIN = """\
from importlib.util import module_from_spec, spec_from_file_location
from twisted.application import service
from twisted.plugin import IPlugin
spec = spec_from_file_location("learner_plugin", {path!r})
module = module_from_spec(spec)
spec.loader.exec_module(module)
wanted = service.IServiceMaker, IPlugin
makers = [one for one in vars(module).values() if all(face.providedBy(one) for face in wanted)]
if not makers:
    raise SystemExit("no object in the plugin provides IServiceMaker and IPlugin")
named = [one for one in makers if one.tapname == {name!r} or not {name!r}]
if not named:
    raise SystemExit(f"Unknown command: {name}, where the tapname is {{makers[0].tapname}}")
options = named[0].options()
options.parseOptions({args!r})
application = service.Application("checked")
named[0].makeService(options).setServiceParent(application)
"""


class Unmet(Exception):
    """A behaviour is not there: what was expected, and what happened."""

    def __init__(self, expected: str, happened: str) -> None:
        super().__init__(expected, happened)
        self.expected, self.happened = expected, happened


class Stuck(Unmet):
    """A run does not wait, or not in a way that can be simulated: all others would be like it."""


class NotCovered(Unmet):
    """Simulated time can't do what the file does: nothing is said of the file."""


class Subject:
    """A file in the place of a stage. A run is kept, for other checks that look at the same."""

    slack = 0.0  # seconds by which what is on time may be late

    def __init__(self, file: Path, stage: Stage, folder: Path) -> None:
        self.file, self.stage, self.folder = file.resolve(), stage, folder
        self.runs: dict[Scenario, Run] = {}
        self.last = AS_MAPPED  # of the last run

    @cached_property
    def in_real_time(self) -> "Subject":
        """The same file, run in real time."""
        return RealSubject(self.file, self.stage, self.folder)

    @cached_property
    def real(self) -> "Subject":
        """The stage itself."""
        if self.file == self.stage.file.resolve():
            return self
        return Subject(self.stage.file, self.stage, self.folder)

    def run(
        self,
        servers: Sequence[Script] | None = None,
        args: Sequence[str] | None = None,
        **more: Any,
    ) -> Run:
        """A run in the scenario of these; `more` are its other fields.

        Raises Stuck where it would take as long again and again, and NotCovered.
        """
        servers = None if servers is None else tuple(servers)
        args = None if args is None else tuple(args)
        return self.play(Scenario(servers, args, **{"until": UNTIL} | more))

    def play(self, scenario: Scenario) -> Run:
        """A run in this scenario. Raises as `run` does."""
        self.last = scenario
        if scenario not in self.runs:
            stage, args = self.started(scenario.args)
            scene = replace(self.in_time(scenario), args=args)
            self.runs[scenario] = self.played(stage, scene)
        run = self.runs[scenario]
        if run.how in ("not covered", "blocks", "broken"):
            why = run.ended if run.how == "not covered" else ended(run)
            raise NotCovered("a program that simulated time covers", why)
        if run.how == "busy" or run.cpu > COSTLY:
            raise Stuck("a program that waits for what comes, and for nothing else", ended(run))
        if self.slack and run.how == "still runs" and not scenario.clients:
            raise Stuck(f"an end within {REAL_LIMIT:g} seconds", ended(run))
        if len(run.clients) < len(scenario.clients):
            raise Stuck("a server that goes on until a signal ends it", ended(run))
        return run

    def in_time(self, scenario: Scenario) -> Scenario:
        """The scenario, at the pace of the clock."""
        return scenario

    def played(self, stage: Stage, scenario: Scenario) -> Run:
        """A run in simulated time."""
        return play(stage, scenario, limit=LIMIT)

    def traced(self, **options: Any) -> Run:
        """The same as `run`, traced."""
        return self.run(**options, traced=True)

    def started(self, args: Sequence[str] | None) -> tuple[Stage, Sequence[str] | None]:
        """The stage to run, and its arguments: a plugin's are in the file that loads it."""
        if not self.stage.is_plugin:
            return replace(self.stage, path=str(self.file)), args
        tac = self.folder / "plugin.py"
        given = self.stage.args if args is None else args
        *twistd, name = self.stage.run
        text = PLUGIN.format(path=str(self.file), name=name, args=list(given))
        tac.write_text(text, encoding="utf-8")
        run = (*twistd, "--python", "{path}")
        return replace(self.stage, path=str(tac), run=run), []

    def poem_file(self, data: bytes) -> str:
        """A file with this poem, for a server."""
        path = self.folder / f"poem-{len(data)}.txt"
        path.write_bytes(data)
        return str(path)

    def crash(self, run: Run) -> str:
        """The first exception in what a run has printed, with the file's own line; "" if none; of
        one that was raised while another was handled, the later."""
        printed = f"{run.stdout}\n{run.stderr}" if self.stage.run else run.stderr
        printed = LOGGED.sub("", printed)
        if not (all_found := list(RAISED.finditer(printed))):
            return ""
        found = all_found[0]
        for later in all_found[1:]:
            if CHAINED.search(printed[found.end() : later.start()]):
                found = later
        lines = re.findall(rf'File "{re.escape(str(self.file))}", line (\d+)', found["frames"])
        place = f"line {lines[-1]}: " if lines else ""
        return f"{place}{found['what'].removeprefix('builtins.')}"

    def outcome(self, run: Run) -> str:
        """In a line, how a run went."""
        if crash := self.crash(run):
            return f"{short(crash)}; {ended(run)}"
        if error := run.stderr.strip().splitlines():
            return f"{ended(run)}, and said: {short(error[-1])}"
        return f"{ended(run)}, with no word on standard error" if run.how == "exit" else ended(run)

    def expect(self, holds: object, expected: str, run: Run, happened: str = "") -> None:
        """Raises Unmet, with how the run went where nothing closer is said, if it does not hold."""
        if not holds:
            raise Unmet(expected, happened or self.outcome(run))


class RealSubject(Subject):
    """A file in the place of a stage, which is run in real time."""

    slack = 0.6

    def in_time(self, scenario: Scenario) -> Scenario:
        """The scenario with clients who come sooner, each in its turn. Raises NotCovered where it
        takes too long."""
        last = max((client.at for client in scenario.clients), default=0.0)
        sooner = min(1.0, LAST_CLIENT / last) if last else 1.0
        clients = tuple(replace(one, at=one.at * sooner) for one in scenario.clients)
        if any(t > REAL_LIMIT / 2 for t, _ in scenario.signals):
            raise NotCovered("a run of some seconds", "it would take too long in real time")
        return replace(scenario, clients=clients)

    def played(self, stage: Stage, scenario: Scenario) -> Run:
        """A run in real time."""
        try:
            return play_aside(stage, scenario, limit=REAL_LIMIT)
        except ForkError as err:
            raise NotCovered("a program that can be run", str(err)) from None


GROUPS = ("exercise", "asked", "lesson", "beyond")
Texts = dict[str, str]  # by language


@dataclass(frozen=True)
class Check:
    """A behaviour: its key, as client-reset, its group, a name and a hint by language, and the
    part that teaches it, 0 for that of the stage.

    It is for the stages that its key begins with the kind of, and that `applies` is true of.
    `judge` raises Unmet. What is beyond is advice; all else decides. What is `timed` asks for what
    is so in simulated time alone, to the tenth of a second.
    """

    key: str
    group: str
    name: Texts
    part: int
    hint: Texts
    judge: Callable[[Subject], None]
    applies: Callable[[Stage], bool]
    timed: bool = False

    def is_for(self, stage: Stage) -> bool:
        return self.key.startswith(f"{kind_of(stage)}-") and self.applies(stage)


CHECKS: list[Check] = []


Register = Callable[[Callable[[Subject], None]], Callable[[Subject], None]]
PORTS = (
    "argparse does it: a type that raises for what is no port from 1 to 65535",
    "argparse 就能做到：遇到不在 1 到 65535 之间的端口，类型函数抛出异常",
)
RETURNS = (
    "reactor.run() returns at Ctrl-C; then sys.exit says that a signal was the end",
    "按 Ctrl-C 时 reactor.run() 返回；再用 sys.exit 说明是被信号结束的",
)


def check(
    key: str,
    group: str,
    part: int,
    *,
    name: tuple[str, str],
    hint: tuple[str, str],
    applies: Callable[[Stage], bool] = lambda stage: True,
    timed: bool = False,
) -> Register:
    """Register a function as a check; name and hint in English and in Chinese."""

    def register(judge: Callable[[Subject], None]) -> Callable[[Subject], None]:
        texts = (dict(zip(LANGUAGES, pair, strict=True)) for pair in (name, hint))
        CHECKS.append(Check(key, group, next(texts), part, next(texts), judge, applies, timed))
        return judge

    return register


def usage_check(kind: str, hint: tuple[str, str] = PORTS, **more: Any) -> Register:
    """Register the check of a wrong command line."""
    name = "a wrong command line is refused with status 2", "错误的命令行被拒绝，状态为 2"
    return check(f"{kind}-usage", "beyond", 2, name=name, hint=hint, **more)


def interrupted_check(kind: str, end: str, chinese: str) -> Register:
    """Register the check that Ctrl-C ends what serves, `end` and `chinese` in two languages."""
    name = f"Ctrl-C ends the {end} at once", f"按 Ctrl-C {chinese}立刻结束"
    return check(f"{kind}-interrupted", "beyond", 3, name=name, hint=RETURNS)


def kind_of(stage: Stage) -> str:
    """Which checks a stage has: client, server, transform, proxy or demo."""
    if stage.kind in ("demo", "tool") or "shows" in stage.traits:
        return "demo"
    return "transform" if "answers" in stage.traits else stage.kind


def ended(run: Run) -> str:
    """In words, how a run came to its end."""
    if run.how == "exit" and run.status < 0:
        return f"it was ended by signal {-run.status}"
    if run.how == "exit":
        return f"it ended with status {run.status}"
    return f"it {BE.get(run.ended.split()[0], '')}{run.ended}"


def short(text: str, size: int = 100) -> str:
    """A line that fits into a report."""
    return text if len(text) <= size else f"{text[: size - 1]}…"


def interrupted(subject: Subject, run: Run, when: float, zero: bool = False) -> None:
    """Raises Unmet where Ctrl-C does not end a run properly."""
    before = "it had ended before" if run.seconds < when and not subject.crash(run) else ""
    subject.expect(run.seconds >= when, "a wait, until Ctrl-C ends it", run, before)
    proper = (
        run.how == "exit" and run.seconds <= when + 0.2 + subject.slack and not subject.crash(run)
    )
    subject.expect(proper, "an end at once, without a traceback", run)
    subject.expect(zero or run.status != 0, "a status other than 0, as nothing was finished", run)


def usage(subject: Subject, *wrong: tuple[str, ...]) -> None:
    """Raises Unmet where a command line that is wrong is taken."""
    for args in wrong:
        run = subject.run((), args)
        refused = run.status == 2 and run.stderr and not subject.crash(run)
        line = f"with {' '.join(args)}" if args else "without arguments"
        subject.expect(refused, f"{line}: status 2, and why on standard error", run)
