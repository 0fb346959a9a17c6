"""What the probe says of the process that it is in: whose a frame is, and values as short texts.

Nothing of the stage's own is called for it, no repr and no property: that could print, or fail.
"""

import asyncio
import inspect
import os
import re
import sys
import sysconfig
import threading
from collections.abc import Callable
from functools import partial
from types import CodeType, FrameType, MethodType
from typing import Any, NoReturn

from twisted.internet import asyncioreactor, defer, task, threads
from twisted.internet.defer import Deferred
from twisted.internet.task import LoopingCall
from twisted.python.failure import Failure

from companion import HOUSE
from companion.probe.twisted_names import NAMES
from companion.virtual.inside.clock import MAIN_THREAD

Tracer = Callable[[FrameType, str, Any], Any]
Emit = Callable[..., object]

WORDS = 2000  # characters of what an exception says
SHOWN, PART = 48, 24  # characters of a value that are shown, and of a text in it
LIBRARY = tuple(
    {os.path.join(sysconfig.get_path(name), "") for name in ("stdlib", "platstdlib", "purelib")}
    | {HOUSE, "<"}
)
GENERATOR = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR
ARGS: Any = BaseException.__dict__["args"]


def is_stage(code: CodeType) -> bool:
    """Whether it is the stage's own code: neither a library's, nor the companion's."""
    return not code.co_filename.startswith(LIBRARY)


def function_name(code: CodeType) -> str:
    """The name of a function as a reader of the file would say it: Class.method, or function."""
    return code.co_qualname.rpartition("<locals>.")[2].replace("<lambda>", "lambda")


REACTOR_LOOPS = {
    asyncio.BaseEventLoop._run_once.__code__,  # type: ignore[attr-defined]
    *(name.code for name in NAMES["loop"]),
}


def stage_frame(frame: FrameType | None) -> FrameType | None:
    """The stage's frame that this one works for; None where the reactor called it."""
    while frame and not is_stage(frame.f_code):
        if frame.f_code in REACTOR_LOOPS:
            return None
        frame = frame.f_back
    return frame


def whose_wait() -> dict[str, Any]:
    """Who waits now, as fields of the event: the reactor, or the stage in a call of its own, and
    in which line."""
    where = where_now()
    return {"by": "stage" if where else "reactor", **where}


def task_now() -> dict[str, str]:
    """The name of asyncio's task that runs now, or of the thread, as a field of events; none in a
    thread that the program has not named.

    A task that it has not named has its function's name, and its own number.
    """
    loop = asyncio._get_running_loop()
    if task := asyncio.current_task(loop) if loop else None:
        code = getattr(task.get_coro(), "cr_code", None)
        number = UNNAMED_TASK.fullmatch(task.get_name())
        return {
            "task": f"{function_name(code)} {number[1]}" if code and number else task.get_name()
        }
    if threading.get_ident() == MAIN_THREAD:
        return {}
    name = threading.current_thread().name
    return {} if UNNAMED_THREAD.match(name) else {"task": name}


UNNAMED_TASK = re.compile(r"Task-(\d+)")
UNNAMED_THREAD = re.compile(r"(Thread|Dummy|PoolThread|ThreadPoolExecutor|asyncio)[-_]")


def asks(frame: FrameType | None) -> bool:
    """Whether the stage asked for a timer itself, or by a function that does no more than that."""
    while frame and frame.f_code.co_filename in HELPERS and frame.f_code is not ASYNCIO_STOP:
        frame = frame.f_back
    return frame is not None and is_stage(frame.f_code)


ASYNCIO_STOP = asyncioreactor.AsyncioSelectorReactor.stop.__code__  # sets a timer of its own
HELPERS = {module.__file__ for module in (asyncioreactor, defer, task, threads)}


def cut(value: Any) -> Any:
    """The first PART characters of a text, to the end of a word if one ends in the last half."""
    kept = value[:PART].rstrip()
    is_whole = len(kept) < PART or value[PART : PART + 1].isspace()
    words = kept.rsplit(None, 1)
    return kept if is_whole or 2 * len(words[0]) < PART else words[0]


class Shower:
    """Values as short texts; Deferreds have the names that `name` gives them."""

    def __init__(self, name: Callable[[Any], str]) -> None:
        self.name = name

    def show(self, value: Any, depth: int = 2) -> str:
        """A text of SHOWN characters at most, and a sign that it was cut; an exception's is whole,
        up to WORDS characters."""
        text = self.text(value, depth)
        if len(text) <= SHOWN or isinstance(value, BaseException | Failure):
            return text
        return text[: SHOWN - 1] + "…"

    def text(self, value: Any, depth: int) -> str:
        kind = type(value)
        if kind in (str, bytes):
            return repr(value) if len(value) <= PART else repr(cut(value)) + "…"
        if value is None or kind in (int, float, bool):
            return repr(value) if kind is not int or value.bit_length() < 99 else "a large int"
        if kind in (list, tuple):
            if depth == 0:
                return f"{kind.__name__} of {len(value)}"
            inside = ", ".join(self.text(item, depth - 1) for item in value[:4])
            inside += ", …" if len(value) > 4 else ""
            return f"[{inside}]" if kind is list else f"({inside})"
        if isinstance(value, Failure):
            return self.error(value.value)
        if isinstance(value, Deferred):
            return self.name(value)
        return self.error(value) if isinstance(value, BaseException) else f"<{kind.__name__}>"

    def error(self, error: Any) -> str:
        known = isinstance(error, BaseException)
        args: tuple[Any, ...] = ARGS.__get__(error) if known else ()
        said = self.text(args[0], 0) if len(args) == 1 else ""
        if len(args) == 1 and type(args[0]) is str:
            said = repr(args[0][:WORDS])
        return f"{type(error).__name__}({said})"

    def called(self, function: Any) -> str:
        """A callable's name."""
        if isinstance(function, partial):
            return self.called(function.func)
        if isinstance(function, LoopingCall):
            return self.called(function.f)
        if isinstance(function, MethodType):
            owner = function.__self__
            if isinstance(owner, Deferred) and function.__name__ in (
                "callback",
                "errback",
                "cancel",
            ):
                return f"{self.name(owner)}.{function.__func__.__name__}"
            function = function.__func__
        code = getattr(function, "__code__", None)
        if isinstance(code, CodeType):
            return function_name(code)
        name = getattr(function, "__qualname__", None)
        return name if isinstance(name, str) else type(function).__name__


def place(frame: FrameType | None) -> dict[str, Any]:
    """The line of the stage, and its function, that something is done from; empty if none."""
    frame = stage_frame(frame)
    return {"line": frame.f_lineno, "function": function_name(frame.f_code)} if frame else {}


def where_now() -> dict[str, Any]:
    """The same of what is done now."""
    return place(sys._getframe())


def broken(err: Exception) -> NoReturn:
    """A mistake of ours must not look like one of the stage's."""
    from companion.virtual.inside.process import finish

    sys.settrace(None)
    finish(0, "broken", f"the probe is broken: {type(err).__name__}: {err}")
