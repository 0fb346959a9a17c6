"""What other people would write: each stage, rewritten in a dozen ways, is judged as right."""

from pathlib import Path

import pytest

from companion.check.run import CheckError, checks_of
from companion.check.show import report_of
from companion.tutorial.stages import Stage, load_map
from tests.helpers.variants import REWRITES, variants

QUICK = ("client-4.0", "countdown", "fastpoetry-1.0")


def is_checked(stage: Stage) -> bool:
    try:
        return bool(checks_of(stage))
    except CheckError:
        return False


STAGES = [
    pytest.param(stage, marks=[pytest.mark.slow] * (stage.id not in QUICK), id=stage.id)
    for stage in load_map().stages
    if is_checked(stage)
]


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_in_other_hands_is_right(stage: Stage, tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    for name, text in variants(stage.file.read_text(encoding="utf-8")):
        file.write_text(text, encoding="utf-8")
        failed = [(one.check.key, one.happened) for one in report_of(file, stage).failed]
        assert failed == [], name


def test_a_client_is_rewritten_in_ten_ways_and_more() -> None:
    text = load_map().find("client-4.0").file.read_text(encoding="utf-8")
    assert len(dict(variants(text))) >= 10
    assert len(REWRITES) >= 12
