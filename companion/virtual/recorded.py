"""Recorded outputs: what each stage prints in simulated time, kept beside the tests.

tests/recorded/ID.txt holds one run after another, each as

    $ python async-client/get-poetry.py 10000 10001 10002
        0.000 | Task 1: got 30 bytes of poetry from 127.0.0.1:10000
        2.000 ! a line on standard error
       10.100 = exit status 0

with the simulated seconds, a bar for standard output, an exclamation mark for standard error, and
how the run ended. `make record` writes the files anew; pages take what they show from here.
"""

import re
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from companion.tutorial.stages import ROOT
from companion.virtual.run import VirtualRun

FOLDER = ROOT / "tests" / "recorded"
MARKS = {"stdout": "|", "stderr": "!"}
STREAMS = {mark: stream for stream, mark in MARKS.items()}
LINE = re.compile(r" *(?P<t>[\d.]+) (?P<mark>[|!=])(?: (?P<text>.*))?")
FRAME = re.compile(r'(?P<indent>.*)File "(?P<path>[^"]+)", line \d+, in (?P<function>.*)')
MARKERS = re.compile(r"[\t ]*[~^][~^ ]*")
STARTING = re.compile(r"twistd \S+ \(.*\) starting up")


class RecordError(LookupError):
    """No output of this stage is recorded."""


@dataclass(frozen=True)
class Recording:
    """One recorded run: the command as typed, lines of (t, stream, text), and how it ended."""

    command: str
    lines: tuple[tuple[float, str, str], ...]
    seconds: float
    ending: str

    def printed(self, stream: str = "stdout") -> str:
        """All that was printed to stdout or stderr."""
        return "".join(f"{text}\n" for _, which, text in self.lines if which == stream)


def recorded(stage_id: str) -> tuple[Recording, ...]:
    """The recorded runs of a stage. Raises RecordError where there is none."""
    try:
        text = (FOLDER / f"{stage_id}.txt").read_text(encoding="utf-8")
    except OSError:
        raise RecordError(f"no output of {stage_id} is recorded; make record does it") from None
    return tuple(read_recordings(text))


def read_recordings(text: str) -> Iterator[Recording]:
    """The runs that stand in a file, in their order."""
    command, lines = "", list[tuple[float, str, str]]()
    for line in text.split("\n"):
        if line.startswith("$ "):
            command, lines = line[2:], list[tuple[float, str, str]]()
        elif match := LINE.fullmatch(line):
            t, mark, words = float(match["t"]), match["mark"], match["text"] or ""
            if mark == "=":
                yield Recording(command, tuple(lines), t, words)
            else:
                lines.append((t, STREAMS[mark], words))


def record_text(run: VirtualRun) -> str:
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
