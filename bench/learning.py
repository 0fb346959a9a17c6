"""How soon is a save judged? `companion learn` on a terminal, beside the plain run of the file.

Saves the solved countdown of exercise 3.1 and a wrong one by turns, SAVES times, half of them by
renaming another file, and takes the time until the verdict is on the screen; beside each save it
runs `python countdown.py` in simulated time, which is what a check can't do without. Status 1
where a save takes more than half a second in the median.
Usage: python bench/learning.py [SAVES]
"""

import contextlib
import fcntl
import os
import pty
import select
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Iterator
from pathlib import Path

from companion.peers.scenario import Scenario
from companion.tutorial.exercises import EXERCISES, load_exercises
from companion.tutorial.stages import ROOT, load_map
from companion.virtual.run import play

SOLVED = (EXERCISES / "3.1" / "countdown.py").read_text(encoding="utf-8")
WRONG = (EXERCISES / "3.1" / "wrong-pace.py").read_text(encoding="utf-8")
VERDICTS = {SOLVED: b"3 of 3 checks", WRONG: b"2 of 3 checks"}
MOST = 0.5  # seconds until a save is judged


@contextlib.contextmanager
def learning(folder: Path) -> Iterator[int]:
    """The screen on exercise 3.1; gives the terminal's other end."""
    (folder / "my").mkdir()
    every = [one.id for one in load_exercises(load_map())]
    before = every[: every.index("3.1")]
    (folder / "my" / "progress.txt").write_text("".join(f"{one} done\n" for one in before))
    master, end = pty.openpty()
    fcntl.ioctl(end, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    env = {**os.environ, "TERM": "xterm-256color", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "companion", "learn", "--lang", "en"]
    shown = subprocess.Popen(command, stdin=end, stdout=end, stderr=end, cwd=folder, env=env)
    os.close(end)
    try:
        until(master, b"quit")
        os.write(master, b"n")
        until(master, b"Your file")
        yield master
    finally:
        shown.kill()
        shown.wait()
        os.close(master)


def until(master: int, text: bytes, limit: float = 20.0) -> float:
    """The seconds until this text is on the screen."""
    seen, begun = b"", time.monotonic()
    while text not in seen:
        left = limit - (time.monotonic() - begun)
        if left < 0 or not select.select([master], [], [], left)[0]:
            raise SystemExit(f"no {text!r} on the screen after {limit} seconds")
        seen += os.read(master, 1 << 16)
    return time.monotonic() - begun


def save(file: Path, text: str, rename: bool) -> None:
    if rename:
        new = file.with_name("new")
        new.write_text(text, encoding="utf-8")
        new.rename(file)
    else:
        file.write_text(text, encoding="utf-8")


def plain(file: Path) -> float:
    """The seconds that one run of the file takes, told by the probe, by itself."""
    begun = time.monotonic()
    play(
        load_map().find("countdown").played_by(file),
        Scenario(traced=True),
    )
    return time.monotonic() - begun


def main() -> int:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    judged, runs = [], []
    with tempfile.TemporaryDirectory() as name, learning(Path(name)) as master:
        file = Path(name) / "my" / "3.1" / "countdown.py"
        plain(file)
        for number in range(count):
            text = (SOLVED, WRONG)[number % 2]
            save(file, text, rename=number % 4 > 1)
            judged.append(until(master, VERDICTS[text]))
            runs.append(plain(file))
    middle = statistics.median(judged)
    print(f"{count} saves      least  median    most   (seconds)")
    for what, values in (("judged after", judged), ("a plain run", runs)):
        ends = f"{min(values):7.3f} {statistics.median(values):7.3f} {max(values):7.3f}"
        print(f"{what:<13} {ends}")
    print(f"judged after {middle / statistics.median(runs):.1f} times a plain run")
    return int(middle > MOST)


if __name__ == "__main__":
    sys.exit(main())
