"""Part 16: Twisted's log, and a server that twistd runs."""

import os
import subprocess
import sysconfig
from pathlib import Path

import pytest

from companion.peers.scenario import Scenario
from companion.tutorial.stages import ROOT, load_map
from companion.virtual.run import play
from tests.helpers.demonstrations import gist, played
from tests.helpers.ports import free_port

STAGES = load_map()


def test_the_log_holds_everything_but_what_came_before_it_was_started() -> None:
    run = played("log")
    assert (run.stderr, run.status) == ("", 0)
    assert gist(run.stdout) == [
        "[-] Log opened.",
        "[-] A message.",
        "[-] 'An error that is only a text.'",
        "[-] Unhandled Error",
        "Traceback (most recent call last):",
        '<module>: raise RuntimeError("raised in a try")',
        "builtins.RuntimeError: raised in a try",
        "[-] Unhandled Error",
        "Traceback (most recent call last):",
        'break_down: raise RuntimeError("raised in a callback")',
        "builtins.RuntimeError: raised in a callback",
    ]


@pytest.mark.parametrize(
    ("stage", "args", "poem"),
    [
        ("fastpoetry-2.0", [], "poetry/ecstasy.txt"),
        ("fastpoetry-3.0", ["--port", "10000", "--poem", "missing"], "missing"),
    ],
)
def test_a_poem_that_twistd_s_servers_can_t_read_is_told_when_the_port_is_open(
    stage: str, args: list[str], poem: str, tmp_path: Path
) -> None:
    run = play(stage, Scenario(args=args, folder=tmp_path))
    assert (run.status, run.stderr) == (1, "")
    assert "Traceback" not in run.stdout
    lines = run.stdout.splitlines()
    assert lines[-1].endswith(f" can't read {poem}: No such file or directory")
    assert any("starting on 10000" in line for line in lines)
    assert "only when the port is open already" in STAGES.find(stage).flaw["en"]


def daemon_args(stage: str, poem: str, folder: Path) -> list[str]:
    """What follows twistd on the command line; the tac file gets a port that is free."""
    if stage == "fastpoetry-3.0":
        return ["fastpoetry", "--port", str(free_port()), "--poem", poem]
    text = STAGES.find(stage).file.read_text(encoding="utf-8")
    assert "port = 10000\n" in text
    assert f'poem_file = "{poem}"\n' in text
    tac = folder / "fastpoetry.tac"
    tac.write_text(text.replace("port = 10000\n", f"port = {free_port()}\n"), encoding="utf-8")
    return ["--python", str(tac)]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("stage", "poem"), [("fastpoetry-2.0", "poetry/ecstasy.txt"), ("fastpoetry-3.0", "missing")]
)
def test_a_daemon_that_can_t_read_its_poem_ends_with_one_line_and_leaves_no_pid_file(
    stage: str, poem: str, tmp_path: Path
) -> None:
    done = subprocess.run(
        [f"{sysconfig.get_path('scripts')}/twistd", *daemon_args(stage, poem, tmp_path)],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=20, check=False,
    )  # fmt: skip
    line, hint = done.stderr.splitlines()
    assert (done.returncode, done.stdout) == (1, "")
    assert f"PoemError: can't read {poem}: No such file or directory" in line
    assert hint == "Please look at log file for more information.", "twistd's own words"
    assert not (tmp_path / "twistd.pid").exists()
