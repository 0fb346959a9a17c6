"""The player in a browser: stepped through by key and by pointer, read on every screen."""

import json
import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from companion.event import Event, event_of
from companion.render.terminal import Screen
from companion.trace.player import script_of
from companion.trace.show import Outputs, Wanted, traced, write_pictures
from companion.trace.show_compare import Form, show_compare
from companion.trace.trace import Trace
from companion.tutorial.stages import load_map
from tests.helpers.browser import PALE, WIDTHS, browser, open_page

FIRED = "D1 fires a second time, with Exception('The branch is bare.')"

Open = Callable[..., Any]


def write(stage_id: str, file: Path, lang: str = "en") -> str:
    """Write the page of a stage; its address."""
    stage = load_map().find(stage_id)
    trace = Trace(traced(stage).events)
    write_pictures(trace, Wanted(stage), Outputs(Screen(lang=lang), html=file))
    return file.as_uri()


@pytest.fixture(scope="module")
def addresses(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], str]:
    """Pages, by stage and language."""
    folder = tmp_path_factory.mktemp("pages")
    return {
        (stage, lang): write(stage, folder / f"{stage}-{lang}.html", lang)
        for stage in ("defer-5", "client-5.1", "client-4.0")
        for lang in ("en", "zh")
    }


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with browser() as started:
        yield started


@pytest.fixture
def opened(chromium: Any) -> Open:
    return partial(open_page, chromium)


def sentence(page: Any) -> str:
    return str(page.locator("[data-is=said]").inner_text())


def panel(page: Any, name: str) -> str:
    """The words of one panel of the first run."""
    return " ".join(page.locator(f"[data-is={name}]").first.inner_text().split())


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_page_is_readable_and_never_wider_than_the_screen(
    opened: Open, addresses: dict[tuple[str, str], str], width: int, scheme: str, lang: str
) -> None:
    for stage in ("defer-5", "client-4.0"):
        with opened(addresses[stage, lang], width, scheme) as page:
            for key in ("Home", "f", "End", "T"):
                page.keyboard.press(key)
                assert page.evaluate("document.documentElement.scrollWidth") == width
            assert page.evaluate(PALE) == []


def test_keys_go_through_defer_5_to_the_error_and_back(
    opened: Open, addresses: dict[tuple[str, str], str]
) -> None:
    with opened(addresses["defer-5", "en"]) as page:
        assert sentence(page) == "The program starts: python twisted-deferred/defer-5.py."
        page.keyboard.press("ArrowRight")
        assert sentence(page) == "Python runs the script, from its first line."
        page.keyboard.press("f")
        assert sentence(page).startswith(FIRED)
        assert panel(page, "deferreds").startswith("D1 made in line 16 fired a second time")
        assert page.locator("[data-line].now").get_attribute("data-line") == "20"
        page.keyboard.press("f")
        assert sentence(page).startswith("The script raises AlreadyCalledError()")
        assert panel(page, "stack") == "<module> line 20 raises AlreadyCalledError()"
        page.keyboard.press("F")
        assert sentence(page).startswith(FIRED)
        page.keyboard.press("F")
        assert sentence(page) == "There is no more."
        page.keyboard.press("End")
        assert sentence(page) == "The program ends with status 1."


def test_a_call_is_stepped_over_and_a_turn_and_a_line_are_found_again(
    opened: Open, addresses: dict[tuple[str, str], str]
) -> None:
    with opened(addresses["client-4.0", "en"]) as page:
        for key, said in (
            ("ArrowRight", "Python runs the script, from its first line."),
            ("ArrowRight", "The script calls poetry_main."),
            ("ArrowRight", "poetry_main calls parse_args."),
            ("o", "parse_args returns <Namespace>."),
            ("o", "poetry_main calls get_poetry."),
            ("O", "parse_args returns <Namespace>."),
            ("O", "poetry_main calls parse_args."),
            ("t", "The reactor calls PoetryProtocol.connectionMade, for server 1."),
            ("l", "The reactor calls PoetryProtocol.connectionMade, for server 2."),
            ("L", "The reactor calls PoetryProtocol.connectionMade, for server 1."),
        ):
            page.keyboard.press(key)
            assert sentence(page) == said
        page.locator("[data-line]", has_text="self.chunks.append(data)").locator("button").click()
        assert sentence(page) == "PoetryProtocol.dataReceived returns."
        last = r"PoetryProtocol.dataReceived line \d+ returns None"
        assert re.search(f"{last}$", panel(page, "stack"))


