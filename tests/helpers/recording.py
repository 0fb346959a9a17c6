"""Recorded outputs: what each stage prints in simulated time, and how it is run for that.

tests/recorded/ID.txt holds one run after another, each as

    $ python async-client/get-poetry.py 10000 10001 10002
        0.000 | Task 1: got 30 bytes of poetry from 127.0.0.1:10000
        2.000 ! a line on standard error
       10.100 = exit status 0

with the simulated seconds, a bar for standard output, an exclamation mark for standard error, and
how the run ended. `make record` writes the files anew.
"""

import re
import shlex
from collections.abc import Iterable, Iterator
from typing import Any

from companion.peers import script
from companion.peers.scenario import Scenario
from companion.tutorial.listing import RECORDED
from companion.tutorial.stages import ROOT, Stage, load_map
from companion.virtual.run import Run, play
from tests.helpers.netstrings import netstring

MARKS = {"stdout": "|", "stderr": "!"}
FRAME = re.compile(r'(?P<indent>.*)File "(?P<path>[^"]+)", line \d+, in (?P<function>.*)')
MARKERS = re.compile(r"[\t ]*[~^][~^ ]*")
STARTING = re.compile(r"twistd \S+ \(.*\) starting up")
POEM = "poetry/pond.txt"
TWO_READERS = {"clients": [script.reader(), script.reader(1)]}
BY_CHANCE = [{"choices": [outcome]} for outcome in ("success", "gibberish", "bug")]
# Stage -> the scenarios, as fields, of each of its recorded runs.
RUNS: dict[str, list[dict[str, Any]]] = {
    "slow-server": [
        {
            "args": [POEM],
            "clients": [script.reader(), script.reader(0.1), script.leaver(after=0.7, at=0.2)],
        },
        {
            "args": ["--num-bytes", "50", "--delay", "5", "poetry/fascination.txt"],
            "clients": [script.reader()],
        },
    ],
    "deferred-simulator": [
        {"stdin": "r 1 p\nf 2 r ok\np p\n\n", "args": []},
        {"stdin": "r poem p\nr None r None\nr None r None\n\n", "args": ["--narrow"]},
    ],
    "fastpoetry-2.0": [{**TWO_READERS, "signals": [(3.0, "SIGTERM")]}],
    "fastpoetry-3.0": [{**TWO_READERS, "signals": [(3.0, "SIGINT")]}],
    "transform-server": [
        {
            "clients": [
                script.sender(netstring(b"cummingsify.HERE IS MY POEM")),
                script.sender(netstring(b"shout.Here is my poem"), at=1),
                script.sender(b"HERE IS MY POEM", at=2),
            ]
        }
    ],
    "proxy-3.0": [{"clients": [script.leaver(after=3.0), script.reader(4.0), script.reader(20.0)]}],
}


def stages() -> list[Stage]:
    """The stages of the map that are Python programs; trial runs tests in a way of its own."""
    python = (stage for stage in load_map().stages if stage.path.endswith(".py"))
    return [stage for stage in python if stage.kind != "test"]


def record(stage: Stage) -> str:
    """What the stage prints, as it stands in its file."""
    by_kind = [TWO_READERS] if stage.kind in ("server", "proxy") else [{}]
    runs = RUNS.get(stage.id, BY_CHANCE if "chance" in stage.traits else by_kind)
    return "\n".join(record_text(play(stage, Scenario(**options))) for options in runs)


def record_text(run: Run) -> str:
    """A run as it stands in a file."""
    ending = run.ended or (
        f"exit status {run.status}" if run.status >= 0 else f"ended by signal {-run.status}"
    )
    lines = [f"$ {shlex.join(run.argv)}"]
    for t, stream, text in steady(run.lines):
        lines.append(f"{t:9.3f} {MARKS[stream]}{text and ' '}{text}")
    return "\n".join([*lines, f"{run.seconds:9.3f} = {ending}", ""])


def steady(lines: Iterable[tuple[float, str, str]]) -> Iterator[tuple[float, str, str]]:
    """Lines without what depends on the machine or on a library's version.

    Of a frame that is not the stage's own, the line's number and its text; markers under a line of
    code; folders; versions.
    """
    skip = False
    for t, stream, line in lines:
        text = line.replace(f"{ROOT}/", "")
        if frame := FRAME.fullmatch(text):
            path = short(frame["path"])
            skip = not (ROOT / path).is_file()
            if skip:
                text = f'{frame["indent"]}File "{path}", in {frame["function"]}'
        elif skip or MARKERS.fullmatch(text):
            skip = False
            continue
        yield t, stream, STARTING.sub("twistd starting up", text)


def short(path: str) -> str:
    """A library's path from its package on; any other as it is."""
    return re.sub(r"^.*/(?:site-packages|dist-packages|python3\.\d+)/", "", path)


def main() -> None:
    RECORDED.mkdir(exist_ok=True)
    names = {f"{stage.id}.txt" for stage in stages()}
    for old in RECORDED.glob("*.txt"):
        if old.name not in names:
            old.unlink()
    for stage in stages():
        (RECORDED / f"{stage.id}.txt").write_text(record(stage), encoding="utf-8")


if __name__ == "__main__":
    main()
