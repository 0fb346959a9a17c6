"""companion race, as a reader uses it: in a pipe, on a terminal, and interrupted."""

import fcntl
import io
import json
import os
import re
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from companion.event import KINDS, Event, Exit, Read, Start, event_of, read_events
from companion.race.course import course_of
from companion.race.standings import Standings
from companion.race.watch import Outputs, watch_race
from companion.tutorial.poems import find_poem
from companion.tutorial.stages import ROOT, load_map
from tests.helpers.processes import alive, all_gone
from tests.helpers.terminal import Terminal

pytestmark = pytest.mark.slow

RACE = [sys.executable, "-m", "companion", "race"]
FAST = ["--poem", "pond", "--poem", "hope", "--delay", "0.006"]
CONNECT = """
import os, socket, sys, time
socks = [socket.create_connection(("127.0.0.1", int(port))) for port in sys.argv[1:]]
print("process", os.getpid(), "is connected")
"""


def run(*args: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*RACE, *args], capture_output=True, text=True, cwd=folder, check=False, timeout=30
    )


def program(folder: Path, name: str, *lines: str) -> Path:
    path = folder / name
    path.write_text(CONNECT + "\n".join(lines))
    return path


def shape(text: str) -> list[str]:
    """A race's output without what differs from run to run, and without rows of the timeline."""
    lines = []
    for line in text.splitlines():
        line = re.sub(r"^ +\d+\.\d{3} s  ", "T ", line)
        line = re.sub(r"\b\d:\d\d:\d\d\.\d{6}", "TIME", line)
        line = re.sub(r"(?<=:)[1-6]\d{4}\b|(?<= )[1-6]\d{4}\b", "PORT", line)
        line = re.sub(r"\b\d+\.\d+ s$", "END s", line)
        lines.append(
            re.sub(r"^(  \w+) .*", r"\1", line) if re.match(r"  \w+ +[-+# ]*$", line) else line
        )
    return lines


def test_in_a_pipe_there_are_plain_lines_then_the_timeline_and_the_table() -> None:
    done = run("blocking-client", *FAST)
    assert (done.returncode, done.stderr) == (0, "")
    lines = shape(done.stdout)
    table = lines.index("                                   blocking-client")
    assert lines[:table] == [
        "T blocking-client starts: python blocking-client/get-poetry.py PORT PORT",
        "T blocking-client | Task 1: get poetry from: 127.0.0.1:PORT",
        "T blocking-client | Task 1: got 34 bytes of poetry from 127.0.0.1:PORT in TIME",
        "T blocking-client | Task 2: get poetry from: 127.0.0.1:PORT",
        "T blocking-client | Task 2: got 352 bytes of poetry from 127.0.0.1:PORT in TIME",
        "T blocking-client | Got 2 poems in TIME",
        "T blocking-client ends with status 0",
        "",
        "blocking-client",
        "  pond",
        "  hope",
        " " * 17 + "0 s" + lines[11].removeprefix(" " * 17 + "0 s"),
        "# read by the stage   + sent, not yet read   - connected, waiting",
    ]
    assert [re.sub(r" +[\d.]+$", " N", line) for line in lines[table + 1 : table + 8]] == [
        "seconds, of the process N",
        "  until it first connects N",
        "  from then on N",
        "  over the longest poem, 0.22 s * N",
        "  over the sum of all, 0.24 s N",
        "CPU seconds N",
        "peak memory, MB N",
    ]
    assert [" ".join(line.split()) for line in lines[table + 8 :]] == [
        "bytes sent to it 386",
        "in chunks 40",
        "poems whole 2 of 2",
        "exit status 0",
        "",
        "* the limit: no client can end before its longest poem does",
        "",
        "Next: companion trace blocking-client",
    ]
    assert "\x1b" not in done.stdout