def test_a_second_is_gone_over_where_time_passes(
    opened: Open, addresses: dict[tuple[str, str], str]
) -> None:
    with opened(f"{addresses['client-4.0', 'en']}#t=2") as page:
        position = page.locator("[data-is=position]")
        for key, seconds in (("s", "3.000 s"), ("s", "4.000 s"), ("S", "3.000 s")):
            page.keyboard.press(key)
            assert position.inner_text().endswith(seconds)
    with opened(addresses["defer-5", "en"]) as page:
        assert page.locator("[data-move=second]").count() == 0


def test_the_player_of_client_5_1_shows_which_pairs_were_passed_by(
    opened: Open, addresses: dict[tuple[str, str], str]
) -> None:
    with opened(addresses["client-5.1", "en"]) as page:
        page.keyboard.press("End")
        rows = page.locator("[data-is=deferreds] tbody tr")
        assert [" ".join(row.split()) for row in rows.all_inner_texts()] == [
            "1 cummingsify ran, and raised passes on passed by",
            "2 passes on passed by cummingsify_failed ran",
            "3 got_poem passed by poem_failed ran",
            "4 poem_done ran poem_done passed by",
        ]
        assert panel(page, "connections") == (
            "server 1 (fascination) done 620 of 620 bytes arrived, 620 read"
        )


def test_a_moment_has_an_address(opened: Open, addresses: dict[tuple[str, str], str]) -> None:
    address = addresses["client-5.1", "en"]
    with opened(f"{address}#n=349") as page:
        assert sentence(page).startswith("The library calls poem_failed, in line ")
        page.keyboard.press("ArrowRight")
        page.wait_for_function("location.hash === '#t=6.2&n=350'")
        page.evaluate("location.hash = '#t=3.05'")
        page.wait_for_function("document.body.innerText.includes('until 3.100')")
        assert "server 1" not in panel(page, "reactor")
        assert "It waits in epoll, until 3.100 s." in panel(page, "reactor")


def test_the_lanes_are_a_scrubber_for_a_finger(
    opened: Open, addresses: dict[tuple[str, str], str]
) -> None:
    options = {"has_touch": True, "is_mobile": True}
    with opened(addresses["client-4.0", "en"], 390, **options) as page:
        box = page.locator("[data-is=tracks]").bounding_box()
        page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + 20)
        slider = page.locator("[data-is=tracks]")
        t = float(re.findall(r"([\d.]+) s", slider.get_attribute("aria-valuetext"))[0])
        assert 4.9 < t < 5.2
        page.locator("[data-move=step][data-way='1']").tap()
        assert int(slider.get_attribute("aria-valuenow")) > 600


def test_a_run_that_waits_for_ever_has_room_for_it_on_its_axis(
    opened: Open, tmp_path: Path
) -> None:
    with opened(write("proxy-2.0", tmp_path / "page.html")) as page:
        box = page.locator("[data-is=tracks]").bounding_box()
        page.mouse.click(box["x"] + box["width"] * 0.95, box["y"] + 5)
        assert sentence(page) == "The reactor waits 29.900 s in epoll, until 30.000."
        page.keyboard.press("End")
        assert sentence(page) == "The run ends here: it waits for ever."
        cursor = page.locator("[data-is=cursor]").bounding_box()
        assert cursor["x"] <= box["x"] + box["width"]


def test_without_script_the_drawing_is_there_and_the_player_is_not(
    opened: Open, addresses: dict[tuple[str, str], str]
) -> None:
    with opened(addresses["defer-5", "en"], java_script_enabled=False) as page:
        assert not page.locator(".player").is_visible()
        assert page.locator("svg[role=img]").is_visible()


def test_in_print_the_moment_stands_without_the_controls(
    opened: Open, addresses: dict[tuple[str, str], str]
) -> None:
    with opened(f"{addresses['defer-5', 'en']}#n=13") as page:
        page.emulate_media(media="print")
        assert page.locator("[data-is=said]").is_visible()
        assert not page.locator(".moves").is_visible()
        assert page.locator("svg[role=img]").is_visible()


