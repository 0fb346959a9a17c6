"""A diff as one self-contained page, and every step of the map as pages with an index.

Side by side where there is room, one under the other on a phone; light and dark; no script.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from companion.diff.model import DiffRow, Line
from companion.diff.steps import Step
from companion.diff.syntax import Piece, pieces, spans
from companion.diff.words import (
    TEXTS,
    block_name,
    change_text,
    counts_text,
    definitions_text,
    fold_text,
    ideas,
)

HTML_LANG = {"en": "en", "zh": "zh-Hans"}


@dataclass(frozen=True)
class Link:
    """A link at the head of a page; `rel` is prev or next, where it leads to a neighbour, and
    `lang` its language, where that is another."""

    href: str
    text: str
    rel: str = ""
    lang: str = ""


@dataclass(frozen=True)
class Cell:
    """A line of one side: its indentation in columns, and the rest cut into its colours."""

    number: int
    sign: str
    indent: int
    pieces: tuple[Piece, ...]


@dataclass(frozen=True)
class Row:
    """A row of the page."""

    change: str
    left: Cell | None
    right: Cell | None


@dataclass(frozen=True)
class Block:
    """A definition: under its name where it differs, folded where it does not."""

    name: str
    change: str
    said: str
    fold: str
    rows: tuple[Row, ...]


def page(
    step: Step,
    lang: str,
    *,
    full: bool = False,
    links: Sequence[Link] = (),
    above: str = "",
) -> str:
    """One step as a page; `above` is markup that comes before the diff."""
    return template("diff.html").render(
        lang=HTML_LANG[lang],
        texts=TEXTS[lang],
        title=title(step, lang),
        step=step,
        ideas=ideas(step, lang),
        counts=counts_text(step, lang),
        definitions=definitions_text(step, lang),
        blocks=tuple(blocks(step, lang)),
        level=2,
        full=full,
        above=above,
        links=links,
    )


def rows(step: Step, lang: str, level: int) -> str:
    """The rows of a step for a page of another kind, which has the style `diff.css`; definitions
    are headings of this level."""
    return template("diff_rows.html").render(
        blocks=tuple(blocks(step, lang)), level=level, full=False
    )


def index(steps: Sequence[Step], lang: str, links: Sequence[Link] = ()) -> str:
    """The page that lists every step: part, step, idea, changed lines."""
    entries = [
        {
            "part": stage.part,
            "label": TEXTS[lang]["number"].format(stage.part),
            "href": file_name(step),
            "title": title(step, lang),
            "idea": stage.idea[lang],
            "added": len(step.diff.added),
            "removed": len(step.diff.removed),
        }
        for step in steps
        if (stage := step.stage)
    ]
    return template("steps.html").render(
        lang=HTML_LANG[lang],
        texts=TEXTS[lang],
        title=TEXTS[lang]["all"],
        entries=entries,
        links=links,
    )


def write_page(step: Step, lang: str, file: Path, *, full: bool = False) -> None:
    """Write one step to a file. Raises OSError."""
    file.write_text(page(step, lang, full=full), encoding="utf-8")


def write_pages(steps: Sequence[Step], lang: str, folder: Path, *, full: bool = False) -> None:
    """Write every step and the index into a folder, made where there is none. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, step in enumerate(steps):
        text = page(step, lang, full=full, links=links_at(steps, number, lang))
        (folder / file_name(step)).write_text(text, encoding="utf-8")
    (folder / "index.html").write_text(index(steps, lang), encoding="utf-8")


def file_name(step: Step) -> str:
    """The page's name in a folder of steps."""
    return f"{step.stage.id if step.stage else 'diff'}.html"


def title(step: Step, lang: str) -> str:
    """The two stages of a step, by their titles."""
    return f"{step.title_before(lang)} → {step.title(lang)}"


def links_at(steps: Sequence[Step], number: int, lang: str) -> list[Link]:
    """The links of a step's page: to the index, and to the steps before and after it."""
    links = [Link("index.html", TEXTS[lang]["all"])]
    if number:
        before = steps[number - 1]
        links.append(Link(file_name(before), f"← {title(before, lang)}", "prev"))
    if number + 1 < len(steps):
        after = steps[number + 1]
        links.append(Link(file_name(after), f"{title(after, lang)} →", "next"))
    return links


def blocks(step: Step, lang: str) -> Iterator[Block]:
    """The rows of a step as a page shows them, definition by definition, in colours."""
    colours = {"-": spans(step.diff.left), "+": spans(step.diff.right)}

    def cell(line: Line | None, sign: str, change: str) -> Cell | None:
        if line is None:
            return None
        coloured = pieces(line.text, colours[sign][line.number - 1], line.marks)
        indent = len(line.text) - len(line.text.lstrip(" "))
        rest = tuple(coloured[1 if indent else 0 :])
        return Cell(line.number, " " if change == "same" else sign, indent, rest)

    def row(one: DiffRow) -> Row:
        change = one.change
        return Row(change, cell(one.left, "-", change), cell(one.right, "+", change))

    for members in step.diff.blocks:
        yield Block(
            block_name(members, lang),
            members[0].change,
            change_text(members[0].change, lang),
            fold_text(members, lang),
            tuple(row(one) for section in members for one in section.body),
        )


@cache
def template(name: str) -> Template:
    """A template of companion/render/templates, by its file's name."""
    environment = Environment(
        loader=PackageLoader("companion.render"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(name)


def asset(name: str) -> str:
    """A style or a script of the pages, as its file has it."""
    environment = template("diff.html").environment
    assert environment.loader is not None
    return environment.loader.get_source(environment, name)[0]
