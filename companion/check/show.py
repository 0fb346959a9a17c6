"""The checks of a learner's file as a reader sees them: results in, text or JSON out."""

import re
import shlex
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from companion.check.exercise import Task, stage_task
from companion.check.run import PART_OF, Python2Error, Result, compiled, results_of
from companion.check.subject import GROUPS, Subject
from companion.render.language import translated
from companion.render.terminal import Screen, as_json
from companion.render.text import columns
from companion.tutorial.doings import next_text
from companion.tutorial.stages import Stage
from companion.tutorial.typed import path_typed
from companion.virtual.forks import STATUSES

if TYPE_CHECKING:
    from companion.check.diagnosis import Diagnosis

WORDS = {
    "en": {
        "pass": "pass",
        "fail": "fail",
        "could": "could",
        "open": "open",
        "expected": "expected",
        "happened": "happened",
        "hint": "hint",
        "cause": "cause",
        "note": "note",
        "instead": "{}. In real time instead: {} of {} checks",
        "real": "{} (in real time)",
        "see": "to see it",
        "exercise": "What the exercise asks for",
        "asked": "What the tutorial asks for",
        "lesson": "What the step is about",
        "beyond": "Beyond the tutorial: advice, which decides nothing (--strict lets it)",
        "sound": "beyond the tutorial: all that a robust program does, too",
        "rest": "and {} more, which may come of the same: {}",
        "between": "; ",
        "sum": "{file} as {name}: {passed} of {count} checks passed",
        "name": "exercise {}",
        "left out": "{line}, {left_out} not tried: mend this first",
        "not covered": "{line}, {left_out} not tried: simulated time does not cover them",
        "advice": "; {} to think about",
    },
    "zh": {
        "pass": "通过",
        "fail": "失败",
        "could": "建议",
        "open": "未定",
        "expected": "应有",
        "happened": "实际",
        "hint": "提示",
        "cause": "原因",
        "note": "说明",
        "instead": "{}。改用真实时间：{} 项，共 {} 项检查",
        "real": "{}（真实时间）",
        "see": "查看",
        "exercise": "练习要求的",
        "asked": "教程要求的",
        "lesson": "这一步讲的",
        "beyond": "教程之外：只是建议，不影响结果（加 --strict 则影响）",
        "sound": "教程之外：健壮的程序该做的，也都做到了",
        "rest": "另有 {} 项失败，可能出于同一原因：{}",
        "between": "；",
        "sum": "{file}（{name}）：{count} 项检查通过 {passed} 项",
        "name": "练习 {}",
        "left out": "{line}，{left_out} 项未试：先改好这一项",
        "not covered": "{line}，{left_out} 项未试：模拟时间不支持",
        "advice": "；另有 {} 条建议",
    },
}
USE_REAL = re.compile("[;；][^;；]*--real$")  # what a trace is told
NEXT_EXERCISE = "companion exercise"
NAMED = 3  # of the checks that may have failed for the same cause
COLOURS = {"pass": "green", "fail": "red", "could": "yellow", "open": "yellow"}


@dataclass(frozen=True)
class Report:
    """All results of a file, and what is behind those that failed."""

    file: Path
    stage: Stage
    results: Sequence[Result]
    diagnosis: "Diagnosis | None" = None
    strict: bool = False
    exercise: str = ""  # its number, where the checks are an exercise's

    @property
    def failed(self) -> list[Result]:
        """The checks that failed, of those that decide."""
        return [one for one in self.results if not one.passed and one.decides(self.strict)]

    @property
    def shown_with(self) -> str:
        """The first check that failed, as a trace is told it; of which exercise, if it is one's."""
        first = self.failed[0].check
        return f"{self.exercise}:{first.key}" if first.group == "exercise" else first.key

    @property
    def command(self) -> str:
        """The trace that shows what failed, as it is typed."""
        path, real = path_typed(self.file), " --real" if self.failed[0].uncovered else ""
        typed = f"companion trace {shlex.quote(path)} --as {self.stage.id}"
        return f"{typed} --with {self.shown_with}{real}"

    @property
    def status(self) -> int:
        """For the shell: 1 where a check failed, that of a run where one could not be tried."""
        if self.failed:
            return 1
        return 0 if all(one.covered for one in self.results) else STATUSES["not covered"]


