"""The SVG writer: well-formed pictures of any text, whose widths are not underestimated."""

import xml.etree.ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from companion.render.svg import Svg, fit, text_lines, text_width


@settings(deadline=None)
@given(st.text(), st.floats(0, 1000))
def test_any_text_makes_a_well_formed_picture(text: str, x: float) -> None:
    svg = Svg(100, 50, text)
    svg.text(x, 10, text, "bold")
    root = ET.fromstring(str(svg))
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert root.attrib["viewBox"] == "0 0 100 50"


@settings(deadline=None)
@given(st.text("a W,漢字。").map(str.strip), st.floats(100, 1000))
def test_a_text_in_lines_needs_no_more_than_the_width(text: str, width: float) -> None:
    lines = text_lines(text, width)
    assert all(text_width(line) <= width for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


def test_a_picture_may_be_shown_larger_than_it_is_drawn() -> None:
    root = ET.fromstring(str(Svg(100, 50, "", 1.2)))
    assert root.attrib["viewBox"] == "0 0 100 50"
    assert (root.attrib["width"], root.attrib["height"]) == ("120", "60")


def test_what_stands_in_a_text_is_escaped() -> None:
    svg = Svg(10, 10, 'a "race" of <b> & c')
    svg.text(1, 2, "<script>&amp;")
    root = ET.fromstring(str(svg))
    assert root.attrib["aria-label"] == 'a "race" of <b> & c'
    (element,) = root.iter("{http://www.w3.org/2000/svg}text")
    assert element.text == "<script>&amp;"


def test_colours_follow_the_readers_light_or_dark() -> None:
    style = str(Svg(10, 10, "")).partition("<style>")[2].partition("</style>")[0]
    light, _, dark = style.partition("@media (prefers-color-scheme: dark)")
    for name in (".page", ".dim", ".track", ".sent", ".read", ".mark", ".line", ".end", ".limit"):
        assert f"{name} {{" in light
        assert f"{name} {{" in dark


def test_a_long_text_is_measured_a_few_times_before_it_is_cut() -> None:
    measured = []

    def measure(text: str, size: float) -> float:
        measured.append(text)
        return len(text)

    assert fit("x" * 100_000, 9, measure=measure) == "xxxxxxxx…"
    assert len(measured) < 20


@pytest.mark.parametrize("text", ["client-1.0-broken", "月下独酌", "МОСКВА", "iiii", "WWWW"])
def test_a_fitted_text_is_no_wider_than_its_place(text: str) -> None:
    assert fit(text, 1000) == text
    for width in (20, 30, 50):
        assert text_width(fit(text, width)) <= width


def test_wide_characters_count_for_more_and_marks_for_nothing() -> None:
    assert text_width("月", 10) == 10
    assert text_width("e\u0301", 10) == text_width("e", 10)
    assert text_width("mm", 10) > text_width("ll", 10)
