"""A stage as a real process: its servers, its output and status, and nothing left running."""

import dataclasses
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from companion.processes.build import RunError, build_folder, command_of
from companion.processes.run import StageProcess, exit_status
from companion.processes.signals import handle, restore
from companion.tutorial.poems import find_poem
from companion.tutorial.stages import ROOT, Need, Stage, load_map
from companion.tutorial.typed import typed, typed_build, typed_commands
from tests.helpers.processes import alive, all_gone, eventually
from tests.helpers.terminal import Terminal

STAGES = load_map()
COMPANION = [sys.executable, "-m", "companion"]
# Runs a stage that is not on the map: its id stands for it, its needs are a Python expression.
CONDUCT = """
import dataclasses, sys, time
from companion.processes import run
from companion.tutorial import stages
from companion.tutorial.stages import Need, Stage
stages = stages.load_map()
stage = dataclasses.replace(stages.by_id["blocking-client"], id="mine", {changes})
run.STAGE_TIME = 0.3


def tell(line):
    print("$", line, file=sys.stderr)


try:
    sys.exit(run.run_stage(stage, sys.argv[1:], stages, tell))
except run.RunError as err:
    sys.exit(f"refused: {{err}}")
"""
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


def start(*args: str, **options: Any) -> subprocess.Popen[str]:
    return begin([*COMPANION, "run", *args], **options)


def conduct(changes: str, *args: str, **options: Any) -> subprocess.Popen[str]:
    return begin([sys.executable, "-c", CONDUCT.format(changes=changes), *args], **options)


def begin(command: Sequence[str], **options: Any) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command,
        **{
            "stdin": subprocess.DEVNULL,
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
            "text": True,
            "cwd": ROOT,
            "start_new_session": True,  # or the terminal that tests are typed on would be theirs
            **options,
        },
    )


def end(process: subprocess.Popen[str], text: str | None = None) -> tuple[int, str, str]:
    out, err = process.communicate(text, timeout=20)
    return process.returncode, out, err


def script(path: Path, text: str) -> str:
    """A stage's script, as the change that makes it the stage's."""
    path.write_text(text, encoding="utf-8")
    return f"path={str(path)!r}, needs=()"


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.mark.slow
def test_a_stage_runs_beside_the_servers_that_it_needs_and_the_commands_are_told() -> None:
    status, out, err = end(start("client-8.0"))
    poems = [find_poem(name).text.lower() for name in ("fascination", "science")]
    assert status == 0
    assert sorted(out) == sorted("".join(f"{poem}\n" for poem in poems))
    assert all(poem in out for poem in poems)
    ports = re.findall(r"--port (\d+)", err)
    assert len(set(ports)) == 3
    assert err.splitlines() == [
        f"$ python twisted-server-1/transformedpoetry.py --port {ports[0]}",
        f"$ python twisted-server-1/fastpoetry.py --port {ports[1]} poetry/fascination.txt",
        f"$ python twisted-server-1/fastpoetry.py --port {ports[2]} poetry/science.txt",
        f"$ python twisted-client-8/get-poetry.py {' '.join(ports)}",
    ]


@pytest.mark.slow
def test_a_server_that_needs_a_server_gets_its_port() -> None:
    status, out, err = end(conduct('needs=(Need("proxy-2.0"),)'))
    upstream, proxy = re.findall(r"--port (\d+)", err)
    assert err.splitlines() == [
        f"$ python twisted-server-1/fastpoetry.py --port {upstream} poetry/fascination.txt",
        f"$ python twisted-server-2/poetry-proxy.py --port {proxy} {upstream}",
        f"$ python blocking-client/get-poetry.py {proxy}",
    ]
    assert f"Task 1: got 620 bytes of poetry from 127.0.0.1:{proxy} in " in out
    assert status == 0


@pytest.mark.parametrize("option", ["--help", "-h"])
def test_what_follows_the_stage_is_the_stages_options_too(option: str) -> None:
    status, out, err = end(start("blocking-client", option, cwd=ROOT))
    assert status == 0
    assert out.startswith("usage: get-poetry.py [-h] ADDRESS [ADDRESS ...]\n")
    assert err == f"$ python blocking-client/get-poetry.py {option}\n"


