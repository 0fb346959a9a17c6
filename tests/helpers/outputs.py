"""Probes for runs in virtual time: standard output or error that can't take what is printed.

Line by line, as they are on a terminal or by -u, so that each print finds it out.
"""

import io
import os
import sys
from collections.abc import Callable

Emit = Callable[..., object]
LEFT, FULL = "tests.helpers.outputs:left", "tests.helpers.outputs:full"
ERRORS_FULL = "tests.helpers.outputs:errors_full"
# Encodings of terminals, none of which has the letters of every poem.
ENCODINGS = {name: f"tests.helpers.outputs:{name}" for name in ("ascii", "cp1252", "gbk")}


def left(emit: Emit) -> None:
    """A pipe whose reader has left, as head does."""
    reading, writing = os.pipe()
    os.close(reading)
    sys.stdout = open(writing, "w", buffering=1)  # noqa: SIM115


def full(emit: Emit) -> None:
    """A file on a full disk."""
    sys.stdout = open("/dev/full", "w", buffering=1)  # noqa: SIM115


def errors_full(emit: Emit) -> None:
    """Standard error on a full disk."""
    sys.stderr = open("/dev/full", "w", buffering=1)  # noqa: SIM115


def encode(encoding: str) -> None:
    assert isinstance(sys.stdout, io.TextIOWrapper)
    sys.stdout.reconfigure(encoding=encoding)


def ascii(emit: Emit) -> None:
    encode("ascii")


def cp1252(emit: Emit) -> None:
    encode("cp1252")


def gbk(emit: Emit) -> None:
    encode("gbk")
