"""What a demonstration prints, in simulated time, as its part's test looks at it."""

import re
import tempfile
from functools import cache
from pathlib import Path

from companion.tutorial.stages import load_map
from companion.virtual.run import Run, play

FRAME = re.compile(r'\s*File "(?P<path>.+)", line \d+, in (?P<function>.+)')
STAMP = re.compile(r"^[-\d]{10} [:\d]{8}[+-]\d{4} ", re.MULTILINE)
# What a failure without frames is headed by, wherever an unhandled one is logged.
UNHANDLED = "Unhandled error in Deferred:"


@cache
def played(name: str) -> Run:
    """The stage's run; it is the same on every play, so once is enough."""
    return play(name)


def played_with(name: str, old: str, new: str) -> Run:
    """The run of a stage in which a text that stands there once is replaced."""
    script = load_map().find(name).file.read_text()
    assert script.count(old) == 1
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "changed.py"
        file.write_text(script.replace(old, new))
        return play(file)


def shown(name: str) -> tuple[list[str], int | None]:
    """The lines on standard output and the exit status, of a stage that reports no error."""
    run = played(name)
    assert run.stderr == ""
    return run.stdout.splitlines(), run.status


def timed(name: str) -> list[tuple[float, str]]:
    """The lines on standard output, each with its second."""
    return [(round(t, 1), text) for t, stream, text in played(name).lines if stream == "stdout"]


def gist(text: str) -> list[str]:
    """A traceback as a reader reads it: no paths, no line numbers, nothing of Twisted's own.

    A frame of the stage is one line, `function: its code`; blank lines and markers are gone.
    """
    told: list[str] = []
    lines = iter(STAMP.sub("", text).splitlines())
    for line in lines:
        if frame := FRAME.match(line):
            code = next(lines).strip()
            if "site-packages" not in frame["path"]:
                told.append(f"{frame['function']}: {code}")
        elif line.strip(" \t^~"):
            told.append(line.strip())
    return told
