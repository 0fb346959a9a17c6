"""What a stage's own code does, emitted from inside its process, without a change to what it does.

In a traced run, `install` watches with sys.settrace: no function is wrapped and no
object replaced, so no stack, name or lifetime that a stage could notice differs. Values are shown
without calling anything of theirs. The kinds of event are described in companion.event.
"""

import dis
import inspect
import itertools
import sys
import threading
import weakref
from collections.abc import Callable
from functools import partial
from types import CodeType, FrameType, FunctionType, MethodType
from typing import Any

from twisted.internet import abstract, asyncioreactor, base, defer, tcp
from twisted.internet.task import LoopingCall

from companion.probe.deferreds import Deferreds
from companion.probe.frames import (
    GENERATOR,
    Emit,
    Shower,
    Tracer,
    asks,
    broken,
    function_name,
    is_stage,
    place,
    stage_frame,
    task_now,
    where_now,
    whose_wait,
)
from companion.probe.twisted_names import codes, unseen
from companion.virtual.inside import sockets
from companion.virtual.inside.beside import FIRST_CLIENT_PORT
from companion.virtual.inside.clock import MAIN_THREAD, clock
from companion.virtual.inside.process import journal

OF_TRANSPORT = ("write", "writeSequence", "loseConnection", "abortConnection")
# Whose a port is, at the other end of a connection, as a field of events.
Who = Callable[[int], dict[str, int]]


class Probe:
    """Watches one process: what to do in a call is found by the file that its code is from."""

    def __init__(self, emit: Emit, who: Who) -> None:
        self.emit, self.who = emit, who
        self.deferreds = Deferreds(emit)
        self.show = self.deferreds.show
        self.timers = Timers(emit, self.show)
        self.calls = itertools.count(1)
        self.codes: dict[CodeType, bytes] = {}
        self.files: dict[str, Callable[[FrameType], Tracer | None] | None] = {
            defer.__file__: self.deferreds.entered,
            base.__file__: self.timers.entered,
            asyncioreactor.__file__: self.timers.entered,
            abstract.__file__: self.transport_entered,
            tcp.__file__: self.transport_entered,
        }

    def trace(self, frame: FrameType, event: str, arg: Any) -> Tracer | None:
        """The trace function: called for every call of Python code."""
        name = frame.f_code.co_filename
        try:
            entered = self.files[name]
        except KeyError:
            entered = self.files[name] = self.entered if is_stage(frame.f_code) else None
        if entered is None:
            return None
        try:
            return entered(frame)
        except Exception as err:
            broken(err)

    def operation(self, frame: FrameType) -> tuple[str, int]:
        """The instruction that a frame is at, and its argument."""
        code = self.codes.get(frame.f_code)
        if code is None:
            code = self.codes[frame.f_code] = frame.f_code.co_code
        return dis.opname[code[frame.f_lasti]], code[frame.f_lasti + 1]

    def entered(self, frame: FrameType) -> Tracer | None:
        """Emit that the stage's own code runs, and that it ends."""
        code = frame.f_code
        loose = not code.co_flags & inspect.CO_OPTIMIZED  # a module's or a class's body
        if (loose and code.co_name != "<module>") or code.co_name in SILENT:
            return None
        by = caller(frame)
        if by != "stage" and code.co_name in ASKED:
            return None
        number = next(self.calls)
        by = "task" if by == "reactor" and task_now() else by
        fields: dict[str, Any] = {"call": number, "function": function_name(code)}
        fields |= {"line": code.co_firstlineno, "by": by, **peer_of(frame, self.who)}
        fields |= self.deferreds.generator_of(frame)
        if code.co_flags & GENERATOR and self.operation(frame) not in FIRST:
            fields |= {"resumed": True, "line": frame.f_lineno}
        if line := place(frame.f_back).get("line"):
            fields["at"] = line
        if given := self.functions_given(frame):
            fields["given"] = given
        self.emit("enter", **fields)
        frame.f_trace_lines = False
        error: list[str] = []

        def watch(frame: FrameType, event: str, arg: Any) -> Tracer:
            try:
                if event == "exception":
                    error[:] = [self.show.error(arg[1])]
                elif event == "return":
                    self.left(frame, number, arg, error)
            except Exception as err:
                broken(err)
            return watch

        return watch

    def transport_entered(self, frame: FrameType) -> None:
        """Emit that the stage closes a connection, or calls a transport in a thread of its own."""
        name = frame.f_code.co_name
        if name not in OF_TRANSPORT:
            return
        if threading.get_ident() != MAIN_THREAD:
            self.emit("misuse", calls=f"transport.{name}", **place(frame))
        elif name in CLOSES and stage_frame(frame.f_back):
            self.emit("closing", **self.who(port_of(frame.f_locals["self"])), **place(frame))

    def functions_given(self, frame: FrameType) -> list[str]:
        """The names of the stage's own functions that a function is called with."""
        code, values = frame.f_code, frame.f_locals
        count = code.co_argcount + code.co_kwonlyargcount
        found = [values.get(name) for name in code.co_varnames[:count] if name != "self"]
        if code.co_flags & (inspect.CO_VARARGS | inspect.CO_VARKEYWORDS):
            for name in code.co_varnames[count : count + 2]:
                more = values.get(name)
                found += (
                    more if type(more) is tuple else more.values() if type(more) is dict else ()
                )
        return [function_name(own.__code__) for own in map(function_of, found) if own]

    def left(self, frame: FrameType, number: int, value: Any, error: list[str]) -> None:
        name = self.operation(frame)[0]
        how = "yielded" if name == "YIELD_VALUE" else "returned"
        if not name.startswith(("YIELD", "RETURN")):
            how = "raised"
        self.deferreds.left(frame, value, how)
        fields = {"call": number, "function": function_name(frame.f_code), "how": how}
        shown = error[0] if how == "raised" and error else self.show.show(value)
        self.emit("leave", **fields, value=shown, line=frame.f_lineno)


