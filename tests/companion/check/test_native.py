"""A learner's file in another language: compiled, run in real time, and always ended."""

import time
from dataclasses import replace
from pathlib import Path

import pytest

from companion.check import native
from companion.check.native import client_run, server_run
from companion.check.run import CheckError, SourceError
from companion.check.subject import Subject
from companion.peers.script import fast, refused
from companion.peers.threads import Visit
from companion.processes.build import missing_tools
from companion.tutorial.stages import Stage, load_map

STAGES = load_map()
ERLANG = STAGES.by_id["erlang-client-1"]
HASKELL = STAGES.by_id["haskell-client-1"]
# Any program may stand for one in another language.
ANY = replace(ERLANG, run=("{python}", "{path}"), tools=())


def subject(folder: Path, text: str, stage: Stage = ANY, name: str = "mine") -> Subject:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return Subject(file, stage, folder)


def installed(stage: Stage) -> None:
    if missing := missing_tools(stage):
        pytest.skip(f"needs {', '.join(missing)}")


def test_a_client_gets_the_ports_of_its_servers_the_highest_first(tmp_path: Path) -> None:
    text = (
        "import socket, sys\n"
        "print(socket.create_connection(('127.0.0.1', int(sys.argv[1]))).recv(9))\n"
    )
    run = client_run(subject(tmp_path, text), fast(b"a poem"), refused())
    assert (run.status, run.stdout, run.stderr) == (0, b"b'a poem'\n", "")
    assert run.ports[0] > run.ports[1]
    first, second = run.opened
    assert first is not None
    assert 0 < first < native.LIMIT
    assert second is None


def test_a_client_that_never_ends_is_ended_with_its_children(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(native, "LIMIT", 1.0)
    text = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen(['sleep', '60'])\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    run = client_run(subject(tmp_path, text))
    assert run.status is None
    assert run.outcome() == "it still runs when its time is over"
    end = time.monotonic() + 5
    child = Path("/proc", run.stdout.decode().strip(), "cmdline")
    while child.exists() and child.read_bytes() and time.monotonic() < end:
        time.sleep(0.01)
    assert not (child.exists() and child.read_bytes())


def test_a_client_that_floods_its_output_fills_no_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(native, "OUTPUT", 1 << 16)
    run = client_run(subject(tmp_path, "while True:\n    print('la ' * 1000)\n"))
    assert run.status not in (0, None)
    assert len(run.stdout) <= 1 << 16


def test_nobody_waits_for_a_server_that_has_ended(tmp_path: Path) -> None:
    client = Visit()
    run = server_run(subject(tmp_path, "raise SystemExit('no')"), ("poem.txt",), client)
    assert (run.status, client.how) == (1, "refused")
    assert run.outcome() == "it ended with status 1, and said: no"


def test_a_server_is_left_running_by_its_clients(tmp_path: Path) -> None:
    text = (
        "import socket, sys\n"
        "listening = socket.create_server(('127.0.0.1', int(sys.argv[2])))\n"
        "while True:\n"
        "    with listening.accept()[0] as client:\n"
        "        client.sendall(b'a poem of ' + sys.argv[3].encode())\n"
    )
    reader, leaver = Visit(), Visit(at=0.1, leave_at=6)
    run = server_run(subject(tmp_path, text), ("Basho",), reader, leaver)
    assert run.status is None
    assert (reader.data, reader.how) == (b"a poem of Basho", "done")
    assert leaver.how == "left"


def test_a_missing_tool_is_told_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CheckError) as refusal:
        client_run(subject(tmp_path, "", ERLANG))
    line = "erlang-client-1 needs escript; on Debian: apt-get install erlang-base"
    assert str(refusal.value) == line


@pytest.mark.slow
@pytest.mark.parametrize(
    ("stage", "name", "old", "new", "told"),
    [
        (ERLANG, "mine", "Main = self()", "Main = self(", r":\d+:\d+: syntax error before"),
        (ERLANG, "mine", "Main = self(),", "", r":\d+:\d+: variable 'Main' is unbound"),
        (HASKELL, "mine.hs", "putMVar done", "putMVar don", r"Variable not in scope: don\b"),
    ],
    ids=["erlang-syntax", "erlang-variable", "haskell"],
)
def test_a_file_that_does_not_compile_is_told_of_in_one_line(
    stage: Stage, name: str, old: str, new: str, told: str, tmp_path: Path
) -> None:
    installed(stage)
    text = stage.file.read_text(encoding="utf-8").replace(old, new)
    with pytest.raises(SourceError, match=told) as refusal:
        client_run(subject(tmp_path, text, stage, name))
    assert str(refusal.value).startswith(f"can't build {name}: ")
    assert "\n" not in str(refusal.value)
