"""A part of the tutorial as a page: records in, lines out."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any, NamedTuple

from companion.render.terminal import PIPE, Screen, as_json
from companion.tutorial.doings import doing_lines, next_text
from companion.tutorial.exercises import Exercise
from companion.tutorial.origin import figures_text, origin_address, origin_text
from companion.tutorial.parts import Part, Try
from companion.tutorial.stages import Stage, StageMap

LABELS = {
    "en": {
        "part": "Part {}: {}",
        "stages": "Stages",
        "companion": "With the companion:",
        "figures": "{}; {}",
        "try": "To type, and what is to be seen",
        "server": "In a terminal of its own (Ctrl-C stops it):",
        "servers": "Each in a terminal of its own (Ctrl-C stops it):",
        "type": "Then, in another:",
        "enter": "and enter:",
        "empty": "(an empty line)",
        "exercises": "Exercises",
        "from": "Starts from {} ({})",
        "hint": "Hint: {}",
        "hints": "With a hint for each exercise: companion part {} --hints",
        "done": "{} (done)",
        "robust": "What companion check --strict asks beyond the tutorial",
    },
    "zh": {
        "part": "第 {} 部分：{}",
        "stages": "程序",
        "companion": "用 companion：",
        "figures": "{}；{}",
        "try": "动手运行，注意观察",
        "server": "先在一个终端里运行（按 Ctrl-C 停止）：",
        "servers": "先各开一个终端运行（按 Ctrl-C 停止）：",
        "type": "然后在另一个终端里：",
        "enter": "再输入：",
        "empty": "（空行）",
        "exercises": "练习",
        "from": "从 {}（{}）开始",
        "hint": "提示：{}",
        "hints": "想看每道练习的提示：companion part {} --hints",
        "done": "{}（完成）",
        "robust": "companion check --strict 在教程之外还要求的",
    },
}


class Paragraph(NamedTuple):
    """A paragraph of the page: what begins it, its text, and what it is.

    Paragraphs of the kind command are never wrapped, so that they can be copied.
    """

    text: str = ""
    kind: str = "text"
    lead: str = ""


def parts_text(parts: tuple[Part, ...], lang: str) -> str:
    """Every part, a number and a title a line."""
    return "\n".join(f"{part.number:>2}  {part.title[lang]}" for part in parts)


def part_record(part: Part, stages: StageMap) -> dict[str, Any]:
    """The part with its stages, in the words of parts.toml."""
    record = asdict(part)
    record["stages"] = [stage.id for stage in stages.stages if stage.part == part.number]
    record["exercises"] = [
        {
            "id": exercise.id,
            "kind": exercise.kind,
            "text": exercise.text,
            "from": exercise.start,
            "hints": exercise.hints,
        }
        for exercise in part.exercises
    ]
    return record


def part_json(part: Part, stages: StageMap) -> str:
    """One part as a JSON object, hints and both languages included."""
    return as_json(part_record(part, stages))


def parts_json(parts: tuple[Part, ...], stages: StageMap) -> str:
    """Every part as a list of JSON objects."""
    return as_json([part_record(part, stages) for part in parts])


def part_lines(
    part: Part, stages: StageMap, lang: str, hints: bool, done: frozenset[str] = frozenset()
) -> Iterator[Paragraph]:
    """The page: the idea, the stages, what to type and see, the exercises, and which are done."""
    label = LABELS[lang]
    yield Paragraph(label["part"].format(part.number, part.title[lang]), "title")
    yield from (Paragraph(), Paragraph(part.idea[lang]))
    if origin := origin_text(part, lang):
        yield from (
            Paragraph(),
            Paragraph(origin, "dim"),
            Paragraph(origin_address(part), "command"),
        )
    members = [stage for stage in stages.stages if stage.part == part.number]
    if members:
        yield from (Paragraph(), Paragraph(label["stages"], "title"))
        width = max(len(stage.id) for stage in members)
        for stage in members:
            figures = figures_text(stage, lang)
            title = label["figures"].format(stage.title[lang], figures) if figures else ""
            yield Paragraph(title or stage.title[lang], lead=f"  {stage.id:<{width}}  ")
    if part.tries:
        yield from (Paragraph(), Paragraph(label["try"], "title"))
        named: list[Stage] = []
        for step in part.tries:
            yield from (Paragraph(), *try_lines(step, lang))
            new = [stage for stage in typed_stages(step, part, stages) if stage not in named]
            named += new
            if new:
                yield Paragraph(label["companion"], "dim", "  ")
            for stage in new:
                for line in doing_lines(stage, stages, lang):
                    yield Paragraph(line, "command", "  $ ")
    if part.exercises:
        yield from (Paragraph(), Paragraph(label["exercises"], "title"))
        for exercise in part.exercises:
            yield from (Paragraph(), *exercise_lines(exercise, stages, lang, exercise.id in done))
            if hints:
                for hint in exercise.hints[lang]:
                    yield Paragraph(label["hint"].format(hint), "text", "       ")
        if not hints:
            yield from (Paragraph(), Paragraph(label["hints"].format(part.number), "dim"))


def next_command(part: Part, stages: StageMap, done: frozenset[str]) -> str:
    """What to type after a part: its first exercise that is not done, or else the next part."""
    for exercise in part.exercises:
        if exercise.id not in done:
            return f"companion exercise {exercise.id}"
    last = max(stage.part for stage in stages.stages)
    return f"companion part {part.number + 1}" if part.number < last else "companion list"


def typed_stages(step: Try, part: Part, stages: StageMap) -> Iterator[Stage]:
    """The stages that are typed in a step; of those that go on running, the part's own."""
    for lines, own in ((step.type, False), (step.servers, True)):
        for stage in stages.stages:
            if is_typed(stage, lines) and (not own or stage.part == part.number):
                yield stage


