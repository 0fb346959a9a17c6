"""What the views of a diff say in words, in both languages; code stays as it is."""

from collections.abc import Sequence

from companion.diff.model import Section, kind_of
from companion.diff.steps import Step
from companion.render.language import listed, say

TEXTS = {
    "en": {
        "same": "{}: unchanged, {} lines",
        "one": "{}: unchanged, 1 line",
        "counts": "+{} -{} lines",
        "none": "no difference",
        "windows": "{}; the lines of {} end as on Windows, which is left out",
        "changed": "{} ({})",
        "all": "All steps",
        "part": "part",
        "number": "part {}",
        "step": "step",
        "idea": "idea",
        "lines": "lines",
    },
    "zh": {
        "same": "{}：未改动，{} 行",
        "one": "{}：未改动，1 行",
        "counts": "+{} -{} 行",
        "none": "没有差别",
        "windows": "{}；{} 的行尾是 Windows 格式，这一点不计",
        "changed": "{}（{}）",
        "all": "全部步骤",
        "part": "部分",
        "number": "第 {} 部分",
        "step": "步骤",
        "idea": "要点",
        "lines": "行数",
    },
}
CHANGES = {
    "en": {"new": "new", "gone": "gone"},
    "zh": {"new": "新增", "gone": "删除"},
}
KINDS = {
    "en": {"docstring": "docstring", "imports": "imports"},
    "zh": {"docstring": "文档字符串", "imports": "导入"},
}


def block_name(block: Sequence[Section], lang: str) -> str:
    """What a block is called: its definitions, each named once."""
    names = (KINDS[lang].get(kind_of(section), section.name) for section in block)
    return listed(lang, dict.fromkeys(names)).replace(" -> ", " → ")


def change_text(change: str, lang: str) -> str:
    """`new` or `gone`; nothing for a definition that both sides have."""
    return CHANGES[lang].get(change, "")


def fold_text(block: Sequence[Section], lang: str) -> str:
    """The one line that an unchanged definition is folded to."""
    count = sum(len(section.body) for section in block)
    return TEXTS[lang]["one" if count == 1 else "same"].format(block_name(block, lang), count)


def counts_text(step: Step, lang: str) -> str:
    """How many lines changed, and whose ends are left out."""
    texts, added, removed = TEXTS[lang], len(step.diff.added), len(step.diff.removed)
    counts = texts["counts"].format(added, removed) if added or removed else texts["none"]
    return texts["windows"].format(counts, step.windows) if step.windows else counts


def definitions_text(step: Step, lang: str, arrow: str = "→") -> str:
    """The definitions touched, and which of them are new or gone."""
    said = []
    for name, change in step.definitions:
        name = name.replace(" -> ", f" {arrow} ")
        text = change_text(change, lang)
        said.append(TEXTS[lang]["changed"].format(name, text) if text else name)
    return listed(lang, said)


def ideas(step: Step, lang: str) -> list[str]:
    """The idea of the step, or of each step on the way."""
    if len(step.way) == 1:
        return [step.way[0].idea[lang]]
    return [say(lang, "{}: {}", stage.title[lang], stage.idea[lang]) for stage in step.way]