def report_of(file: Path, asked: Stage | Task, strict: bool = False) -> Report:
    """Check a file, and find the one cause where it fails. Raises CheckError, SourceError."""
    task = stage_task(asked) if isinstance(asked, Stage) else asked
    if task.python:
        compiled(file)
    number = task.exercise.id if task.exercise else ""
    with tempfile.TemporaryDirectory() as folder:
        subject = Subject(file, task.stage, Path(folder))
        results = list(results_of(subject, task.checks))
        report = Report(file, task.stage, results, None, strict, number)
        if not report.failed or not task.python:
            return report
        from companion.check.diagnosis import diagnose  # much to load, if all is well

        return replace(report, diagnosis=diagnose(subject, report.failed))


def check_and_show(
    file: Path, asked: Stage | Task, screen: Screen, json: bool = False, strict: bool = False
) -> int:
    """Check a file, show how it fared and what to type next, and give the exit status. Raises
    SourceError."""
    lang = screen.lang
    try:
        report = report_of(file, asked, strict)
    except Python2Error as err:
        print(
            as_json({"file": str(file), "python2": err.lines[lang]})
            if json
            else "\n".join(err.lines[lang])
        )
        return 1
    if json:
        print(report_json(report, lang))
    else:
        last = next_text(next_command(report), lang)
        screen.show(f"{report_text(report, screen)}\n{last}")
    return report.status


def next_command(report: Report) -> str:
    """What to type after a check: what happens in the file, or the exercise's hint, where it
    failed; what it has otherwise than the stage, or the next exercise, where it passed."""
    if report.exercise:
        return f"companion exercise {report.exercise} --hint" if report.failed else NEXT_EXERCISE
    if report.failed and report.stage.is_python:
        return report.command
    return f"companion diff {report.stage.id} {shlex.quote(str(report.file))}"


def report_text(report: Report, screen: Screen) -> str:
    """The cause first, then the groups with a line a check, then how many passed."""
    words = WORDS[screen.lang]
    lines: list[str] = []
    if report.failed:
        lines += [*cause_lines(report, screen), ""]
    lines += note_lines(report, screen)
    for group in GROUPS:
        results = [one for one in report.results if one.check.group == group]
        if group == "beyond" and results and all(one.passed for one in results):
            lines.append(words["sound"])
        elif results:
            lines.append(words[group])
            lines += [line for one in results for line in result_lines(one, report, screen)]
    return "\n".join([*lines, *screen.wrap(sum_text(report, screen.lang))])


def note_lines(report: Report, screen: Screen) -> list[str]:
    """What simulated time does not cover, and how many checks were tried in real time instead."""
    words, every = WORDS[screen.lang], report.results
    reasons = [one.uncovered for one in every if one.uncovered]
    if not reasons:
        return []
    why = USE_REAL.sub("", translated(screen.lang, reasons[0]))
    text = words["instead"].format(why, len(reasons), len(every))
    return labelled(words["note"], text, 0, screen)


def cause_lines(report: Report, screen: Screen) -> list[str]:
    """What is behind the failure, and the checks that may have failed for the same reason."""
    unwrapped = replace(screen, columns=0)  # a command can be copied
    lines = [
        line
        for label, text in cause_pairs(report, screen.lang)
        for line in labelled(label, text, 0, unwrapped if text == report.command else screen)
    ]
    if rest := rest_text(report, screen.lang):
        lines += screen.wrap(rest, 0)
    return lines


def cause_pairs(report: Report, lang: str) -> Iterator[tuple[str, str]]:
    """What is behind the failure, the diagnosis or the hint of the first check that failed, what
    was expected and what happened, and what to type: each with its label."""
    words, first, diagnosis = WORDS[lang], report.failed[0], report.diagnosis
    cause = first.hint[lang]
    if diagnosis:
        cause = PART_OF[lang].format(diagnosis.cause[lang], diagnosis.part)
    yield words["cause"], cause
    for key in ("expected", "happened"):
        yield words[key], translated(lang, getattr(first, key))
    if diagnosis and first.check.group == "exercise":
        yield words["hint"], first.hint[lang]
    if report.stage.is_python:
        yield words["see"], report.command