def test_the_stages_exit_status_is_given() -> None:
    status, out, err = end(start("blocking-client", "localhost:"))
    assert (status, out) == (2, "")
    assert err.splitlines()[-1].endswith("'' is not a port from 1 to 65535")


def test_a_stage_with_arguments_runs_in_the_readers_folder(tmp_path: Path) -> None:
    (tmp_path / "own.txt").write_bytes(b"one line")
    process = start(
        "slow-server", "own.txt", cwd=tmp_path, env={**os.environ, "PYTHONUNBUFFERED": "1"}
    )
    assert process.stdout
    first = process.stdout.readline()
    process.send_signal(signal.SIGTERM)
    status, _, err = end(process)
    assert re.fullmatch(r"Serving own.txt on 127.0.0.1:\d+\n", first)
    assert err == f"$ python {ROOT}/blocking-server/slowpoetry.py own.txt\n"
    assert status == 128 + signal.SIGTERM


def test_a_stage_that_is_built_is_typed_for_the_readers_folder_too(tmp_path: Path) -> None:
    changes = 'build=("cp", "{path}", "{out}/mine"), run=("{python}", "{out}/mine")'
    own = {**os.environ, "XDG_CACHE_HOME": str(tmp_path)}
    status, _, err = end(conduct(changes, "--help", cwd=tmp_path, env=own))
    assert status == 0
    assert err.splitlines() == [
        f"$ mkdir -p build/mine && cp {ROOT}/blocking-client/get-poetry.py build/mine/mine",
        "$ python build/mine/mine --help",
    ]


def test_a_stage_without_arguments_runs_from_any_folder(tmp_path: Path) -> None:
    process = start("slow-server", cwd=tmp_path, env={**os.environ, "PYTHONUNBUFFERED": "1"})
    assert process.stdout
    first = process.stdout.readline()
    process.send_signal(signal.SIGINT)
    status, _, err = end(process)
    assert re.fullmatch(r"Serving poetry/ecstasy.txt on 127.0.0.1:\d+\n", first)
    assert err == f"$ cd {ROOT}\n$ python blocking-server/slowpoetry.py poetry/ecstasy.txt\n"
    assert status == 130


def test_a_stage_reads_what_the_reader_gives_it(tmp_path: Path) -> None:
    mine = script(tmp_path / "mine.py", "import sys\nprint(sys.stdin.read().upper(), end='')\n")
    assert end(conduct(mine, stdin=subprocess.PIPE), "a poem\n")[:2] == (0, "A POEM\n")


def test_a_stages_environment_is_the_readers_own(tmp_path: Path) -> None:
    mine = script(tmp_path / "mine.py", "import os\nprint(os.environ.get('PYTHONUNBUFFERED'))\n")
    environment = {name: text for name, text in os.environ.items() if name != "PYTHONUNBUFFERED"}
    assert end(conduct(mine, env=environment))[1] == "None\n"


@on_linux
def test_what_a_stage_leaves_is_ended_with_it(tmp_path: Path) -> None:
    leaving = (
        "import subprocess\n"
        "left = subprocess.Popen(['sleep', '60'], start_new_session=True, stdout=2)\n"
        "print(left.pid)\n"
    )
    status, out, _ = end(conduct(script(tmp_path / "mine.py", leaving)))
    assert status == 0
    assert not alive(int(out))


def test_a_stage_ended_by_a_signal_gives_128_and_its_number(tmp_path: Path) -> None:
    mine = script(tmp_path / "mine.py", "import os\nos.kill(os.getpid(), 9)\n")
    assert end(conduct(mine))[0] == 137


@on_linux
@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "status"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGKILL, -9)],
)
def test_a_signal_ends_the_stage_and_every_server(number: signal.Signals, status: int) -> None:
    process = start("async-client", env={**os.environ, "PYTHONUNBUFFERED": "1"})
    assert process.stdout
    assert process.stdout.readline().startswith("Task ")
    pids = children(process.pid)
    assert len(pids) == 4
    process.send_signal(number)
    given, _, err = end(process)
    assert given == status
    assert "Traceback" not in err
    assert all_gone(*pids)


