"""The guide: a page a part, whole, in both languages, readable in a browser and without script."""

from collections.abc import Callable, Iterator
from html import unescape
from html.parser import HTMLParser
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from companion.guide.pages import ASSETS, Guide, NoPageError, write_guide
from companion.guide.words import WORDS
from companion.render.language import LANGUAGES
from companion.tutorial.exercises import load_exercises
from companion.tutorial.origin import figures_text
from companion.tutorial.parts import load_parts
from companion.tutorial.stages import load_map
from tests.helpers.browser import PALE, WIDTHS, browser, open_page

STAGES = load_map()
GUIDE = Guide(STAGES, load_parts(load_exercises(STAGES)))
PATHS = list(GUIDE.paths())
each_lang = pytest.mark.parametrize("lang", LANGUAGES)


class Links(HTMLParser):
    """What a page points to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        there = ("href", "src", "data-player")
        self.found += [value for name, value in attrs if name in there and value]


def target(page: str, link: str) -> str:
    """The path that a link of a page leads to."""
    parts: list[str] = []
    for part in (PurePosixPath(page).parent / link.partition("#")[0]).parts:
        if part == "..":
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts)


def test_both_languages_have_the_same_words() -> None:
    assert set(WORDS["en"]) == set(WORDS["zh"])


@each_lang
def test_there_is_a_page_for_every_part_and_each_link_leads_somewhere(lang: str) -> None:
    for part in GUIDE.parts:
        path = f"{lang}/part-{part.number}.html"
        assert path in PATHS
        text = GUIDE.page(path)
        assert part.title[lang] in unescape(text)
        for exercise in part.exercises:
            assert f'id="exercise-{exercise.id}"' in text
        links = [one for one in Links(text).found if not one.startswith("https://")]
        assert {target(path, one) for one in links} <= set(PATHS)


@each_lang
def test_a_part_holds_what_each_stage_changes_and_a_run_of_it(lang: str) -> None:
    text = GUIDE.page(f"{lang}/part-8.html")
    places = text.split('<section class="stage" id="')[1:]
    for place, name in zip(places, ("client-4.0", "client-4.0-stack", "defer-block"), strict=True):
        assert place.startswith(name)
        assert f'data-player="trace/{name}.html"' in place
        assert ('<div class="diff' in place) == (f'href="steps/{name}.html"' in place)
    assert ["diff broad" in place for place in places] == [True, True, False]
    assert '<h4 class="definition">PoetryClientFactory.poem_finished</h4>' in places[0]
    assert "+21 -15" in places[0]


@each_lang
def test_the_first_page_shows_the_race_and_leads_to_every_part(lang: str) -> None:
    text = GUIDE.page(f"{lang}/index.html")
    assert "<svg" in text
    for name in ("blocking-client", "async-client"):
        assert figures_text(STAGES.by_id[name], lang) in text
    for part in GUIDE.parts:
        assert f'href="part-{part.number}.html"' in text


@each_lang
@pytest.mark.parametrize("name", ["steps/client-4.0", "trace/client-4.0", "solution/8.1"])
def test_every_page_of_a_folder_leads_back_and_on(lang: str, name: str) -> None:
    path = f"{lang}/{name}.html"
    targets = [target(path, one) for one in Links(GUIDE.page(path)).found]
    assert set(targets) <= set(PATHS)
    other = next(one for one in LANGUAGES if one != lang)
    assert targets[:3] == [f"{lang}/index.html", f"{other}/{name}.html", f"{lang}/part-8.html"]


@each_lang
def test_a_step_a_run_and_a_solution_have_a_page(lang: str) -> None:
    assert "PoetryClientFactory" in GUIDE.page(f"{lang}/steps/client-4.0.html")
    assert "AlreadyCalledError" in GUIDE.page(f"{lang}/trace/defer-5.html")
    assert "PoemLate" in GUIDE.page(f"{lang}/solution/8.1.html")
    assert "client-4.0.html" in GUIDE.page(f"{lang}/steps/index.html")


@pytest.mark.parametrize("path", ["en/part-99.html", "fr/index.html", "en/trace/x.html", "x", ""])
def test_there_is_no_other_page(path: str) -> None:
    with pytest.raises(NoPageError):
        GUIDE.page(path)


def test_what_a_page_shows_as_output_is_what_was_recorded() -> None:
    text = GUIDE.page("en/part-7.html")
    assert "Here is your poem:" in text
    demos = [one for one in STAGES.stages if one.part == 7 and one.kind == "demo"]
    assert text.count('class="guess"') == len(demos)


Write = Callable[[str], str]


@pytest.fixture(scope="module")
def write(tmp_path_factory: pytest.TempPathFactory) -> Write:
    """Writes a page into a folder, beside what it needs, and gives its address."""
    folder = tmp_path_factory.mktemp("guide")

    def write(path: str) -> str:
        for name in (*ASSETS, path):
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(GUIDE.page(name), encoding="utf-8")
        return (folder / path).as_uri()

    return write


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with browser() as started:
        yield started


def test_the_guide_is_written_as_files(tmp_path: Path) -> None:
    some = ["index.html", "guide.css", "guide.js", "en/part-7.html", "zh/trace/defer-5.html"]
    assert set(some) < set(PATHS)

    class Some(Guide):
        def paths(self) -> Iterator[str]:
            yield from some

    assert write_guide(Some(STAGES, GUIDE.parts), tmp_path) == len(some)
    found = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*"))
    assert found == sorted(some)
    assert "AlreadyCalledError" in (tmp_path / "zh/trace/defer-5.html").read_text("utf-8")


SHARES = 48
# A page of each kind: what holds for its colours holds for all of them.
KINDS = ("index", "part-8", "steps/index", "steps/client-4.0", "trace/client-4.0", "solution/8.1")


@pytest.mark.slow
@pytest.mark.parametrize("share", range(SHARES))
def test_every_page_is_as_wide_as_the_screen_and_has_no_complaint(
    write: Write, chromium: Any, share: int
) -> None:
    paths = [path for path in PATHS if path not in ASSETS][share::SHARES]
    with open_page(chromium, write("index.html")) as page:
        for path in paths:
            page.goto(write(path))
            for width, height in WIDTHS.items():
                page.set_viewport_size({"width": width, "height": height})
                assert page.evaluate("document.documentElement.scrollWidth") <= width, path


@pytest.mark.slow
@each_lang
@pytest.mark.parametrize("name", KINDS)
def test_a_page_is_readable_in_light_and_dark_in_print_and_without_script(
    write: Write, chromium: Any, lang: str, name: str
) -> None:
    address = write(f"{lang}/{name}.html")
    with open_page(chromium, address) as page:
        heading = page.locator("h1").inner_text()
        for scheme in ("dark", "light"):
            page.emulate_media(color_scheme=scheme)
            assert page.evaluate(PALE) == []
        assert page.locator("nav").is_visible()
        page.emulate_media(media="print", color_scheme="dark")
        assert page.evaluate(PALE) == []
        assert not page.locator("nav").is_visible()
    with open_page(chromium, address, java_script_enabled=False) as plain:
        assert plain.locator("h1").inner_text() == heading
        assert plain.locator(":is(svg[role=img], table, pre):visible").count()


@pytest.mark.slow
@each_lang
def test_a_run_is_stepped_through_in_the_page_of_its_part(
    write: Write, chromium: Any, lang: str
) -> None:
    write(f"{lang}/trace/defer-5.html")
    with open_page(chromium, write(f"{lang}/part-7.html")) as page:
        assert page.locator("iframe").count() == 0
        place = page.locator("#defer-5 .play")
        for width, height in WIDTHS.items():
            page.set_viewport_size({"width": width, "height": height})
            place.locator("summary").click()
            inside = place.frame_locator("iframe")
            inside.locator(".said").click()
            for _ in range(2):
                page.keyboard.press("f")
            assert "AlreadyCalledError()" in inside.locator(".said").inner_text()
            assert not inside.locator("h1").is_visible()
            box = place.locator("iframe").bounding_box()
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= width
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            place.locator("summary").click()
            place.locator("iframe").wait_for(state="detached")


@pytest.mark.slow
@each_lang
def test_what_a_stage_changes_is_read_without_script(
    write: Write, chromium: Any, lang: str
) -> None:
    address = write(f"{lang}/part-8.html")
    for width in WIDTHS:
        with open_page(chromium, address, width, java_script_enabled=False) as page:
            page.locator("#client-4\\.0 summary", has_text="+21 -15").click()
            lines = page.locator("#client-4\\.0 .diff:visible .new .now.c")
            assert "from twisted.internet.defer import Deferred" in lines.all_inner_texts()
            assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.slow
def test_an_output_is_covered_until_it_is_guessed(write: Write, chromium: Any) -> None:
    address = write("en/part-7.html")
    with open_page(chromium, address) as page:
        place = page.locator("#defer-1 .guess")
        place.locator("summary").click()
        assert place.locator("pre").count() == 0
        button = place.get_by_role("button")
        assert button.is_disabled()
        page.keyboard.press("Tab")
        page.keyboard.type("the poem")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        assert place.locator("pre").nth(0).inner_text().strip() == "the poem"
        assert "Here is your poem:" in place.locator("pre").nth(1).inner_text()
        assert "Here is your poem:" in page.evaluate("document.activeElement.innerText")
    with open_page(chromium, address, java_script_enabled=False) as plain:
        plain.locator("#defer-1 .guess summary").click()
        assert "Here is your poem:" in plain.locator("#defer-1 .guess pre").inner_text()
