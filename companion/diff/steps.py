"""The steps: every stage read against the one that the map names, or any two scripts."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

from companion.diff.definitions import LOOSE, Source, read_source
from companion.diff.model import Change, Diff, compare
from companion.tutorial.stages import Stage, StageMap, UnknownStageError


class StepError(ValueError):
    """There is nothing to read a script against; the message is one line."""


@dataclass(frozen=True)
class Step:
    """Two scripts, and what the map knows of them.

    `before` and `stage` are None for a reader's own file; `way` holds the stages whose ideas lead
    from one to the other, where the map's tree does. `windows` is the path of the one whose lines
    alone end as on Windows, by CR and LF, which the diff leaves out; "" for none.
    """

    diff: Diff
    before: Stage | None = None
    stage: Stage | None = None
    way: tuple[Stage, ...] = ()
    windows: str = ""

    def title(self, lang: str) -> str:
        """The name of the later script, as a title."""
        return self.stage.title[lang] if self.stage else self.diff.right.path

    def title_before(self, lang: str) -> str:
        """The name of the earlier script, as a title."""
        return self.before.title[lang] if self.before else self.diff.left.path

    @property
    def name(self) -> str:
        """Both names, as a reader types them."""
        before = self.before.id if self.before else self.diff.left.path
        return f"{before} -> {self.stage.id if self.stage else self.diff.right.path}"

    @property
    def definitions(self) -> tuple[tuple[str, Change], ...]:
        """The definitions touched, and how; a class that came or went whole stands for itself."""
        found: list[tuple[str, Change]] = []
        by_class = groupby(self.diff.touched, lambda part: (part.name.split(".")[0], part.change))
        for (name, change), members in by_class:
            sections = list(members)
            if change in ("new", "gone") and sections[0].name == name:
                found.append((name, change))
            else:
                found += [(section.name, section.change) for section in sections]
        # Loose statements are in every script: a run of them is neither new nor gone.
        return tuple(
            dict.fromkeys((name, "changed" if name == LOOSE else change) for name, change in found)
        )


def read_stage_source(stage: Stage) -> Source:
    """The script of a stage. Raises SourceError."""
    return read_source(stage.file, stage.path)


def make_step(before: Stage, stage: Stage, way: tuple[Stage, ...]) -> Step:
    """The step between two stages, and those on the way. Raises SourceError."""
    diff = compare(read_stage_source(before), read_stage_source(stage))
    return Step(diff, before, stage, way)


def all_steps(stages: StageMap) -> tuple[Step, ...]:
    """Every step of the map, in reading order. Raises SourceError where a stage can't be read."""
    return tuple(
        make_step(stages.by_id[stage.after], stage, (stage,))
        for stage in stages.stages
        if stage.after
    )


def find_step(stages: StageMap, names: Sequence[str]) -> Step:
    """The step between two scripts, stages or files, or to one stage from the one it grew from.

    Raises StepError, SourceError or UnknownStageError, each with one line that says what to do.
    """
    found = [find_script(stages, name) for name in names]
    if len(found) == 1:
        if not isinstance(only := found[0], Stage):
            raise StepError(
                f"{names[0]} is not a stage: name the stage to read it against, "
                f"as in: companion diff client-4.0 {names[0]}"
            )
        if not only.after:
            raise StepError(
                f"{only.id} grew from no other stage: name what to read it against, "
                f"as in: companion diff {stages.stages[0].id} {only.id}"
            )
        found.insert(0, stages.by_id[only.after])
    one, two = found
    before = one if isinstance(one, Stage) else None
    stage = two if isinstance(two, Stage) else None
    way = way_between(stages, before, stage)
    left, right = source_of(one), source_of(two)
    windows = [source.path for source in (left, right) if "\r\n" in source.text]
    if len(windows) != 1:
        return Step(compare(left, right), before, stage, way)
    return Step(compare(plain_ends(left), plain_ends(right)), before, stage, way, windows[0])


def plain_ends(source: Source) -> Source:
    """A script whose lines end by LF alone."""
    return replace(source, text=source.text.replace("\r\n", "\n"))


def find_script(stages: StageMap, name: str) -> Stage | Source:
    """A stage by its id or path, or else a file."""
    try:
        return stages.find(name)
    except UnknownStageError:
        if not Path(name).exists():
            raise
        return read_source(Path(name), name)


def source_of(script: Stage | Source) -> Source:
    """The script itself. Raises SourceError."""
    return read_stage_source(script) if isinstance(script, Stage) else script


def way_between(stages: StageMap, before: Stage | None, stage: Stage | None) -> tuple[Stage, ...]:
    """The stages after `before`, up to and with `stage`, where one grew from the other."""
    way: list[Stage] = []
    while before and stage and stage.id != before.id:
        way.insert(0, stage)
        stage = stages.by_id.get(stage.after)
    return tuple(way) if stage else ()