@pytest.mark.slow
@on_linux
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_without_linuxs_help_a_signal_ends_every_server_too(number: signal.Signals) -> None:
    elsewhere = "type('', (), {'platform': 'elsewhere', 'executable': sys.executable})"
    process = conduct(f"); run.sys = {elsewhere}; (", stdout=subprocess.DEVNULL)
    assert process.stderr
    for _ in range(4):
        process.stderr.readline()
    assert eventually(lambda: len(children(process.pid)) == 4)
    pids = children(process.pid)
    process.send_signal(number)
    assert end(process)[0] == 128 + number
    assert all_gone(*pids)


@pytest.mark.slow
@on_linux
def test_a_signal_while_the_servers_start_ends_them() -> None:
    silent = "from companion.processes import servers\n"
    silent += "servers.Server.port = lambda self: time.sleep(30)"
    code = CONDUCT.replace("run.STAGE_TIME = 0.3", silent)
    process = begin([sys.executable, "-c", code.format(changes="")])
    assert eventually(lambda: len(children(process.pid)) == 3)
    pids = children(process.pid)
    process.send_signal(signal.SIGTERM)
    assert end(process) == (143, "", "")
    assert all_gone(*pids)


def test_a_second_signal_does_not_disturb_the_end() -> None:
    child = StageProcess()
    with pytest.raises(SystemExit, match="143"):
        child.on_signal(signal.SIGTERM, None)
    child.on_signal(signal.SIGTERM, None)


def test_a_signal_after_the_stages_end_changes_nothing() -> None:
    child = StageProcess()
    assert child.wait([sys.executable, "-c", "raise SystemExit(3)"], None) == 3
    child.on_signal(signal.SIGTERM, None)
    timer, _ = signal.setitimer(signal.ITIMER_REAL, 0)
    assert (child.pending, timer) == (0, 0)


@pytest.mark.slow
@on_linux
def test_a_reader_that_leaves_the_pipe_ends_all() -> None:
    process = start("async-client", env={**os.environ, "PYTHONUNBUFFERED": "1"})
    assert process.stdout
    process.stdout.readline()
    pids = children(process.pid)
    process.stdout.close()
    assert process.wait(10) == 1
    assert all_gone(*pids)


@pytest.mark.slow
@on_linux
def test_ctrl_c_on_a_terminal_ends_all_at_once_as_if_the_stage_was_typed() -> None:
    with Terminal([*COMPANION, "run", "async-client"]) as terminal:
        terminal.read_until("Task 3: got 10 bytes")
        pids = children(terminal.process.pid)
        pressed = time.monotonic()
        terminal.type(b"\x03")
        seen = terminal.read_all()
        assert terminal.status() == 130
        assert time.monotonic() - pressed < 2
    assert "Traceback" not in seen
    assert "failed" not in seen
    assert all_gone(*pids)


@pytest.mark.slow
def test_ctrl_c_reaches_the_stage_alone_and_once(tmp_path: Path) -> None:
    listening = (
        "import signal, socket, sys\n"
        "signal.signal(signal.SIGINT, lambda *_: print('told', flush=True))\n"
        "sock = socket.create_connection(('localhost', sys.argv[1]))\n"
        "for _ in range(5):\n"
        "    print(len(sock.recv(10)), flush=True)\n"
    )
    mine = script(tmp_path / "mine.py", listening).replace("()", '(Need("slow-server"),)')
    code = CONDUCT.format(changes=f"{mine}); run.GROUP_TIME = 0.1; (")
    with Terminal([sys.executable, "-c", code], cwd=ROOT) as terminal:
        terminal.read_until("\n10\n")
        terminal.type(b"\x03")
        lines = terminal.read_all().replace("^C", "").splitlines()
        assert sorted(lines[2:]) == ["10"] * 5 + ["told"]
        assert terminal.status() == 0