def test_events_and_picture_are_kept(tmp_path: Path) -> None:
    done = run("async-client", *FAST, "--json", "a.json", "--svg", "a.svg", folder=tmp_path)
    assert done.returncode == 0
    with (tmp_path / "a.json").open(encoding="utf-8") as file:
        events = list(read_events(file))
    assert {event.kind for event in events} <= set(KINDS)
    assert [event.t for event in events] == sorted(event.t for event in events)
    (stage,) = Standings(events).stages.values()
    assert (stage.label, stage.whole, stage.status) == ("async-client", 2, 0)
    svg = (tmp_path / "a.svg").read_text(encoding="utf-8")
    assert "async-client" in svg
    assert ">hope<" in svg


def test_events_are_kept_in_the_order_of_their_times(monkeypatch: pytest.MonkeyPatch) -> None:
    def told_late(course: object, note: Callable[[Event], None], *_: object) -> int:
        for t, stage in ((0.1, "a"), (0.4, "a"), (0.3, "b")):
            note(event_of(t, stage, "print", {"text": f"{t}", "stream": "stdout"}))
        note(Exit(0.2, "a", status=0))  # a process itself tells when it ended
        note(Read(0.3, "a", lane=1, bytes=1))
        note(Start(0.1, "b", argv=[], pid=1))  # and when it began
        return 0

    monkeypatch.setattr("companion.race.watch.run_race", told_late)
    screen, file = io.StringIO(), io.StringIO()
    course = course_of([load_map().find("blocking-client")], [find_poem("pond")])
    assert watch_race(course, Outputs(screen, file)) == 0
    kept = [json.loads(line) for line in file.getvalue().splitlines()]
    assert [(event["t"], event["stage"], event["kind"]) for event in kept] == [
        (0.1, "a", "print"),
        (0.1, "b", "start"),
        (0.2, "a", "print"),
        (0.2, "a", "read"),
        (0.2, "a", "exit"),
        (0.3, "b", "print"),
    ]


@pytest.mark.parametrize("file", ["-", "/dev/stdout"])
def test_events_on_standard_output_leave_the_view_to_standard_error(file: str) -> None:
    done = run("async-client", *FAST, "--json", file)
    kinds = [json.loads(line)["kind"] for line in done.stdout.splitlines()]
    assert (kinds[0], kinds[-1], done.returncode) == ("listen", "exit", 0)
    assert "async-client ends with status 0" in done.stderr


def test_a_program_of_the_readers_own_races_from_any_folder(tmp_path: Path) -> None:
    program(tmp_path, "mine.py", "for sock in socks:", "    while sock.recv(9): pass")
    (tmp_path / "crash.py").write_text("raise SystemExit('no poems today')")
    done = run("mine.py", "crash.py", "--poem", "pond", "--delay", "0.01", folder=tmp_path)
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert "exit status 0 1" in [" ".join(line.split()) for line in lines]
    assert "poems whole 1 of 1 0 of 1" in [" ".join(line.split()) for line in lines]
    assert lines[-3] == "crash.py failed, status 1: no poems today"
    assert any("mine.py starts: python mine.py " in line for line in lines)


@pytest.mark.parametrize(
    ("args", "status", "line"),
    [
        (["slow-server"], 2, "slow-server is a server; only clients race"),
        ([str(ROOT / "LICENSE")], 2, f"{ROOT / 'LICENSE'} can't be executed; try: chmod +x "),
        (["--poem", "nothing"], 2, "no poem is called 'nothing'; there are "),
        (["--delay", "0"], 2, "Invalid value for '--delay': "),
        (["--delay", "nan"], 2, "Invalid value for '--delay': 'nan' is not a number of seconds"),
        (["--num-bytes", "0"], 2, "Invalid value for '--num-bytes': "),
        (["--num-bytes", "x"], 2, "Invalid value for '--num-bytes': 'x' is not a valid whole "),
        (["--servers", "101"], 2, "Invalid value for '--servers': "),
        (["nobody"], 2, "no stage is called 'nobody'"),
        (["--json", "/no/such/file"], 2, "Invalid value for '--json': can't write /no/such/file"),
        (["--svg", "no\nsuch/file"], 2, "Invalid value for '--svg': can't write no\ufffdsuch/file"),
        (["--json", "a", "--svg", "./a"], 2, "--json and --svg both name a"),
        (["--json", "-", "--svg", "/dev/stdout"], 2, "--json and --svg both name -"),
        (["--json", "client-1"], 2, "--json takes a file to write to, and client-1 is a program"),
    ],
)
def test_a_refusal_is_one_line(args: list[str], status: int, line: str) -> None:
    done = run(*args)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (status, "", 1)
    assert done.stderr.startswith(f"companion: {line}")


