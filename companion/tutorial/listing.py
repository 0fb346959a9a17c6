"""The map as a list, and one stage as a page: records in, text out."""

from collections.abc import Iterable
from dataclasses import asdict

from companion.render.code import coloured
from companion.render.language import listed
from companion.render.terminal import PIPE, Screen, as_json
from companion.tutorial.doings import doing_lines
from companion.tutorial.parts import Part
from companion.tutorial.stages import ROOT, Stage, StageMap
from companion.tutorial.toml import read_text
from companion.tutorial.typed import path_typed, typed_commands

RECORDED = ROOT / "tests" / "recorded"
PART = {"en": "Part {}", "zh": "第 {} 部分"}
DONE = {"en": "{} of {} exercises done", "zh": "{1} 道练习完成了 {0} 道"}
LABELS = {
    "en": {
        "title": "{}: {}",
        "part": "part",
        "path": "path",
        "after": "after",
        "teaches": "changes",
        "flaw": "flaw",
        "tools": "tools",
        "run": "to run it",
        "todo": "What you can do with it:",
    },
    "zh": {
        "title": "{}：{}",
        "part": "部分",
        "path": "路径",
        "after": "前一版",
        "teaches": "改动",
        "flaw": "缺陷",
        "tools": "工具",
        "run": "运行",
        "todo": "可以这样用它：",
    },
}


def list_text(
    stages: StageMap, parts: Iterable[Part], screen: Screen, done: frozenset[str] = frozenset()
) -> str:
    """Every part with its title, and its stages, an id and a title a line.

    `done` are the numbers of the exercises that the reader has done; they are counted beside a
    part's title, where he has done any at all.
    """
    lang = screen.lang
    width = max((len(stage.id) for stage in stages.stages), default=0) + 4
    blocks = []
    for part in parts:
        head = screen.paint(PART[lang].format(part.number), "bold")
        lines = [f"{head}  {screen.paint(part.title[lang], 'bold')}"]
        if done and part.exercises:
            count = sum(exercise.id in done for exercise in part.exercises)
            lines[0] += f"  [{DONE[lang].format(count, len(part.exercises))}]"
        for stage in stages.stages:
            if stage.part == part.number:
                lines += screen.beside(f"  {stage.id}".ljust(width), stage.title[lang])
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)


def list_json(stages: StageMap) -> str:
    """Every entry of the map, as a list of JSON objects."""
    return as_json([asdict(stage) for stage in stages.stages])


def recorded_output(stage: Stage) -> str:
    """The output that the tests hold the stage to; empty where none is kept."""
    path = RECORDED / f"{stage.id}.txt"
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def show_json(stage: Stage, stages: StageMap) -> str:
    """The entry of the map, the commands to type, the code and the recorded output."""
    record = asdict(stage)
    record["commands"] = typed_commands(stage, stages)
    record["code"] = read_text(stage.file)
    record["output"] = recorded_output(stage)
    return as_json(record)


def facts(stage: Stage, lang: str) -> list[tuple[str, str]]:
    """What the map says of the stage, as label and text."""
    label = LABELS[lang]
    rows = [
        (label["part"], str(stage.part or "")),
        (label["path"], stage.path if stage.part else path_typed(stage.file)),
        (label["after"], stage.after),
        (label["teaches"], listed(lang, stage.teaches)),
        (label["flaw"], stage.flaw.get(lang, "")),
        (label["tools"], listed(lang, stage.tools)),
    ]
    return [(name, text) for name, text in rows if text]


def commands(stage: Stage, stages: StageMap, lang: str) -> list[tuple[str, str]]:
    """How to run the stage, as label and command; the label is empty where it goes on."""
    first, *rest = typed_commands(stage, stages)
    return [(LABELS[lang]["run"], first), *(("", line) for line in rest)]


def head_text(stage: Stage, stages: StageMap, screen: Screen) -> str:
    """The head of a stage's page, or a program's, wrapped where the screen has columns; commands
    never are."""
    from companion.render.text import columns, pad

    lang = screen.lang
    typed = commands(stage, stages, lang)
    rows = facts(stage, lang)
    width = max(columns(name) for name, _ in rows + typed) + 2
    title = LABELS[lang]["title"].format(stage.id, stage.title[lang]) if stage.part else stage.id
    lines = [screen.paint(title, "bold")]
    lines += [*(screen.wrap(stage.idea[lang]) if stage.part else ()), ""]
    for name, text in rows:
        lines += screen.beside(pad(name, width), text)
    lines += [pad(name, width) + text for name, text in typed]
    return "\n".join(lines)


def show_text(stage: Stage, stages: StageMap, screen: Screen = PIPE) -> str:
    """A stage's page: the head, the code, and what can be done with it."""
    code = read_text(stage.file)
    code = coloured(stage.path, code) if screen.colour else code
    todo = LABELS[screen.lang]["todo"]
    lines = [screen.paint(f"$ {line}", "cyan") for line in doing_lines(stage, stages, screen.lang)]
    return "\n".join([head_text(stage, stages, screen), "", code, todo, *lines])
