"""The pictures of the READMEs and of docs/internals.md are those that the stages give today."""

import os
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from companion.render.svg import FONT_SIZE, mono_width, text_width
from companion.tutorial.exercises import load_exercises
from companion.tutorial.origin import ADDRESS, figures_text, origin_address
from companion.tutorial.parts import load_parts
from companion.tutorial.stages import ROOT, load_map

PICTURES = ROOT / "docs" / "pictures"
README, PHONE = 830, 358  # pixels that a README's text is wide, on a page and on a phone
TEXTS = {"README.md": ".", "README.zh-CN.md": "zh", "docs/internals.md": "internals"}


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pictures")
    command = [sys.executable, "-m", "docs.pictures", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, timeout=30)
    return folder


def test_every_picture_is_up_to_date(drawn: Path) -> None:
    new = {path.relative_to(drawn): path.read_text() for path in drawn.rglob("*.svg")}
    assert len(new) == 14
    for name, text in new.items():
        assert (PICTURES / name).read_text() == text, f"{name} is another now: make pictures"


@pytest.mark.parametrize("folder", [".", "zh"])
def test_the_pictures_of_a_readme_can_be_read_on_a_phone(drawn: Path, folder: str) -> None:
    for path in (drawn / folder).glob("*.svg"):
        root = ElementTree.parse(path).getroot()
        width = float(root.attrib["viewBox"].split()[2])
        assert FONT_SIZE * PHONE / width > 10, "so large is a letter, in pixels"
        assert float(root.attrib["width"]) < README
        for text in root.iter("{http://www.w3.org/2000/svg}text"):
            measure = mono_width if "mono" in text.attrib["class"] else text_width
            room = measure(text.text or "", FONT_SIZE)
            share = {"start": 0.0, "middle": 0.5, "end": 1.0}[text.attrib["text-anchor"]]
            left = float(text.attrib["x"]) - share * room
            assert 0 <= left <= left + room <= width, f"{path.name}: {text.text}"


@pytest.mark.parametrize(("name", "folder"), TEXTS.items())
def test_the_texts_show_each_of_them(drawn: Path, name: str, folder: str) -> None:
    text = (ROOT / name).read_text()
    for path in (drawn / folder).glob("*.svg"):
        shown = os.path.relpath(PICTURES / folder / path.name, (ROOT / name).parent)
        assert f"]({shown})" in text


@pytest.mark.parametrize(("name", "lang"), [("README.md", "en"), ("README.zh-CN.md", "zh")])
def test_a_readme_has_the_tutorials_address_and_the_maps_numbers_of_its_figures(
    name: str, lang: str
) -> None:
    text = (ROOT / name).read_text()
    assert f"]({ADDRESS})" in text
    link = r"`companion trace ([\w.-]+)`(?:, |，)\[((?:figures?|图) [\d, 、]*\d)\]\(([^)]+)\)"
    told = re.findall(link, text)
    assert len(told) == 5
    stages = load_map()
    parts = load_parts(load_exercises(stages))
    for id, figures, address in told:
        assert figures == figures_text(stages.by_id[id], lang)
        assert address == origin_address(parts[stages.by_id[id].part - 1])
