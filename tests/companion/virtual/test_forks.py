"""The process that stages are forked from: started when it is needed, and gone with its owner."""

import os
import pickle
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from companion.peers.scenario import AS_MAPPED, Scenario
from companion.tutorial.stages import ROOT
from companion.virtual import real
from companion.virtual import run as virtual
from companion.virtual.forks import ForkError, Job, at_fixed_addresses, run_forked, servers, starved
from tests.helpers.processes import alive, all_gone, eventually


def test_a_server_that_was_killed_is_started_anew() -> None:
    assert virtual.play("defer-1").status == 0
    server = servers["virtual"]
    server.process.kill()
    server.process.wait()
    assert virtual.play("defer-1").status == 0
    assert servers["virtual"] is not server


def test_a_server_that_dies_meanwhile_is_told_in_one_line(tmp_path: Path) -> None:
    virtual.play("defer-1")

    def kill(pid: int) -> None:
        servers["virtual"].process.kill()
        servers["virtual"].process.wait()
        os.kill(pid, signal.SIGKILL)

    loop = tmp_path / "loop.py"
    loop.write_text("while True: pass\n")
    job = Job(str(loop), ("python", "loop.py"), AS_MAPPED)
    told = r"^the process that stages are forked from has ended$"
    with (tmp_path / "journal").open("w+b") as journal, pytest.raises(ForkError, match=told):
        run_forked("virtual", job, journal, 5, started=kill)


def test_who_leaves_before_the_process_is_there_disturbs_nobody(
    capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    virtual.play("defer-1")
    server = servers["virtual"]
    job = Job("twisted-deferred/defer-1.py", ("python", "x"), Scenario(folder=ROOT))
    (tmp_path / "job").write_bytes(pickle.dumps(job))
    for _ in range(3):
        with (tmp_path / "job").open("rb") as file, (tmp_path / "journal").open("w+b") as journal:
            server.start(file, [journal.fileno()]).close()
    assert virtual.play("defer-1").status == 0
    assert servers["virtual"] is server
    assert capfd.readouterr().err == ""


def test_nothing_outlives_a_process_that_is_killed(tmp_path: Path) -> None:
    loop = tmp_path / "loop.py"
    loop.write_text(f"import os\nopen({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid()))\n"
                    "while True: pass\n")  # fmt: skip
    code = f"from companion.virtual.run import play; play({str(loop)!r}, limit=60)"
    owner = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT)
    assert eventually(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text() != "")
    pid = int((tmp_path / "pid").read_text())
    assert alive(pid)
    owner.kill()
    owner.wait()
    assert all_gone(pid)


async def test_a_stage_in_real_time_takes_its_time_and_is_ended() -> None:
    begun = time.monotonic()
    run = await real.play("hello", limit=0.2)
    assert 0.2 <= time.monotonic() - begun < 5
    assert (run.how, run.status) == ("still runs", 96)
    assert run.lines[-1][2] == "It does nothing else until I return."


def test_a_process_that_gets_no_time_from_others_is_waited_for(tmp_path: Path) -> None:
    assert not starved([os.getpid()], 0.0)
    assert starved([os.getpid()], 1e6)
    assert not starved([2**22 + 1], 1e6)  # no such process


def test_a_set_has_the_same_order_in_every_run_of_a_command(tmp_path: Path) -> None:
    if not at_fixed_addresses():
        pytest.skip("this system can't fix addresses")
    file = tmp_path / "sets.py"
    file.write_text("class One: pass\nones = [One() for _ in range(50)]\n"
                    "print([ones.index(one) for one in set(ones)])\n")  # fmt: skip
    command = [sys.executable, "-m", "companion", "run", "--virtual", str(file)]
    runs = [
        subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout
        for _ in range(4)
    ]
    assert runs[1] == runs[2] == runs[3]  # the first has compiled the tool's own files, perhaps