def test_what_a_program_prints_ends_no_script_of_the_page(opened: Open, tmp_path: Path) -> None:
    text = "</script><script>document.title = 'taken'</script><!--"
    fields = {"text": text, "stream": "stdout"}
    trace = Trace([event_of(0.0, "x", "print", fields)])
    file = tmp_path / "page.html"
    write_pictures(trace, Wanted(), Outputs(html=file))
    with opened(file.as_uri()) as page:
        assert sentence(page) == f"Printed: {text}"
        assert panel(page, "output") == text
        assert page.title() != "taken"


def test_beside_its_events_the_page_of_three_poems_is_small(tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    write("client-4.0", file, "zh")
    page = file.read_text(encoding="utf-8")
    events = re.search(r'"events":(\[.*?\]),"said"', page)
    assert events
    assert json.loads(events[1])[0]["kind"] == "start"
    assert len(page.encode()) - len(events[1].encode()) < 150_000


def test_a_program_of_one_s_own_is_named_as_it_is_typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    mine = Path("mine.py")
    mine.write_text("print(1)\n", encoding="utf-8")
    script = script_of(load_map().find("client-4.0").played_by(mine))
    assert script
    assert script.path == "mine.py"


def test_two_stages_are_played_on_one_clock(opened: Open, tmp_path: Path) -> None:
    before, after = map(load_map().find, ("blocking-client", "async-client"))
    file = tmp_path / "both.html"
    show_compare(before, after, "", Form(html=file))
    for width in WIDTHS:
        with opened(f"{file.as_uri()}#t=5", width) as page:
            assert page.evaluate("document.documentElement.scrollWidth") == width
            assert sentence(page) == (
                "async-client: get_poetry itself waits 0.100 s in select, until 5.100,"
                " and does nothing else."
            )
            page.keyboard.press("ArrowRight")
            assert sentence(page) == "blocking-client: 30 bytes arrive from server 1."
            page.keyboard.press("O")
            assert sentence(page).startswith("blocking-client: get_poetry itself waits 0.100 s")
            lanes = page.locator("[data-is=connections]").all_inner_texts()
            assert [len(text.split("open")) - 1 for text in lanes] == [1, 3]
            page.keyboard.press("End")
            assert sentence(page) == "blocking-client: The program ends with status 0."


def many(count: int) -> list[Event]:
    """As many events, at least: a client's, again and again, each time with other Deferreds."""
    run = traced(load_map().find("client-4.0")).events
    first, *middle, last = run
    found, times = [first], -(-count // len(middle))
    for n in range(times):
        for event in middle:
            fields = dict(event.fields)
            for name in ("deferred", "call"):
                if isinstance(fields.get(name), int):
                    fields[name] += 1000 * n
            found.append(event_of(event.t + n * (last.t + 1), event.stage, event.kind, fields))
    return [*found, event_of(found[-1].t, last.stage, last.kind, last.fields)]


@pytest.mark.slow
def test_a_run_of_100_000_events_opens_in_two_seconds_and_steps_in_a_frame(
    chromium: Any, tmp_path: Path
) -> None:
    stage = load_map().find("client-4.0")
    file = tmp_path / "long.html"
    trace = Trace(many(100_000))
    write_pictures(trace, Wanted(stage), Outputs(html=file))
    page = chromium.new_page()
    # The seconds of the page's own thread, whatever else the machine does.
    clock = page.context.new_cdp_session(page)
    clock.send("Performance.enable", {"timeDomain": "threadTicks"})

    def spent() -> float:
        metrics = clock.send("Performance.getMetrics")["metrics"]
        return float(next(one["value"] for one in metrics if one["name"] == "TaskDuration"))

    page.goto(file.as_uri())
    page.wait_for_selector(".player:visible")
    assert spent() < 2
    page.keyboard.press("End")
    keys = ["ArrowLeft", "ArrowLeft", "o", "T", "O", "t"] * 10
    before = spent()
    for key in keys:
        page.keyboard.press(key)
    assert (spent() - before) / len(keys) < 1 / 60
    page.close()