def rest_text(report: Report, lang: str) -> str:
    """The other checks that failed, the first of them by their names, "" for none."""
    rest = report.failed[1:]
    names = [one.check.name[lang] for one in rest[:NAMED]] + ["…"] * bool(rest[NAMED:])
    words = WORDS[lang]
    return words["rest"].format(len(rest), words["between"].join(names)) if rest else ""


def verdict_of(result: Result, strict: bool = False) -> str:
    """How a check ended, as a key of WORDS: pass, fail, could (advice), open (not covered)."""
    if not result.covered:
        return "open"
    if result.passed:
        return "pass"
    return "fail" if result.decides(strict) else "could"


def result_lines(result: Result, report: Report, screen: Screen) -> list[str]:
    """One line for a check; for advice one more that says how, and where nobody knows the cause,
    what was expected and what happened."""
    words = WORDS[screen.lang]
    verdict = verdict_of(result, report.strict)
    word = words[verdict]
    indent = columns(word) + 2
    name = result.check.name[screen.lang]
    name = words["real"].format(name) if result.uncovered else name
    lines = screen.beside(f"{word}  ", name)
    lines[0] = screen.paint(word, COLOURS[verdict]) + lines[0][len(word) :]
    if verdict == "open":
        lines += labelled(
            words["happened"], translated(screen.lang, result.happened), indent, screen
        )
    elif verdict == "could":
        lines += labelled(words["hint"], result.hint[screen.lang], indent, screen)
    elif verdict == "fail" and not (report.diagnosis or same(result, report.failed[0])):
        for label in ("expected", "happened"):
            lines += labelled(
                words[label], translated(screen.lang, getattr(result, label)), indent, screen
            )
    return lines


def same(one: Result, other: Result) -> bool:
    """Whether two checks failed alike, so that what is said of one holds for the other."""
    return (one.expected, one.happened) == (other.expected, other.happened)


def labelled(label: str, text: str, indent: int, screen: Screen) -> list[str]:
    """A text beside its label, with a hanging indent."""
    return screen.beside(" " * indent + label + " " * (10 - columns(label)), text)


def sum_text(report: Report, lang: str) -> str:
    """The last line: how many checks passed of those that decide, and what is advice."""
    words = WORDS[lang]
    left_out = report.results[-1].left_out
    deciding = [one for one in report.results if one.decides(report.strict)]
    passed = sum(one.passed for one in deciding)
    advice = sum(not one.passed and one.covered for one in report.results) - len(report.failed)
    count = len(deciding) + left_out
    name = words["name"].format(report.exercise) if report.exercise else report.stage.id
    line = words["sum"].format(file=report.file.name, name=name, passed=passed, count=count)
    if left_out:
        return words["left out"].format(line=line, left_out=left_out)
    if opened := sum(not one.covered for one in report.results):
        return words["not covered"].format(line=line, left_out=opened)
    return line + (words["advice"].format(advice) if advice else "")


def failure_text(result: Result, lang: str = "en") -> str:
    """A check that failed, as pytest shows it."""
    words = WORDS[lang]
    return "\n".join(
        f"{words[label]}: {text}"
        for label, text in (
            ("expected", translated(lang, result.expected)),
            ("happened", translated(lang, result.happened)),
            ("hint", result.hint[lang]),
        )
    )


def report_json(report: Report, lang: str) -> str:
    """All of it as a JSON object."""
    checks: list[dict[str, Any]] = []
    for one in report.results:
        check = {"check": one.check.key, "group": one.check.group, "name": one.check.name[lang]}
        more: dict[str, Any] = {"expected": one.expected, "happened": one.happened}
        more["hint"] = one.hint.get(lang)
        more |= {} if one.covered else {"covered": False}
        check |= {"uncovered": one.uncovered} if one.uncovered else {}
        checks.append({**check, "passed": one.passed} | ({} if one.passed else more))
    found = report.diagnosis
    cause = found and {"cause": found.cause[lang], "part": found.part, "command": report.command}
    return as_json(
        {
            "file": str(report.file),
            "stage": report.stage.id,
            **({"exercise": report.exercise} if report.exercise else {}),
            "passed": not report.failed,
            "diagnosis": cause,
            "checks": checks,
            "not_tried": report.results[-1].left_out,
        }
    )
