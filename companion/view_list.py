"""The map as a list, and one stage as a page: records in, text out."""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import Any

from companion.run import typed_commands
from companion.stages import ROOT, Stage, StageMap

RECORDED = ROOT / "tests" / "recorded"
PART = {"en": "Part {}", "zh": "第 {} 部分"}
LABELS = {
    "en": {
        "part": "part",
        "path": "path",
        "after": "after",
        "teaches": "changes",
        "flaw": "flaw",
        "tools": "tools",
        "run": "to run it",
        "type": "or type",
        "output": "output",
    },
    "zh": {
        "part": "部分",
        "path": "路径",
        "after": "前一版",
        "teaches": "改动",
        "flaw": "缺陷",
        "tools": "工具",
        "run": "运行",
        "type": "或输入",
        "output": "输出",
    },
}


def language(environment: Mapping[str, str] = os.environ) -> str:
    """The language of the reader's locale: zh where it is Chinese, en otherwise."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := environment.get(name):
            return "zh" if value.startswith("zh") else "en"
    return "en"


def list_text(stages: StageMap, lang: str) -> str:
    """Every stage by part, an id and a title a line."""
    width = max((len(stage.id) for stage in stages.stages), default=0)
    parts = []
    for part, members in groupby(sorted(stages.stages, key=part_of), key=part_of):
        lines = [f"  {stage.id:<{width}}  {stage.title[lang]}" for stage in members]
        parts.append("\n".join([PART[lang].format(part), *lines]))
    return "\n\n".join(parts)


def part_of(stage: Stage) -> int:
    return stage.part


def list_json(stages: StageMap) -> str:
    """Every entry of the map, as a list of JSON objects."""
    return as_json([asdict(stage) for stage in stages.stages])


def as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


def recorded_output(stage: Stage) -> str:
    """The output that the tests hold the stage to; empty where none is kept."""
    path = RECORDED / f"{stage.id}.txt"
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def show_json(stage: Stage, stages: StageMap) -> str:
    """The entry of the map, the commands to type, the code and the recorded output."""
    record = asdict(stage)
    record["commands"] = typed_commands(stage, stages)
    record["code"] = stage.file.read_text(encoding="utf-8")
    record["output"] = recorded_output(stage)
    return as_json(record)


def facts(stage: Stage, stages: StageMap, lang: str) -> list[tuple[str, str]]:
    """What the page says of the stage, as label and text; a label is empty where it goes on."""
    label = LABELS[lang]
    rows = [
        (label["part"], str(stage.part)),
        (label["path"], stage.path),
        (label["after"], stage.after),
        (label["teaches"], ", ".join(stage.teaches)),
        (label["flaw"], stage.flaw),
        (label["tools"], ", ".join(stage.tools)),
        (label["run"], f"companion run {stage.id}"),
    ]
    rows = [(name, text) for name, text in rows if text]
    for number, line in enumerate(typed_commands(stage, stages)):
        rows.append(("" if number else label["type"], line))
    return rows


def show_text(stage: Stage, stages: StageMap, lang: str) -> str:
    """The page of a stage without colour and unwrapped: facts, code, recorded output."""
    from rich.cells import cell_len

    rows = facts(stage, stages, lang)
    width = max(cell_len(name) for name, _ in rows) + 2
    lines = [f"{stage.id}: {stage.title[lang]}", stage.idea[lang], ""]
    lines += [name + " " * (width - cell_len(name)) + text for name, text in rows]
    lines += ["", stage.file.read_text(encoding="utf-8").rstrip("\n")]
    if output := recorded_output(stage):
        lines += ["", f"{LABELS[lang]['output']}:", "", output.rstrip("\n")]
    return "\n".join(lines)


def show_terminal(stage: Stage, stages: StageMap, lang: str) -> None:
    """The same page on a terminal: wrapped to its width, in its own sixteen colours."""
    from pygments import highlight
    from pygments.formatters import TerminalFormatter
    from rich.console import Console
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    console.print(Text(f"{stage.id}: {stage.title[lang]}", style="bold"))
    console.print(Text(stage.idea[lang]))
    table = Table.grid(padding=(0, 2))
    for name, text in facts(stage, stages, lang):
        table.add_row(Text(name, style="dim"), Text(text, overflow="fold"))
    console.print(Padding(table, (1, 0)))
    code = stage.file.read_text(encoding="utf-8")
    if console.color_system:
        code = highlight(code, lexer_of(stage.file, code), TerminalFormatter())
    print(code, end="")
    if output := recorded_output(stage):
        console.print(Text(f"\n{LABELS[lang]['output']}:\n", style="bold"))
        print(output, end="")


def lexer_of(path: Path, code: str) -> Any:
    """The Pygments lexer for a stage's language: by the file's name, or by its first line."""
    from pygments.lexers import get_lexer_by_name, get_lexer_for_filename
    from pygments.util import ClassNotFound

    first = code.partition("\n")[0]
    try:
        return get_lexer_for_filename(path.name)
    except ClassNotFound:
        if "escript" in first:
            return get_lexer_by_name("erlang")
        return get_lexer_by_name("bash" if first.endswith("sh") else "text")
