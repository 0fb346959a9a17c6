"""What other people would write: each stage, rewritten in ten ways and more, is judged as right."""

from pathlib import Path

import pytest

from companion.check.run import CheckError, checks_of
from companion.check.show import report_of
from companion.tutorial.stages import Stage, load_map
from tests.helpers.variants import variants

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
    every = dict(variants(stage.file.read_text(encoding="utf-8")))
    assert len(every) >= 10
    for name, text in every.items():
        file.write_text(text, encoding="utf-8", newline="")
        report = report_of(file, stage)
        failed = [(one.check.key, one.happened) for one in report.failed]
        assert (failed, report.status) == ([], 0), name