def caller(frame: FrameType) -> str:
    """Who called the stage's code: its own code, the library on its behalf, the reactor, or its
    thread."""
    if frame.f_back and is_stage(frame.f_back.f_code):
        return "stage"
    if stage_frame(frame.f_back):
        return "library"
    if threading.get_ident() != MAIN_THREAD:
        return "thread"
    return "start" if frame.f_code.co_name == "<module>" else "reactor"


def function_of(value: Any) -> FunctionType | None:
    """The stage's own function that calling this would run, if it is one."""
    value = value.func if type(value) is partial else value
    if not isinstance(value, FunctionType | MethodType):
        value = type(value).__dict__.get("__call__")
    found = value.__func__ if isinstance(value, MethodType) else value
    return found if isinstance(found, FunctionType) and is_stage(found.__code__) else None


CLOSES = {"loseConnection", "abortConnection"}
SILENT = {"<listcomp>", "<genexpr>", "<dictcomp>", "<setcomp>"}
ASKED = {"fileno", "logPrefix"}  # what the library asks of a reader again and again
FIRST = {("RESUME", 0)}  # what a generator is at when it runs for the first time


def peer_of(frame: FrameType, who: Who) -> dict[str, int]:
    """Which server, or client, a method of the stage works for, by its object's connection."""
    code = frame.f_code
    if not code.co_argcount or not frame.f_back:
        return {}
    values = frame.f_locals
    names = code.co_varnames[: code.co_argcount]
    for name in names[:2]:
        value = values.get(name)
        try:
            fields = object.__getattribute__(value, "__dict__")
        except AttributeError:
            continue
        if not isinstance(fields, dict):
            continue
        for holder in (fields.get("transport"), value if name == "connector" else None):
            if found := who(port_of(holder)):
                return found
        if isinstance(fields.get("task_num"), int):
            return {"lane": fields["task_num"]}
    return {}


def by_virtual_port(port: int) -> dict[str, int]:
    """Who is at a port in virtual time."""
    if server := sockets.net.servers.get(port):
        return {"lane": server.lane}
    return {"client": port - FIRST_CLIENT_PORT + 1} if port >= FIRST_CLIENT_PORT else {}


