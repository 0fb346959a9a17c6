"""Diffs as pages: complete in themselves, nothing hidden, nothing needed to read them."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from companion.diff.definitions import Source
from companion.diff.html import page, write_page, write_pages
from companion.diff.model import compare
from companion.diff.steps import Step
from tests.helpers.map_steps import STEPS

VOID = {"meta"}


class Page(HTMLParser):
    """The text of each kind of element, the links, and whether all is closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.links: list[str] = []
        self.rows: list[list[str]] = []
        self.summaries: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]
        if tag == "tr":
            self.rows.append([])
        if tag == "td":
            self.rows[-1].append("")
        if tag == "summary":
            self.summaries.append("")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "td" in self.open:
            self.rows[-1][-1] += data
        if "summary" in self.open:
            self.summaries[-1] += data


@pytest.mark.parametrize("one", STEPS[::9], ids=lambda one: one.name)
def test_a_page_holds_every_line_of_both_sides_to_be_copied(one: Step) -> None:
    rows = Page(page(one, "en")).rows
    for side, source in ((0, one.diff.left), (3, one.diff.right)):
        shown = {int(row[side]): row[side + 2] for row in rows if row[side]}
        whole = {number: text for number, text in enumerate(source.lines, 1) if text.strip()}
        assert {number: text for number, text in shown.items() if text.strip()} == whole
    for row, found in zip(
        rows, [row for part in one.diff.sections for row in part.body], strict=True
    ):
        assert row[1].strip() == ("-" if found.left and found.change != "same" else "")
        assert row[4].strip() == ("+" if found.right and found.change != "same" else "")


def test_a_page_needs_nothing_beside_itself() -> None:
    text = page(STEPS[0], "en")
    found = Page(text)
    assert found.links == []
    assert not {"script", "link", "img", "iframe"} & set(found.seen)
    assert not re.search(r"url\(|@import|https?:|\bon\w+=", text)


def test_a_page_is_made_for_light_and_dark_for_phones_and_for_paper() -> None:
    text = page(STEPS[0], "en")
    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in text
    for query in ("(prefers-color-scheme: dark)", "(max-width: 60rem)", "@media print"):
        assert query in text


SMALL = Step(
    compare(
        Source("one.py", "LIMIT = 1\n\n\ndef kept():\n    pass\n\n\ndef other():\n    f(one)\n"),
        Source("two.py", "LIMIT = 1\n\n\ndef kept():\n    pass\n\n\ndef other():\n    f(two)\n"),
    )
)


def test_what_did_not_change_is_folded_and_full_opens_it() -> None:
    assert Page(page(SMALL, "en")).summaries == [
        "LIMIT: unchanged, 1 line",
        "kept: unchanged, 2 lines",
    ]
    assert page(SMALL, "en").count("<details>") == 2
    assert page(SMALL, "en", full=True).count("<details open>") == 2


def test_changed_words_are_marked() -> None:
    text = page(SMALL, "en")
    assert "<mark>one</mark>" in text
    assert "<mark>two</mark>" in text


def test_a_readers_own_code_can_do_nothing_on_the_page() -> None:
    diff = compare(Source("<b>.py", ""), Source("two.py", 'x = "<script>alert(1)</script>&"\n'))
    text = page(Step(diff), "en")
    assert "<script" not in text
    assert "<b>" not in text
    assert Page(text).rows[0][5] == 'x = "<script>alert(1)</script>&"'


def test_a_chinese_page_says_so() -> None:
    text = page(SMALL, "zh")
    assert '<html lang="zh-Hans">' in text
    assert "kept：未改动，2 行" in text


def contrast(one: str, two: str) -> float:
    """By WCAG 2.2, from 1 to 21."""

    def luminance(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in parts]
        return sum(factor * v for factor, v in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    low, high = sorted((luminance(one), luminance(two)))
    return (high + 0.05) / (low + 0.05)


def test_all_code_is_readable_on_its_ground_in_light_and_dark() -> None:
    palettes = re.findall(r":root \{(.*?)\}", page(STEPS[0], "en"), re.DOTALL)
    light, dark = palettes[::2], palettes[1::2]  # each that of a page and that of a diff
    assert len(light) == len(dark) == 2
    for palette in (light, dark):
        colours = dict(re.findall(r"--([\w-]+): (#\w{6})", "".join(palette)))
        for ink in ("text", "string", "comment", "number", "keyword", "decorator"):
            for ground in ("ground", "new", "new-word", "gone", "gone-word"):
                assert contrast(colours[ink], colours[ground]) >= 4.5, (ink, ground)


def test_one_step_is_written_to_one_file(tmp_path: Path) -> None:
    write_page(STEPS[0], "en", tmp_path / "one.html")
    assert (tmp_path / "one.html").read_text("utf-8") == page(STEPS[0], "en")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pages") / "new" / "steps"
    write_pages(STEPS[:12], "en", path)
    return path


def test_all_steps_are_pages_that_lead_from_one_to_the_next(folder: Path) -> None:
    names = [f"{one.stage.id}.html" for one in STEPS[:12] if one.stage]
    assert {file.name for file in folder.iterdir()} == {"index.html", *names}
    for number, name in enumerate(names):
        around = [*names[max(0, number - 1) : number], *names[number + 1 : number + 2]]
        assert Page((folder / name).read_text("utf-8")).links == ["index.html", *around]


def test_the_index_has_part_step_idea_and_changed_lines_in_reading_order(folder: Path) -> None:
    found = Page((folder / "index.html").read_text("utf-8"))
    assert found.links == [f"{one.stage.id}.html" for one in STEPS[:12] if one.stage]
    assert found.rows[1:] == [
        [
            str(one.stage.part),
            f"{one.title_before('en')} → {one.title('en')}",
            one.stage.idea["en"],
            f"+{len(one.diff.added)}",
            f"-{len(one.diff.removed)}",
        ]
        for one in STEPS[:12]
        if one.stage
    ]
