"""The served guide in a browser: a race that runs there, a file that is saved and judged."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from companion.tutorial.exercises import EXERCISES
from companion.tutorial.stages import ROOT
from tests.helpers.browser import PALE, WIDTHS, browser, open_page
from tests.helpers.guide import Served, serving
from tests.helpers.processes import all_gone, descendants, eventually

pytestmark = pytest.mark.slow
SOLVED = (EXERCISES / "3.1" / "countdown.py").read_text(encoding="utf-8")
START = (ROOT / "basic-twisted" / "countdown.py").read_text(encoding="utf-8")
TOOK = re.compile(
    r"(.+): ([\d.]+) s\. Its poems take 6\.9 s one after the other, and the longest .* 3\.0 s\."
)
SOON = 20_000  # milliseconds


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with browser() as started:
        yield started


@pytest.fixture
def guide(tmp_path: Path) -> Iterator[Served]:
    with serving(tmp_path) as served:
        yield served


def says(page: Any, text: str) -> None:
    """Wait until a page has these words where a screen reader hears them."""
    page.get_by_role("status").get_by_text(text).wait_for(state="attached", timeout=SOON)


def save(guide: Served, text: str) -> None:
    """Save the file of exercise 3.1, as an editor does that renames."""
    mine = guide.folder / "my" / "3.1" / "countdown.py"
    new = mine.with_name("new")
    new.write_text(text, encoding="utf-8")
    new.rename(mine)


def test_a_race_of_two_that_the_reader_chooses_runs_in_the_page(
    chromium: Any, guide: Served
) -> None:
    with open_page(chromium, guide.address) as page:
        assert page.url == f"{guide.root}/en/index.html"
        page.locator("select[name=other]").select_option("client-1.0")
        page.get_by_role("button", name="Race").focus()
        page.keyboard.press("Enter")
        says(page, "The race is on.")
        last = page.locator("progress").nth(5)
        assert eventually(lambda: last.get_attribute("value", timeout=SOON) != "0")
        says(page, "The race is over.")
        found = [TOOK.match(text) for text in page.locator(".racer strong").all_inner_texts()]
        (first, slow), (second, fast) = [one.groups() for one in found if one]
        assert (first, second) == ("The blocking client", "Client 1.0")
        assert float(slow) >= 6.9 > float(fast) >= 3.0
        drawn = page.get_by_role("img", name="A race of blocking-client, client-1.0")
        assert drawn.is_visible()
        assert page.get_by_role("button", name="Race").is_enabled()
        for width, height in WIDTHS.items():
            page.set_viewport_size({"width": width, "height": height})
            assert page.evaluate("document.documentElement.scrollWidth") <= width
        for scheme in ("dark", "light"):
            page.emulate_media(color_scheme=scheme)
            assert page.evaluate(PALE) == []


def test_a_tab_that_is_closed_in_the_middle_of_a_race_leaves_no_process(
    chromium: Any, guide: Served
) -> None:
    with open_page(chromium, guide.address) as page:
        before = descendants(guide.process.pid)  # the fork server that the picture was made with
        page.get_by_role("button", name="Race").click()
        says(page, "The race is on.")
        pids = set(descendants(guide.process.pid)) - set(before)
        assert pids
    assert eventually(lambda: descendants(guide.process.pid) == before, 15)
    assert all_gone(*pids)


def test_a_file_is_judged_at_each_save_and_its_run_can_be_stepped_through(
    chromium: Any, guide: Served
) -> None:
    with open_page(chromium, guide.address) as page:
        page.goto(f"{guide.root}/en/exercise-3.1.html")
        page.get_by_role("button", name="Make my file").click()
        page.get_by_role("button", name="Next hint (1 of ").click()
        assert page.locator("ol li").count() == 1
        says(page, "It is still the program that it starts from.")
        save(guide, START.replace("callLater(1", "callLater(2"))
        says(page, "checks passed")
        assert page.locator("dl dt").all_inner_texts()[:3] == ["cause", "expected", "happened"]
        for scheme in ("dark", "light"):
            page.emulate_media(color_scheme=scheme)
            assert page.evaluate(PALE) == []
        save(guide, SOLVED)
        page.get_by_text("Exercise 3.1 is done.").wait_for(timeout=SOON)
        page.set_viewport_size({"width": 390, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.get_by_text("Step through a run of it").click()
        said = page.frame_locator("iframe").locator("[data-is=said]")
        said.click()
        page.keyboard.press("ArrowRight")
        assert said.inner_text() == "Python runs the script, from its first line."
        page.get_by_role("link", name="On a page of its own").click()
        page.wait_for_url("**/exercise-3.1/trace.html")
        page.get_by_role("link", name="Exercise 3.1").click()
        page.get_by_role("link", name="what it changes").click()
        assert page.get_by_role("heading", name="countdown.py").is_visible()


def test_ten_tabs_at_once_all_follow_the_file_and_leave_room_for_another(
    chromium: Any, guide: Served
) -> None:
    with open_page(chromium, guide.address) as page:
        page.goto(f"{guide.root}/zh/exercise-3.1.html")
        page.get_by_role("button", name="建立我的文件").click()
        tabs = [page.context.new_page() for _ in range(10)]
        for tab in tabs:
            tab.goto(f"{guide.root}/zh/exercise-3.1.html", wait_until="commit")
        save(guide, SOLVED)
        for tab in tabs:
            tab.get_by_text("练习 3.1 完成了。").wait_for(timeout=SOON)
        page.goto(f"{guide.root}/zh/part-3.html")
        assert page.locator("#exercise-3\\.1").get_by_text("完成").is_visible()


def test_without_script_an_exercise_is_done_all_the_same(chromium: Any, guide: Served) -> None:
    with open_page(chromium, guide.address, java_script_enabled=False) as page:
        assert not page.get_by_role("button", name="Race").is_visible()
        page.goto(f"{guide.root}/en/exercise-3.1.html")
        page.get_by_role("button", name="Make my file").click()
        page.get_by_role("button", name="Next hint (1 of ").click()
        assert page.locator("ol li").count() == 1
        save(guide, SOLVED)

        def done() -> bool:
            page.reload()
            return bool(page.get_by_text("Exercise 3.1 is done.").count())

        assert eventually(done, 20)
        page.goto(f"{guide.root}/en/exercise-2.2.html")
        page.get_by_label("Your answer").fill("It waits.")
        page.get_by_role("button", name="Answer").click()
        assert page.locator(".said").inner_text()


def test_the_page_says_so_when_the_guide_has_ended(chromium: Any, guide: Served) -> None:
    page = chromium.new_page()  # whose console tells of the connection that is refused
    page.goto(guide.address)
    page.goto(f"{guide.root}/en/exercise-3.1.html")
    page.get_by_role("button", name="Make my file").click()
    says(page, "It is still")
    assert guide.end() == 130
    says(page, "The guide has ended")
    assert page.get_by_role("status").is_visible()
    page.context.close()