def test_on_a_terminal_the_stage_has_the_terminal(tmp_path: Path) -> None:
    mine = script(tmp_path / "mine.py", "import sys\nprint(sys.stdin.isatty(), input('name? '))\n")
    with Terminal([sys.executable, "-c", CONDUCT.format(changes=mine)]) as terminal:
        terminal.read_until("name? ")
        terminal.type(b"Donne\n")
        assert terminal.read_all().endswith("name? Donne\nTrue Donne\n")
        assert terminal.status() == 0


@pytest.mark.slow
def test_a_signal_to_the_whole_group_reaches_the_stage_once(tmp_path: Path) -> None:
    mine = script(
        tmp_path / "mine.py",
        "import signal, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: print('told', flush=True))\n"
        "print('here', flush=True)\n"
        "time.sleep(0.1)\n",
    )
    process = conduct(f"{mine}); run.GROUP_TIME = 2; (")
    assert process.stdout
    process.stdout.readline()
    os.killpg(process.pid, signal.SIGTERM)
    assert end(process)[:2] == (0, "told\n")


@pytest.mark.slow
def test_a_stage_that_does_not_hear_a_signal_is_killed(tmp_path: Path) -> None:
    mine = script(
        tmp_path / "mine.py",
        "import signal, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "print('here', flush=True)\n"
        "time.sleep(30)\n",
    )
    process = conduct(mine)
    assert process.stdout
    process.stdout.readline()
    process.send_signal(signal.SIGTERM)
    assert end(process)[0] == 137


def test_a_server_that_does_not_start_is_told_in_one_line() -> None:
    status, out, err = end(conduct('needs=(Need("slow-server", ("nothing.txt",)),)'))
    assert (status, out) == (1, "")
    assert err == (
        "refused: slow-server did not start: slowpoetry.py: error: "
        "can't read nothing.txt: No such file or directory\n"
    )


def test_a_missing_tool_is_told_in_one_line_with_what_to_install(tmp_path: Path) -> None:
    status, out, err = end(start("transform-test", env={**os.environ, "PATH": str(tmp_path)}))
    assert (status, out) == (1, "")
    assert err == (
        "companion: transform-test needs nc; on Debian: apt-get install netcat-openbsd\n"
    )


