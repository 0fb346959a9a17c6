"""Recorded outputs: what each stage prints in simulated time, kept beside the tests.

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

from companion.tutorial.stages import ROOT
from companion.virtual.run import Run

FOLDER = ROOT / "tests" / "recorded"
MARKS = {"stdout": "|", "stderr": "!"}
FRAME = re.compile(r'(?P<indent>.*)File "(?P<path>[^"]+)", line \d+, in (?P<function>.*)')
MARKERS = re.compile(r"[\t ]*[~^][~^ ]*")
STARTING = re.compile(r"twistd \S+ \(.*\) starting up")


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
