"""companion run --virtual: what the stage prints, and how long it took, without the wait."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from companion.cli.commands import companion, main
from companion.tutorial.stages import ROOT


def run(*args: str) -> Result:
    return CliRunner().invoke(companion, ["run", *args])


def test_the_stage_s_lines_come_out_as_it_prints_them() -> None:
    result = run("--virtual", "countdown")
    assert result.stdout == "Start!\n5\n4\n3\n2\n1\nStop!\n"
    assert result.stderr == "5.000 s of simulated time\n"


def test_right_after_the_stage_the_option_is_still_ours() -> None:
    result = run("blocking-client", "--virtual")
    assert result.stdout.endswith("\nGot 3 poems in 0:00:22.900000\n")
    assert result.stderr == "22.900 s of simulated time\n"


def test_arguments_replace_those_of_the_map_and_the_servers_stay() -> None:
    result = run("--virtual", "client-3.1", "10000", "10007")
    assert result.stdout.startswith("The Ecstasy\n")
    assert result.stderr == (
        "Poem failed: 127.0.0.1:10007: Connection was refused by other side: "
        "111: Connection refused.\n10.100 s of simulated time\n"
    )


def test_a_stage_that_waits_for_ever_is_told_in_one_line_and_has_a_status_of_its_own(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["companion", "run", "--virtual", "hello"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 95
    assert capsys.readouterr().err == "waits for ever from t=0.000 s in epoll\n"


def test_standard_input_is_given_to_the_stage() -> None:
    command = [sys.executable, "-m", "companion", "run", "--virtual"]
    drawn = subprocess.run(
        [*command, "deferred-simulator", "--narrow"],
        input="r 1 p\n\n", capture_output=True, text=True, cwd=ROOT, check=True,
    )  # fmt: skip
    assert "| return |" in drawn.stdout


def test_files_are_found_from_the_folder_where_they_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ode.txt").write_text("Ode\n")
    monkeypatch.chdir(tmp_path)
    result = run("--virtual", "slow-server", "ode.txt")
    assert result.stdout == "Serving ode.txt on 127.0.0.1:10000\n"


def test_the_events_are_json_a_line() -> None:
    result = run("--virtual", "--json", "countdown")
    events = [json.loads(line) for line in result.stdout.splitlines()]
    assert [event["kind"] for event in events[:3]] == ["start", "print", "print"]
    assert events[0]["argv"] == ["python", "basic-twisted/countdown.py"]
    assert (events[-1]["t"], events[-1]["kind"], events[-1]["status"]) == (5.0, "exit", 0)


def test_json_without_virtual_is_refused() -> None:
    result = run("--json", "countdown")
    assert result.exit_code == 2


def test_what_is_no_python_program_is_refused_in_one_line() -> None:
    result = run("--virtual", "haskell-client-1")
    assert result.exit_code == 1
    assert result.stderr == (
        "Error: haskell-client-1 is not a Python program that a trace or virtual time can run\n"
    )
