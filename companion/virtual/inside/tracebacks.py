"""A traceback as Python itself shows it: without the tool's own frames."""

import faulthandler
import os
import sys
import tempfile
from types import TracebackType
from typing import Any

from companion import HOUSE


def is_harness(filename: str) -> bool:
    """Whether a frame of this file belongs to the simulation and not to the stage."""
    return filename.startswith((HOUSE, "<frozen runpy>"))


def show(err: BaseException) -> None:
    """As Python itself shows an exception that nobody caught, without the harness's frames."""
    without_the_tool(err)
    sys.excepthook(type(err), err, err.__traceback__)


def without_the_tool(err: BaseException) -> None:
    """Take the harness's frames out of an exception, and of those that led to it."""
    seen: set[int] = set()
    one: BaseException | None = err
    while one is not None and id(one) not in seen:
        seen.add(id(one))
        one.__traceback__ = stage_frames(one.__traceback__)
        one = one.__cause__ or one.__context__


def dump_traceback(file: Any = None, all_threads: bool = True) -> None:
    """faulthandler.dump_traceback, without the harness's frames."""
    file = sys.stderr if file is None else file
    with tempfile.TemporaryFile() as whole:
        real_dump(whole, all_threads)
        whole.seek(0)
        lines = [line for line in whole if not is_harness(os.fsdecode(line[8:].split(b'"')[0]))]
    os.write(file if isinstance(file, int) else file.fileno(), b"".join(lines))


real_dump = faulthandler.dump_traceback


def stage_frames(tb: TracebackType | None) -> TracebackType | None:
    """A traceback without the tool's own frames; None where nothing is left."""
    if tb is None:
        return None
    rest = stage_frames(tb.tb_next)
    if is_harness(tb.tb_frame.f_code.co_filename):
        return rest
    return TracebackType(rest, tb.tb_frame, tb.tb_lasti, tb.tb_lineno)