def port_of(holder: Any) -> int:
    """The port at the other end of one of Twisted's transports or connectors; 0 if unknown."""
    if not type(holder).__module__.startswith("twisted."):
        return 0
    for name in ("getPeer", "getDestination"):
        if hasattr(holder, name):
            try:
                port = getattr(getattr(holder, name)(), "port", 0)
            except Exception:
                return 0
            return port if isinstance(port, int) else 0
    return 0


class Timers:
    """The reactor's loop, and the delayed calls that the stage's code asks for, or that call it."""

    def __init__(self, emit: Emit, show: Shower) -> None:
        self.emit, self.show = emit, show
        self.numbers = itertools.count(1)
        self.known: dict[int, tuple[int, weakref.ref[Any]]] = {}
        self.functions = codes(
            {
                ("timers", "ReactorBase.callLater"): self.set,
                ("timers", "ReactorBase.runUntilCurrent"): self.run,
                ("timers", "DelayedCall.cancel"): self.cancel,
                ("loop", "ReactorBase.run"): self.loop,
                ("loop", "AsyncioSelectorReactor.run"): self.loop,
            }
        )
        self.names = {code.co_name for code in self.functions}

    def entered(self, frame: FrameType) -> Tracer | None:
        function = self.functions.get(frame.f_code) if frame.f_code.co_name in self.names else None
        return function(frame) if function else None

    def set(self, frame: FrameType) -> Tracer | None:
        values = frame.f_locals
        function = self.show.called(values["callable"])
        target = values["callable"]
        target = target.f if isinstance(target, LoopingCall) else target
        code = getattr(target, "__code__", None)
        own = isinstance(code, CodeType) and is_stage(code)
        if not own and not asks(frame.f_back):
            return None
        where = place(frame)
        frame.f_trace_lines = False

        def watch(frame: FrameType, event: str, arg: Any) -> Tracer:
            if event == "return" and isinstance(arg, base.DelayedCall):
                number, delay = next(self.numbers), values["delay"]
                delay = delay if type(delay) is int else float(delay)
                self.known[id(arg)] = number, weakref.ref(arg, partial(self.gone, id(arg)))
                self.emit("timer", timer=number, delay=delay, calls=function, **where)
            return watch

        return watch

    def gone(self, key: int, ref: object) -> None:
        self.known.pop(key, None)

    def run(self, frame: FrameType) -> Tracer | None:
        """The reactor's turn for its timers: one of them is known, and `called` since the last."""
        if not self.known:
            return None

        def watch(frame: FrameType, event: str, arg: Any) -> Tracer:
            call = frame.f_locals.get("call")
            if call is not None and id(call) in self.known and call.called:
                number, _ = self.known.pop(id(call))
                self.emit("timer_fired", timer=number)
            return watch

        return watch

    def loop(self, frame: FrameType) -> Tracer | None:
        """The stage gives its control to the reactor, until run returns."""
        where = place(frame.f_back)
        if not where:
            return None
        self.emit("reactor", does="runs", **where)
        frame.f_trace_lines = False

        def watch(frame: FrameType, event: str, arg: Any) -> Tracer:
            if event == "return":
                self.emit("reactor", does="returns", **where)
            return watch

        return watch

    def cancel(self, frame: FrameType) -> None:
        call = frame.f_locals["self"]
        if id(call) in self.known and call.active():
            number, _ = self.known.pop(id(call))
            self.emit("timer_cancelled", timer=number, **place(frame))


def install(emit: Emit, who: Who = by_virtual_port, real: bool = False) -> None:
    """Watch this process from now on; `emit` gets each event as (kind, **fields)."""
    probe = Probe(emit, who)
    clock.whose, journal.task, journal.place = whose_wait, task_now, where_now
    if fields := unseen(real):
        emit("unseen", **fields)
    threading.settrace(probe.trace)
    sys.settrace(probe.trace)
