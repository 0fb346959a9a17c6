"""The one cause: for each a wrong file, made of a stage, and the stage itself, which is right."""

from pathlib import Path

import pytest

from companion.check.show import report_of
from companion.tutorial.stages import load_map
from tests.helpers.faults import FAULTS

STAGES = load_map()


def written(folder: Path, base: str, *pairs: str) -> Path:
    text = STAGES.find(base).file.read_text(encoding="utf-8")
    for old, new in zip(pairs[::2], pairs[1::2], strict=True):
        assert old in text, old
        text = text.replace(old, new)
    file = folder / "mine.py"
    file.write_text(text, encoding="utf-8")
    return file


@pytest.mark.parametrize("case", FAULTS, ids=lambda case: f"{case[0]}-{case[2][:30]}")
def test_the_first_line_names_the_cause(case: tuple[str, ...], tmp_path: Path) -> None:
    base, stage, words, *pairs = case
    report = report_of(written(tmp_path, base, *pairs), STAGES.find(stage or base))
    assert report.failed
    assert report.diagnosis
    assert words in report.diagnosis.cause["en"]
    assert report.diagnosis.cause["zh"]


def test_the_command_that_shows_it_can_be_typed_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = written(tmp_path, "client-3.1", "reactor.stop()", "pass")
    for folder, path in ((tmp_path, "mine.py"), (Path("/"), str(file)[1:])):
        monkeypatch.chdir(folder)
        report = report_of(file, STAGES.find("client-3.1"))
        assert report.command == f"companion trace {path} --as client-3.1"


def test_a_cause_that_nobody_knows_is_not_made_up(tmp_path: Path) -> None:
    file = written(tmp_path, "fastpoetry-1.0", "self.factory.poem)", "self.factory.poem[::-1])")
    report = report_of(file, STAGES.find("fastpoetry-1.0"))
    assert report.failed
    assert report.diagnosis is None
