"""Whether a step is pure: whatever it changes beside its one idea is found here, and said.

The map says what a step may change. `teaches` names definitions (functions, classes with all that
is in them, Class.method, constants in capitals, `__main__` for loose statements); `budget` is how
many lines may change, + and - counted, blank lines and the docstring's first line not.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from companion.diff.definitions import Definition, Import, Source, argument_statements, read_source
from companion.diff.model import Line
from companion.diff.steps import Step
from companion.tutorial.stages import Stage, StageMap

# Changed lines that a step may have where the map names no budget.
BUDGET = 30

Reason = Literal["untaught", "docstring", "usage", "import"]
REASONS: dict[Reason, str] = {
    "untaught": "a definition that the step does not teach",
    "docstring": "the docstring beyond its first line",
    "usage": "the argument block",
    "import": "an import that nothing taught needs",
}


@dataclass(frozen=True)
class Noise:
    """A changed line that is not part of what the step teaches."""

    reason: Reason
    sign: Literal["+", "-"]
    line: Line


def budget_of(stage: Stage) -> int:
    """The changed lines that the step to a stage may have."""
    return stage.budget or BUDGET


def changed_lines(step: Step) -> int:
    """The lines that a step adds and removes."""
    return len(step.diff.added) + len(step.diff.removed)


def covers(teaches: Iterable[str], name: str) -> bool:
    """Whether a definition is among those taught, itself or with its class."""
    return name in teaches or name.partition(".")[0] in teaches


def noise(step: Step) -> tuple[Noise, ...]:
    """The changed lines that are noise, the left's first. None where the step is not the map's."""
    stage = step.stage
    if stage is None or step.before is None or stage.after != step.before.id:
        return ()
    diff = step.diff
    sides: tuple[tuple[Literal["+", "-"], tuple[Line, ...], Source], ...] = (
        ("-", diff.removed, diff.left),
        ("+", diff.added, diff.right),
    )
    needless = {binding.what for binding in needless_imports(step)}
    needed = {binding.module for binding in changed_imports(step) if binding.what not in needless}
    reworded = set(reworded_arguments(step))
    found = []
    for sign, lines, source in sides:
        import_noise = {
            number
            for binding in source.imports
            if binding.what in needless or binding.module not in needed
            for number in range(binding.first, binding.last + 1)
        }
        statements = argument_statements(source)
        usage = {n for key in reworded for n in statements[key].numbers if key in statements}
        for line in lines:
            if reason := reason_of(line, stage, import_noise, usage):
                found.append(Noise(reason, sign, line))
    return tuple(found)


def reason_of(line: Line, stage: Stage, imports: set[int], usage: set[int]) -> Reason | None:
    """Why a changed line is noise; None where it is not."""
    part = line.part
    if part.kind == "docstring":
        return "docstring"
    if part.kind == "imports":
        return "import" if line.number in imports else None
    if part.name.startswith("parse_"):
        taught = covers(stage.teaches, part.name) and line.number not in usage
        return None if taught else "usage"
    return None if covers(stage.teaches, part.name) else "untaught"


def changed_imports(step: Step) -> list[Import]:
    """The names that only one side imports."""
    left, right = step.diff.left.imports, step.diff.right.imports
    before, after = {one.what for one in left}, {one.what for one in right}
    gone = [one for one in left if one.what not in after]
    return gone + [one for one in right if one.what not in before]


def needless_imports(step: Step) -> list[Import]:
    """The names that only one side imports, and that nothing taught on that side uses."""
    teaches = step.stage.teaches if step.stage else ()
    diff = step.diff
    used = {
        (source, name)
        for source in (diff.left, diff.right)
        for name, part in source.names_used
        if covers(teaches, part.name)
    }
    return [
        one
        for one in changed_imports(step)
        if (diff.left if one in diff.left.imports else diff.right, one.bound) not in used
    ]


def reworded_arguments(step: Step) -> list[str]:
    """The arguments that both sides take, in other words."""
    before = argument_statements(step.diff.left)
    after = argument_statements(step.diff.right)
    return [key for key in before if key in after and before[key].text != after[key].text]


def complaints(step: Step) -> tuple[str, ...]:
    """What is impure about a step of the map: one line each, which says what to do about it."""
    stage, before = step.stage, step.before
    assert stage is not None
    assert before is not None
    return tuple(
        f"{stage.id}: {text}"
        for text in (
            *untaught(step, stage, before),
            *idle(step, stage, before),
            *other_noise(step, before),
            *over_budget(step, stage, before),
        )
    )


def untaught(step: Step, stage: Stage, before: Stage) -> Iterator[str]:
    """What differs from the stage before, and the map does not say that it may."""
    lines: dict[str, Counter[str]] = {}
    for part, sign in differing_parts(step):
        if not covers(stage.teaches, part.name):
            lines.setdefault(part.name, Counter())[sign] += 1
    for name, count in lines.items():
        yield (
            f"{name} differs from {before.id} (+{count['+']} -{count['-']}), and `teaches` does "
            f"not name it: give both the same text (companion diff {stage.id} shows it, companion "
            f"carry {before.id} takes an edit of {before.id} along), or name it in `teaches`"
        )


def differing_parts(step: Step) -> Iterator[tuple[Definition, str]]:
    """The part of each differing line that defines something, and the line's sign.

    Blank lines count: what is not taught is the same to the letter. Those between two definitions
    do not.
    """
    for section in step.diff.sections:
        for row in section.body:
            for line, sign in ((row.left, "-"), (row.right, "+")):
                if line and row.change != "same" and line.part.kind not in ("docstring", "imports"):
                    yield line.part, sign


def idle(step: Step, stage: Stage, before: Stage) -> Iterator[str]:
    """What the map says may differ, and does not."""
    touched = {part.name for part, _ in differing_parts(step)}
    for name in stage.teaches:
        if not any(covers([name], one) for one in touched):
            yield (
                f"`teaches` names {name}, which does not differ from {before.id}: "
                f"take it off the map"
            )


def other_noise(step: Step, before: Stage) -> Iterator[str]:
    """Docstrings, imports and arguments that differ, and teach nothing."""
    if docs := [one for one in noise(step) if one.reason == "docstring"]:
        yield (
            f"the docstring differs from {before.id} beyond its first line, in {len(docs)} lines: "
            f"leave it at one line"
        )
    needless = needless_imports(step)
    for one in needless:
        side = "no longer imports" if one in step.diff.left.imports else "imports"
        yield (
            f"{side} `{one}`, which nothing that the step teaches uses: "
            f"import the same names as {before.id}"
        )
    if not needless and (moved := [one for one in noise(step) if one.reason == "import"]):
        yield (
            f"imports the same names as {before.id} in other words "
            f"(`{moved[0].line.text}`): give both the same text"
        )
    for key in reworded_arguments(step):
        yield (
            f"takes {key} in other words than {before.id}: "
            f"what both share of the argument block is the same to the letter"
        )


def over_budget(step: Step, stage: Stage, before: Stage) -> Iterator[str]:
    """The complaint that a step has more changed lines than its budget."""
    count, budget = changed_lines(step), budget_of(stage)
    if count > budget:
        yield (
            f"{count} lines differ from {before.id} and its budget is {budget}: make the step "
            f"smaller, or raise `budget` on the map where the tutorial makes the step large"
        )


def unlike_arguments(stages: StageMap) -> tuple[str, ...]:
    """Where stages of one kind do not share their argument block to the letter, one line each.

    A parse function has one text in all network stages that use argparse; an argument has one in
    all stages of a kind.
    """
    texts: dict[tuple[str, str], dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for stage in stages.stages:
        source = read_source(stage.file, stage.path)
        arguments = argument_statements(source)
        if stage.kind not in ("client", "server", "proxy") or not arguments:
            continue
        for part in source.parts:
            if part.name.startswith("parse_") and part.name != "parse_args":
                text = "\n".join(source.lines[part.first - 1 : part.last]).strip()
                texts["network stage", part.name][text].append(stage.id)
        for key, statement in arguments.items():
            if key != "ArgumentParser":
                texts[stage.kind, key][statement.text].append(stage.id)
    return tuple(
        f"{', '.join(ids)}: {key} reads otherwise than in {usual[0]}: "
        f"its text is the same to the letter in every {group}"
        for (group, key), versions in texts.items()
        for usual in [max(versions.values(), key=len)]
        for ids in versions.values()
        if ids is not usual
    )
