"""The pictures of the READMEs are those that the stages give today."""

import subprocess
import sys
from pathlib import Path

import pytest

from companion.tutorial.stages import ROOT

PICTURES = ROOT / "docs" / "pictures"
READMES = {"README.md": ".", "README.zh-CN.md": "zh"}


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pictures")
    command = [sys.executable, str(ROOT / "docs" / "pictures.py"), str(folder)]
    subprocess.run(command, check=True, timeout=30)
    return folder


def test_every_picture_of_simulated_time_is_up_to_date(drawn: Path) -> None:
    new = {path.relative_to(drawn): path.read_text() for path in drawn.rglob("*.svg")}
    assert len(new) == 10
    for name, text in new.items():
        assert (PICTURES / name).read_text() == text, f"{name} is another now: make pictures"


@pytest.mark.parametrize(("readme", "folder"), READMES.items())
def test_the_readmes_show_each_of_them(drawn: Path, readme: str, folder: str) -> None:
    text = (ROOT / readme).read_text()
    for path in (drawn / folder).glob("*.svg"):
        assert f"](docs/pictures/{Path(folder, path.name)})" in text
