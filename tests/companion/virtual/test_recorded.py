"""What each stage prints in simulated time is what is recorded."""

import difflib

import pytest

from companion.tutorial.listing import RECORDED
from companion.tutorial.stages import ROOT, Stage
from tests.helpers.recording import RUNS, record, stages, steady

STAGES = stages()


def drift(stage: Stage) -> list[str]:
    """The lines of a diff between what is recorded and what the stage prints now."""
    file = RECORDED / f"{stage.id}.txt"
    old = file.read_text(encoding="utf-8") if file.exists() else ""
    return list(
        difflib.unified_diff(
            old.split("\n"), record(stage).split("\n"), "recorded", "now", "", "", 2, ""
        )
    )


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.id)
def test_a_stage_prints_what_is_recorded(stage: Stage) -> None:
    if diff := drift(stage):
        told = [f"{stage.id} prints something else; make record takes it as right:", *diff[2:]]
        pytest.fail("\n".join(told), pytrace=False)


def test_every_recorded_file_belongs_to_a_stage() -> None:
    assert {file.stem for file in RECORDED.iterdir()} == {stage.id for stage in STAGES}
    assert set(RUNS) <= {stage.id for stage in STAGES}


def test_nothing_of_this_machine_is_recorded() -> None:
    texts = "".join(file.read_text(encoding="utf-8") for file in RECORDED.iterdir())
    assert str(ROOT) not in texts
    assert "site-packages" not in texts
    assert "/usr" not in texts


def test_a_frame_of_the_library_is_recorded_without_what_a_new_version_changes() -> None:
    lines = [
        f'  File "{ROOT}/basic-twisted/hello.py", line 7, in hello',
        "    fall()",
        "    ^^^^^^",
        '  File "/x/lib/python3.11/site-packages/twisted/internet/tcp.py", line 250, in doRead',
        "    return self._dataReceived(data)",
        '  File "/usr/lib/python3.12/socket.py", line 1, in connect',
        "    sock.connect(sa)",
        "ValueError: no",
    ]
    assert [text for _, _, text in steady((0.0, "stderr", line) for line in lines)] == [
        '  File "basic-twisted/hello.py", line 7, in hello',
        "    fall()",
        '  File "twisted/internet/tcp.py", in doRead',
        '  File "socket.py", in connect',
        "ValueError: no",
    ]
