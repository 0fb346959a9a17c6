"""Part 16: Twisted's log, and a server that twistd runs."""

from pathlib import Path

import pytest

from companion.tutorial.stages import load_map
from companion.virtual.run import run_virtual
from tests.helpers.demonstrations import gist, played

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
    run = run_virtual(stage, args, folder=tmp_path)
    assert (run.status, run.stderr) == (1, "")
    assert "Traceback" not in run.stdout
    lines = run.stdout.splitlines()
    assert lines[-1].endswith(f" can't read {poem}: No such file or directory")
    assert any("starting on 10000" in line for line in lines)
    assert "only when the port is open already" in STAGES.find(stage).flaw["en"]