def test_a_race_that_is_refused_leaves_the_files_as_they_are(tmp_path: Path) -> None:
    kept = tmp_path / "kept.json"
    kept.write_text("an earlier race")
    assert run("slow-server", "--json", str(kept)).returncode == 2
    assert run("--json", str(kept), "--svg", str(tmp_path / "no" / "folder")).returncode == 2
    script = f"ulimit -n 200; {' '.join(RACE)} --servers 100 --json {kept}"
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, "needs 688 open files" in done.stderr) == (1, True)
    assert kept.read_text() == "an earlier race"


def test_what_standard_output_holds_already_stays(tmp_path: Path) -> None:
    kept = tmp_path / "kept.json"
    kept.write_text("an earlier race\n")
    with kept.open("a") as out:
        command = [*RACE, "async-client", *FAST, "--json", "-"]
        subprocess.run(command, stdout=out, stderr=subprocess.DEVNULL, check=True)
    earlier, first, *_ = kept.read_text().splitlines()
    assert (earlier, json.loads(first)["kind"]) == ("an earlier race", "listen")


def test_both_files_may_go_nowhere() -> None:
    done = run("async-client", *FAST, "--json", os.devnull, "--svg", os.devnull)
    assert (done.returncode, done.stderr) == (0, f"wrote {os.devnull}\n" * 2)


@pytest.mark.parametrize(
    ("text", "file"), [("#!/bin/sh\nexit\n", "mine"), ("print('mine')\n", "mine.py")]
)
def test_no_program_is_overwritten_for_a_slip(text: str, file: str, tmp_path: Path) -> None:
    (tmp_path / file).write_text(text)
    (tmp_path / "mine").touch()
    (tmp_path / "mine").chmod(0o755)
    done = run("--json", file, folder=tmp_path)
    said = f"companion: --json takes a file to write to, and {file} is a program\n"
    assert (done.returncode, done.stderr) == (2, said)
    assert (tmp_path / file).read_text() == text


def test_a_file_may_be_a_pipe_whose_reader_leaves(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    with subprocess.Popen(["sh", "-c", ": < fifo"], cwd=tmp_path):
        done = run("async-client", *FAST, "--json", "fifo", folder=tmp_path)
    assert "poems whole" in done.stdout
    assert (done.returncode, done.stderr) == (1, "companion: can't write fifo: Broken pipe\n")


def test_a_race_that_is_kept_again_replaces_the_earlier_one(tmp_path: Path) -> None:
    kept = tmp_path / "kept.svg"
    kept.write_text("an earlier race")
    assert run("async-client", *FAST, "--svg", str(kept)).returncode == 0
    assert kept.read_text().startswith("<svg")


def test_a_file_that_cant_be_written_does_not_lose_the_other(tmp_path: Path) -> None:
    done = run("async-client", *FAST, "--json", "/dev/full", "--svg", "a.svg", folder=tmp_path)
    said = "companion: can't write /dev/full: No space left on device\n"
    assert (done.returncode, done.stderr) == (1, said)
    assert "poems whole" in done.stdout
    assert (tmp_path / "a.svg").read_text().startswith("<svg")


def test_whoever_stops_reading_ends_the_race_without_a_word() -> None:
    script = f"{' '.join(RACE)} blocking-client --delay 1 | head -1"
    begin = time.monotonic()
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=False)
    assert done.stdout.count("\n") == 1
    assert done.stderr == ""
    assert time.monotonic() - begin < 10


