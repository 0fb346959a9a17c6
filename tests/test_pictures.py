"""The pictures of the READMEs and of docs/internals.md are those that the stages give today."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from companion.tutorial.stages import ROOT

PICTURES = ROOT / "docs" / "pictures"
TEXTS = {"README.md": ".", "README.zh-CN.md": "zh", "docs/internals.md": "internals"}


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pictures")
    command = [sys.executable, "-m", "docs.pictures", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, timeout=30)
    return folder


def test_every_picture_but_the_race_is_up_to_date(drawn: Path) -> None:
    new = {path.relative_to(drawn): path.read_text() for path in drawn.rglob("*.svg")}
    assert len(new) == 12
    for name, text in new.items():
        assert (PICTURES / name).read_text() == text, f"{name} is another now: make pictures"


@pytest.mark.parametrize(("name", "folder"), TEXTS.items())
def test_the_texts_show_each_of_them(drawn: Path, name: str, folder: str) -> None:
    text = (ROOT / name).read_text()
    for path in (drawn / folder).glob("*.svg"):
        shown = os.path.relpath(PICTURES / folder / path.name, (ROOT / name).parent)
        assert f"]({shown})" in text
