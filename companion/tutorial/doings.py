"""What can be done with a stage, as the commands that are typed."""

import shlex
from collections.abc import Iterator

from companion.render.language import say
from companion.tutorial.stages import Stage, StageMap
from companion.tutorial.typed import path_typed

SHOWS = {
    "en": {
        "run": "run it",
        "servers": "with its servers",
        "trace": "what happens in it",
        "diff": "what has changed",
        "compare": "what it does otherwise",
        "race": "side by side",
        "check": "a file of your own",
    },
    "zh": {
        "run": "运行",
        "servers": "连同服务器一起运行",
        "trace": "其中发生了什么",
        "diff": "代码改了什么",
        "compare": "行为有何不同",
        "race": "两者并排",
        "check": "检查你自己的文件",
    },
}


def doings(stage: Stage, stages: StageMap) -> Iterator[tuple[str, str]]:
    """The commands that go with a stage, or with a program that is none, each with the key of what
    it shows."""
    name = stage.id if stage.part else shlex.quote(path_typed(stage.file))
    yield f"companion run {name}", "servers" if stage.needs else "run"
    if stage.is_python:
        yield f"companion trace {name}", "trace"
    if before := stages.by_id.get(stage.after):
        yield f"companion diff {stage.id}", "diff"
        if comparable(before, stage):
            yield f"companion compare {before.id} {stage.id}", "compare"
        if before.kind == stage.kind == "client":
            yield f"companion race {before.id} {stage.id}", "race"
    if stage.is_python and stage.part:
        yield f"companion check mine.py --as {stage.id}", "check"


def doing_lines(stage: Stage, stages: StageMap, lang: str) -> list[str]:
    """The same, with what each shows beside it."""
    found = list(doings(stage, stages))
    width = max(len(command) for command, _ in found)
    return [f"{command:<{width}}  # {SHOWS[lang][key]}" for command, key in found]


def comparable(one: Stage, other: Stage) -> bool:
    """Whether two stages can be compared: both are traced, and have the same other end."""
    serve = [stage.kind in ("server", "proxy") for stage in (one, other)]
    return one.is_python and other.is_python and serve[0] == serve[1]


def next_text(command: str, lang: str) -> str:
    """The last line of a command: what to type next."""
    return say(lang, "Next: {}", command)