def test_standard_output_may_be_closed(tmp_path: Path) -> None:
    kept = tmp_path / "kept.json"
    script = f"{' '.join(RACE)} async-client --poem pond --delay 0.01 --json {kept} >&-"
    done = subprocess.run(["sh", "-c", script], stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, f"wrote {kept}\n")
    assert '"kind": "exit"' in kept.read_text()


def test_a_line_with_letters_that_standard_output_lacks_is_told_all_the_same(
    tmp_path: Path,
) -> None:
    path = program(tmp_path, "mine.py", "sys.stdout.buffer.write('床前明月光'.encode())")
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(
        [*RACE, path, "--poem", "pond"], env=environment, capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert rb"\u5e8a\u524d\u660e\u6708\u5149" in done.stdout
    assert b"mine.py ends with status 0" in done.stdout


def test_a_disk_that_is_full_is_told_in_one_line() -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [*RACE, "async-client", *FAST], stdout=full, stderr=subprocess.PIPE, text=True,
            check=False,
        )  # fmt: skip
    assert (done.returncode, done.stderr) == (
        1,
        "companion: No space left on device\n",
    )


def connected_pids(seen: str, count: int) -> list[int]:
    return [int(pid) for pid in re.findall(r"process (\d+) is connected", seen)][:count]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGQUIT])