def is_typed(stage: Stage, lines: Sequence[str]) -> bool:
    """Whether these lines start the stage: by its path, in its folder, or a plugin by its name."""
    words = {word.removeprefix("./") for line in lines for word in line.split()}
    folder, _, file = stage.path.rpartition("/")
    is_there = any(line in (f"cd {folder}", f"cd ../{folder}") for line in lines)
    name = stage.run[-1] if stage.run else stage.path
    return stage.path in words or (is_there and file in words) or name in words


def try_lines(step: Try, lang: str) -> Iterator[Paragraph]:
    """What to type for one try, what to enter then, and what there is to see."""
    label = LABELS[lang]
    if step.servers:
        yield Paragraph(label["server" if len(step.servers) == 1 else "servers"], "dim", "  ")
        for line in step.servers:
            yield Paragraph(line, "command", "  $ ")
        yield Paragraph(label["type"], "dim", "  ")
    for line in step.type:
        yield Paragraph(line, "command", "  $ ")
    if step.enter:
        yield Paragraph(label["enter"], "dim", "  ")
        for line in step.enter:
            yield (
                Paragraph(line, "command", "  > ")
                if line
                else Paragraph(label["empty"], "dim", "  > ")
            )
    yield Paragraph(step.see[lang], lead="    ")


def exercise_lines(
    exercise: Exercise, stages: StageMap, lang: str, done: bool
) -> Iterator[Paragraph]:
    """An exercise as a part's page has it: the text, where it starts from, how to do it."""
    label = LABELS[lang]
    number = label["done"].format(exercise.id) if done else exercise.id
    yield Paragraph(exercise.text[lang], lead=f"{number:>5}  ")
    if exercise.start:
        path = stages.by_id[exercise.start].path
        yield Paragraph(label["from"].format(exercise.start, path), "dim", "       ")
    if not done:
        yield Paragraph(f"companion exercise {exercise.id}", "command", "       $ ")


STYLES = {"title": "bold", "command": "cyan", "dim": "dim"}


def part_text(
    part: Part,
    stages: StageMap,
    hints: bool,
    screen: Screen = PIPE,
    done: frozenset[str] = frozenset(),
    robust: Sequence[str] = (),
) -> str:
    """The page and what to type next; in a pipe a paragraph a line. `robust` is what a check asks
    beyond the tutorial."""
    last = Paragraph(next_text(next_command(part, stages, done), screen.lang), "dim")
    lines = list(part_lines(part, stages, screen.lang, hints, done))
    if robust:
        lines += [Paragraph(), Paragraph(LABELS[screen.lang]["robust"], "title")]
        lines += [Paragraph(text, lead="  ") for text in robust]
    return "\n".join(row for line in (*lines, Paragraph(), last) for row in rows_of(line, screen))


def rows_of(line: Paragraph, screen: Screen) -> Iterator[str]:
    """A paragraph, wrapped to the screen's width and hanging under what begins it."""
    indent = len(line.lead)
    pieces = [line.text] if line.kind == "command" else screen.wrap(line.text, indent)
    for number, piece in enumerate(pieces):
        lead = " " * indent if number else line.lead
        yield lead + screen.paint(piece, STYLES.get(line.kind, ""))