# Building.


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """A stage that is built by copying it."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "source").write_text("echo built\n")
    return dataclasses.replace(
        STAGES.by_id["blocking-client"],
        id="copied",
        path=str(tmp_path / "source"),
        build=("cp", "{path}", "{out}/program"),
        run=("sh", "{out}/program"),
    )


def test_a_stage_is_built_outside_the_tree_and_anew_for_every_text(built: Stage) -> None:
    command = command_of(built)
    assert command[0] == "sh"
    assert Path(command[1]) == build_folder(built) / "program"
    assert subprocess.check_output(command) == b"built\n"
    built.file.write_text("echo anew\n")
    assert subprocess.check_output(command_of(built)) == b"anew\n"
    assert subprocess.check_output(command) == b"built\n"


def test_a_stage_is_built_once(built: Stage) -> None:
    program = Path(command_of(built)[1])
    program.write_text("echo kept\n")
    assert subprocess.check_output(command_of(built)) == b"kept\n"


def test_a_build_and_a_run_have_the_same_placeholders(built: Stage) -> None:
    words = ("{python}", "{bin}", "{path}", "{out}")
    stage = dataclasses.replace(
        built, build=("sh", "-c", 'echo "$@" > "$4/words"', "sh", *words), run=("echo", *words)
    )
    python, scripts, path, out = command_of(stage)[1:]
    assert Path(out, "words").read_text().split()[:3] == [python, scripts, path]


def test_a_failed_build_is_told_in_one_line_and_leaves_nothing(built: Stage) -> None:
    failing = "printf 'x.hs:3:1: error:\\n    parse error on input\\n' >&2; exit 1"
    wrong = dataclasses.replace(built, build=("sh", "-c", failing))
    with pytest.raises(RunError) as refused:
        command_of(wrong)
    assert str(refused.value) == "can't build copied: x.hs:3:1: error: parse error on input"
    assert list(build_folder(wrong).parent.iterdir()) == []


def test_a_build_that_lacks_a_module_says_what_to_install(built: Stage) -> None:
    failing = "printf 'error:\\n    Could not find module Network.Socket\\n' >&2; exit 1"
    with pytest.raises(RunError) as refused:
        command_of(dataclasses.replace(built, build=("sh", "-c", failing)))
    assert str(refused.value) == (
        "can't build copied: Could not find module Network.Socket; "
        "on Debian: apt-get install ghc libghc-network-dev"
    )


def test_a_compiler_that_can_not_be_started_is_named(built: Stage) -> None:
    with pytest.raises(RunError, match=r"^can't build copied: no-such-c: No such file or dir"):
        command_of(dataclasses.replace(built, build=("no-such-c", "{path}")))


def test_a_signal_that_is_ignored_stays_so_as_nohup_has_it() -> None:
    def handler(number: int, frame: object) -> None:
        pass

    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        heard = handle((signal.SIGHUP, signal.SIGUSR1), handler)
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
        assert signal.getsignal(signal.SIGUSR1) == handler
        restore(heard)
        assert signal.getsignal(signal.SIGUSR1) == signal.SIG_DFL
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_cache_that_can_not_be_written_is_told_in_one_line(
    built: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(RunError, match=r"^can't build copied in .*: Not a directory$"):
        command_of(built)


# Commands to type.


def test_the_commands_to_type_are_the_servers_and_then_the_stage() -> None:
    assert typed_commands(STAGES.by_id["client-1.0"], STAGES) == [
        "python blocking-server/slowpoetry.py --port 10000 --num-bytes 30 poetry/ecstasy.txt",
        "python blocking-server/slowpoetry.py --port 10001 poetry/fascination.txt",
        "python blocking-server/slowpoetry.py --port 10002 poetry/science.txt",
        "python twisted-client-1/get-poetry.py 10000 10001 10002",
    ]


def test_a_proxy_comes_after_the_server_it_needs() -> None:
    client = dataclasses.replace(STAGES.by_id["client-4.0"], needs=(Need("proxy-1.0"),))
    assert typed_commands(client, STAGES) == [
        "python twisted-server-1/fastpoetry.py --port 10000 poetry/fascination.txt",
        "python twisted-server-1/poetry-proxy.py --port 10001 10000",
        "python twisted-client-4/get-poetry.py 10001",
    ]


def test_a_server_is_typed_with_the_tutorials_port() -> None:
    assert typed_commands(STAGES.by_id["proxy-1.0"], STAGES)[-1] == (
        "python twisted-server-1/poetry-proxy.py --port 10001 10000"
    )


def test_commands_of_twisted_are_typed_by_their_names() -> None:
    assert typed(STAGES.by_id["poetry-test"]) == "trial tests/test_poetry.py"
    assert typed_commands(STAGES.by_id["fastpoetry-2.0"], STAGES) == [
        "twistd --nodaemon --pidfile= --python twisted-server-3/fastpoetry.py"
    ]


def test_a_command_with_a_path_of_its_own_is_typed_with_it() -> None:
    stage = dataclasses.replace(STAGES.by_id["hello"], run=("/bin/sh", "{bin}/trial", "{path}"))
    assert typed(stage) == "/bin/sh trial basic-twisted/hello.py"


def test_what_is_built_is_typed_with_a_folder_of_the_tree() -> None:
    stage = STAGES.by_id["haskell-client-1"]
    assert typed_build(stage) == (
        "mkdir -p build/haskell-client-1 && ghc --make -v0 -outputdir build/haskell-client-1 "
        "-o build/haskell-client-1/get-poetry haskell-client-1/get-poetry.hs"
    )
    assert typed(stage, ["10001"]) == "build/haskell-client-1/get-poetry 10001"


def test_an_exit_status_is_told_as_a_shell_tells_it() -> None:
    assert [exit_status(code) for code in (0, 1, 130, -2, -15)] == [0, 1, 130, 130, 143]