def test_a_signal_in_a_pipe_ends_all_with_what_is_known(
    number: signal.Signals, tmp_path: Path
) -> None:
    path = program(tmp_path, "waiting.py", "time.sleep(60)")
    command = [*RACE, str(path), "--poem", "pond", "--delay", "0.01"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as race:
        assert race.stdout is not None
        seen = race.stdout.readline() + race.stdout.readline()
        (pid,) = connected_pids(seen, 1)
        begin = time.monotonic()
        race.send_signal(number)
        out, err = race.communicate(timeout=10)
    assert (race.returncode, err) == (128 + number, "")
    assert time.monotonic() - begin < 5
    assert "is stopped" in out
    assert "exit status stopped" in [" ".join(line.split()) for line in out.splitlines()]
    assert not alive(pid)


def test_a_signal_ends_a_race_that_nobody_reads(tmp_path: Path) -> None:
    path = program(tmp_path, "endless.py", "while True: print('a line', flush=True)")
    kept = tmp_path / "kept.json"
    command = [*RACE, str(path), "--json", str(kept)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as race:
        assert race.stdout is not None
        (pid,) = connected_pids(race.stdout.readline() + race.stdout.readline(), 1)
        time.sleep(0.5)
        race.send_signal(signal.SIGINT)
        assert race.wait(10) == -signal.SIGINT
        assert {"listen", "start", "print"} <= {
            json.loads(line)["kind"] for line in kept.read_text().splitlines()
        }
    assert all_gone(pid), "the stage was left behind"


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere init gets what a program leaves")
def test_ctrl_c_leaves_no_process_of_a_stage_that_killed_its_launcher(tmp_path: Path) -> None:
    path = program(
        tmp_path,
        "hostile.py",
        "if not os.fork():",
        "    os.setsid()",
        "    print('child', os.getpid(), flush=True)",
        "    time.sleep(60)",
        "time.sleep(0.2)",
        "os.kill(os.getppid(), 9)",
        "print('alone', flush=True)",
        "time.sleep(60)",
    )
    command = [*RACE, str(path), "--poem", "pond"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as race:
        assert race.stdout
        begun = ""
        for line in race.stdout:
            begun += line
            if "alone" in line:
                break
        race.send_signal(signal.SIGINT)
        rest, _ = race.communicate(timeout=20)
    assert race.returncode == 130
    (child,) = re.findall(r"child (\d+)", begun)
    assert not alive(int(child))
    assert not alive(connected_pids(begun + rest, 1)[0])


def test_a_race_that_is_killed_leaves_no_process_behind(tmp_path: Path) -> None:
    path = program(tmp_path, "waiting.py", "time.sleep(60)")
    with subprocess.Popen([*RACE, str(path)], stdout=subprocess.PIPE, text=True) as race:
        assert race.stdout is not None
        (pid,) = connected_pids(race.stdout.readline() + race.stdout.readline(), 1)
        race.kill()
        race.wait()
    assert all_gone(pid), "the stage was left behind"


def screens(seen: str) -> list[str]:
    """The frames that were drawn, without colours."""
    return [re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", part) for part in seen.split("\x1b[H")[1:]]


def final(seen: str) -> str:
    """What stays on the terminal once the other screen is left."""
    return seen.rpartition("\x1b[?1049l")[2]


def test_on_a_terminal_panes_fill_and_the_table_stays() -> None:
    with Terminal([*RACE, "async-client", "blocking-client", *FAST]) as terminal:
        seen = terminal.read_all()
        assert terminal.status() == 0
    frames = screens(seen)
    assert len(frames) > 3
    assert "─ async-client  " in frames[-1]
    shares = [int(share) for frame in frames for share in re.findall(r"pond .* (\d+)%", frame)[:1]]
    assert shares == sorted(shares)
    assert 0 in shares
    assert "\x1b[?1049h" in seen
    assert "\x1b[?25h" in seen  # the cursor is back
    assert "poems whole" in final(seen)
    assert "\x1b" not in final(seen).replace("\x1b[?25h", "")


def test_without_colours_the_shades_are_characters() -> None:
    with Terminal([*RACE, "blocking-client", *FAST], NO_COLOR="1") as terminal:
        seen = terminal.read_all()
    assert not re.search(r"\x1b\[[0-9;]*3[0-7]m", seen)
    assert "█" in seen


def test_a_terminal_that_knows_ascii_alone_gets_whole_frames_all_the_same() -> None:
    command = [*RACE, "blocking-client", *FAST]
    with Terminal(command, columns=40, PYTHONIOENCODING="ascii") as terminal:
        seen = terminal.read_all()
        assert terminal.status() == 0
    rows = {row for frame in screens(seen)[:-1] for row in frame.splitlines()}
    assert max(map(len, rows)) == 40
    assert any(re.fullmatch(r"\+- Task \d: get poetry from:\? -+\+", row) for row in rows)


def test_a_terminal_that_cant_move_its_cursor_gets_plain_lines() -> None:
    with Terminal([*RACE, "blocking-client", *FAST], TERM="dumb") as terminal:
        seen = terminal.read_all()
    assert "\x1b" not in seen
    assert "blocking-client ends with status 0" in seen


def test_a_terminal_may_change_its_size() -> None:
    with Terminal([*RACE, "blocking-client", "--poem", "hope", "--delay", "0.02"]) as terminal:
        terminal.read_until("get poetry from")
        fcntl.ioctl(terminal.master, termios.TIOCSWINSZ, struct.pack("HHHH", 10, 44, 0, 0))
        seen = terminal.read_all()
        assert terminal.status() == 0
    widths = [len(frame.split("\n")[0].rstrip()) for frame in screens(seen) if "╭" in frame]
    assert set(widths) == {80, 44}
    assert widths == sorted(widths, reverse=True)


def test_a_signal_ends_a_race_on_a_terminal_that_nobody_reads() -> None:
    with Terminal([*RACE, "blocking-client", "--delay", "0.02"]) as terminal:
        terminal.read_until("Task 1")
        time.sleep(1)
        terminal.process.terminate()
        assert terminal.status(10) == -signal.SIGTERM


def test_ctrl_c_on_a_terminal_ends_at_once_with_what_is_known() -> None:
    stages: Sequence[str] = ("blocking-client", "client-1.0-broken")
    with Terminal([*RACE, *stages, "--delay", "0.2"]) as terminal:
        terminal.read_until("Task 1")
        begin = time.monotonic()
        terminal.type(b"\x03")
        seen = terminal.read_all()
        assert terminal.status() == 130
    assert time.monotonic() - begin < 5
    assert "Traceback" not in seen
    assert " ".join(final(seen).split()).count("stopped") == 2
