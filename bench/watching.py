"""Does watching change what is watched? The same race with the view of a terminal, and without any.

Races the default stages PAIRS times each way, turn by turn, and compares how long each stage's
process took. Status 1 where the view costs a stage more than 2 % of its time.
Usage: python bench/watching.py [PAIRS]
"""

import fcntl
import os
import pty
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
from pathlib import Path

from companion.event import Event, read_events, write_events
from companion.race.standings import Standings

STAGES = ("blocking-client", "async-client", "client-1.0")
POEMS = ("ecstasy", "fascination", "science")
MOST = 0.02  # of a stage's time


def blind(path: Path) -> None:
    """A race that nobody watches; its events are kept at the end."""
    from companion.race.conductor import run_race
    from companion.race.course import course_of
    from companion.tutorial.poems import find_poem
    from companion.tutorial.stages import load_map

    stages = [load_map().find(stage) for stage in STAGES]
    events: list[Event] = []
    run_race(course_of(stages, [find_poem(name) for name in POEMS]), events.append)
    with path.open("w", encoding="utf-8") as file:
        write_events(events, file)


def seen(path: Path) -> None:
    """A race as a reader watches it on a terminal of 120 columns and 40 lines."""
    master, end = pty.openpty()
    fcntl.ioctl(end, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    command = [sys.executable, "-m", "companion", "race", *STAGES, "--json", str(path)]
    env = {**os.environ, "TERM": "xterm-256color"}
    watched = subprocess.Popen(command, stdin=end, stdout=end, stderr=end, env=env)
    os.close(end)
    frames = 0
    try:
        while data := os.read(master, 1 << 16):
            frames += data.count(b"\x1b[H")
    except OSError:
        pass  # on Linux the end: nobody has the terminal open any more
    os.close(master)
    assert watched.wait() == 0
    assert frames > 20, f"only {frames} frames were drawn"


def seconds(path: Path) -> dict[str, float]:
    """How long each stage's process took."""
    with path.open(encoding="utf-8") as file:
        standings = Standings(read_events(file))
    return {label: stage.seconds or 0.0 for label, stage in standings.stages.items()}


def main() -> int:
    if sys.argv[1:2] == ["--blind"]:
        blind(Path(sys.argv[2]))
        return 0
    pairs = int(sys.argv[1]) if sys.argv[1:] else 5
    times: dict[str, list[tuple[float, float]]] = {stage: [] for stage in STAGES}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "events.json")
        for _ in range(pairs):
            seen(path)
            with_view = seconds(path)
            subprocess.run([sys.executable, __file__, "--blind", str(path)], check=True)
            without = seconds(path)
            for stage, both in times.items():
                both.append((with_view[stage], without[stage]))
    worst = 0.0
    print(f"median of {pairs} races   with the view   without     cost")
    for stage, both in times.items():
        watched, unwatched = map(statistics.median, zip(*both, strict=True))
        cost = watched / unwatched - 1
        worst = max(worst, cost)
        print(f"{stage:20}   {watched:11.3f} s {unwatched:7.3f} s  {cost:+7.2%}")
    return int(worst > MOST)


if __name__ == "__main__":
    sys.exit(main())
