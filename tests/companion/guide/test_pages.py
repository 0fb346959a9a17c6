"""The guide: a page a part, whole, in both languages, readable in a browser and without script."""

from html import unescape
from html.parser import HTMLParser
from pathlib import Path, PurePosixPath

import pytest

from companion.guide.pages import Guide, NoPageError, write_guide
from companion.guide.words import WORDS
from companion.render.language import LANGUAGES
from companion.tutorial.parts import load_parts
from companion.tutorial.stages import load_map
from tests.helpers.browser import browser

STAGES = load_map()
GUIDE = Guide(STAGES, load_parts(STAGES))
PATHS = list(GUIDE.paths())
each_lang = pytest.mark.parametrize("lang", LANGUAGES)


class Links(HTMLParser):
    """What a page points to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if name in ("href", "src") and value]


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
def test_the_first_page_shows_the_race_and_leads_to_every_part(lang: str) -> None:
    text = GUIDE.page(f"{lang}/index.html")
    assert "<svg" in text
    for part in GUIDE.parts:
        assert f'href="part-{part.number}.html"' in text


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


@pytest.mark.slow
def test_the_whole_guide_is_written(tmp_path: Path) -> None:
    assert write_guide(GUIDE, tmp_path) == len(PATHS)
    assert {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*")} == set(PATHS)


@pytest.mark.slow
def test_the_pages_are_readable_in_a_browser(tmp_path: Path) -> None:
    names = [f"{lang}/{page}.html" for lang in LANGUAGES for page in ("index", "part-2", "part-7")]
    for path in ("index.html", "guide.css", "guide.js", *names):
        file = tmp_path / path
        file.parent.mkdir(exist_ok=True)
        file.write_text(GUIDE.page(path), encoding="utf-8")
    with browser() as started:
        for width in (390, 1200):
            for scheme in ("light", "dark"):
                page = started.new_page(
                    viewport={"width": width, "height": 800}, color_scheme=scheme
                )
                said: list[str] = []
                page.on("console", lambda message, said=said: said.append(message.text))
                page.on("pageerror", lambda error, said=said: said.append(str(error)))
                for name in names:
                    page.goto((tmp_path / name).as_uri())
                    wide = page.evaluate("document.documentElement.scrollWidth")
                    assert wide <= width, (name, width)
                assert said == []
                page.close()


@pytest.mark.slow
def test_an_output_is_covered_until_it_is_guessed(tmp_path: Path) -> None:
    for path in ("guide.css", "guide.js", "en/part-7.html"):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(GUIDE.page(path), encoding="utf-8")
    with browser() as started:
        page = started.new_page()
        page.goto((tmp_path / "en/part-7.html").as_uri())
        place = page.locator("#defer-1 details")
        place.locator("summary").click()
        assert place.locator("pre").count() == 0
        button = place.get_by_role("button")
        assert button.is_disabled()
        place.locator("textarea").fill("the poem")
        button.click()
        assert place.locator("pre").nth(0).inner_text().strip() == "the poem"
        assert "Here is your poem:" in place.locator("pre").nth(1).inner_text()
        plain = started.new_context(java_script_enabled=False).new_page()
        plain.goto((tmp_path / "en/part-7.html").as_uri())
        plain.locator("#defer-1 summary").click()
        assert "Here is your poem:" in plain.locator("#defer-1 pre").inner_text()
