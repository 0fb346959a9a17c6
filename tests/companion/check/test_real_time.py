"""What simulated time does not cover is tried in real time: right files pass, wrong ones fail."""

import json
import os
import signal
import threading
from pathlib import Path

import pytest

from companion.check.show import report_of, report_text
from companion.check.subject import RealSubject
from companion.render.terminal import Screen
from companion.tutorial.stages import load_map
from tests.helpers.fixtures import Typed

pytestmark = pytest.mark.slow

STAGES = load_map()
CHILD = "import subprocess\nsubprocess.run(['true'], check=True)\n"
UDP = """\
import socket
with socket.socket(type=socket.SOCK_DGRAM) as asking:
    asking.bind(("127.0.0.1", 0))
    asking.sendto(b"?", asking.getsockname())
    asking.recv(10)
"""
BLOCKS = "import ctypes\nctypes.CDLL(None).usleep(1_000_000)\n"


def written(folder: Path, stage: str, first: str, *pairs: str) -> Path:
    """A stage that begins with something else, and has other texts in the place of its own."""
    text = STAGES.find(stage).file.read_text(encoding="utf-8")
    for old, new in zip(pairs[::2], pairs[1::2], strict=True):
        assert old in text, old
        text = text.replace(old, new)
    before, found, after = text.partition("\nimport ")
    if not found:
        before, found, after = text.partition("\nfrom ")
    file = folder / "mine.py"
    file.write_text(f"{before}\n{first}{found[1:]}{after}", encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("stage", "first"),
    [
        ("client-4.0", CHILD),
        ("client-7.0", UDP),
        ("blocking-client", CHILD),
        ("fastpoetry-1.0", UDP),
        ("transform-server", CHILD),
        ("proxy-3.0", CHILD),
    ],
)
def test_a_right_file_passes_in_real_time(stage: str, first: str, tmp_path: Path) -> None:
    report = report_of(written(tmp_path, stage, first), STAGES.find(stage))
    assert [(one.check.key, one.happened) for one in report.failed] == []
    tried = {one.check.key: one.covered for one in report.results if one.uncovered}
    assert len(tried) > 4
    assert [key for key, covered in tried.items() if not covered] in ([], ["transform-interrupted"])


@pytest.mark.parametrize(
    ("pairs", "key", "cause"),
    [
        (("poem.decode()", 'poem.decode("latin-1")'), "client-split", "is decoded as latin-1"),
        (("reactor.stop()", "pass"), "client-ends", "nothing stops the reactor"),
        (("d.callback(poem)", "d.callback(poem, 1)"), "client-ends", "argument"),
    ],
)
def test_a_wrong_file_fails_in_real_time_with_its_cause(
    pairs: tuple[str, str], key: str, cause: str, tmp_path: Path
) -> None:
    report = report_of(written(tmp_path, "client-4.0", CHILD, *pairs), STAGES.find("client-4.0"))
    assert (report.failed[0].check.key, report.status) == (key, 1)
    assert report.diagnosis
    assert cause in report.diagnosis.cause["en"]
    assert report.command.endswith(" --real")


def test_what_real_time_can_t_show_stays_open(tmp_path: Path) -> None:
    report = report_of(written(tmp_path, "countdown", CHILD), STAGES.find("countdown"))
    assert (report.failed, report.status) == ([], 94)
    opened = [one.check.key for one in report.results if not one.covered]
    assert opened == ["demo-happens"]
    text = report_text(report, Screen())
    assert "open  what happens in the stage happens in it\n" in text
    assert "pass  it ends as the stage ends (in real time)\n" in text
    assert text.endswith("1 not tried: simulated time does not cover them")


def test_one_that_really_blocks_is_tried_in_real_time(tmp_path: Path) -> None:
    report = report_of(written(tmp_path, "hello", BLOCKS), STAGES.find("hello"))
    assert [(one.check.key, one.happened) for one in report.failed] == []
    ends = next(one for one in report.results if one.check.key == "demo-ends")
    assert (ends.passed, ends.uncovered[:18]) == (True, "it blocks for real")


def test_after_a_run_that_is_broken_off_the_next_is_its_own(tmp_path: Path) -> None:
    def broken_off(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    subjects = [
        RealSubject(STAGES.find(name).file, STAGES.find(name), tmp_path)
        for name in ("countdown", "hello")
    ]
    before = signal.signal(signal.SIGUSR1, broken_off)
    threading.Timer(1.5, os.kill, (os.getpid(), signal.SIGUSR1)).start()
    try:
        with pytest.raises(KeyboardInterrupt):
            subjects[0].run()
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert "Hello" in subjects[1].run().stdout


def test_one_that_does_not_end_in_real_time_either_is_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("companion.check.subject.REAL_LIMIT", 2.0)
    file = tmp_path / "mine.py"
    file.write_text(f"{CHILD}import time\nwhile True:\n    time.sleep(0.1)\n")
    report = report_of(file, STAGES.find("client-4.0"))
    (failed,) = report.failed
    assert (failed.expected, report.status) == ("an end within 2 seconds", 1)
    assert report.results[-1].left_out > 10


def test_the_report_says_what_was_tried_in_real_time(tmp_path: Path, typed: Typed) -> None:
    file = str(written(tmp_path, "hello", CHILD))
    note = "not covered by simulated time: a child process (subprocess), in mine.py, line "
    _, out, _ = typed("check", file, "--as", "hello", "--json")
    first, second, _ = json.loads(out)["checks"]
    assert second["uncovered"].startswith(note)
    assert (first["passed"], first["covered"]) == (False, False)
    assert ("covered" in second, second["passed"]) == (False, True)
    _, out, _ = typed("check", file, "--as", "hello", "--lang", "zh")
    assert out.startswith("说明      模拟时间不支持：子进程（subprocess），在 mine.py 第 ")
    assert "。改用真实时间：" in out.partition("\n")[0]
