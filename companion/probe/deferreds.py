"""The Deferreds that a stage's code makes or gets, and the way of each result through its pairs.

Twisted runs every chain in one loop, Deferred._runCallbacks; watching that loop line by line shows
what each callback was given and what came of it, whatever kind of callable it is.
"""

import itertools
import time
import weakref
from dataclasses import dataclass, field
from functools import partial
from types import FrameType
from typing import Any

from twisted.internet import defer
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from companion.probe.frames import (
    Emit,
    Shower,
    Tracer,
    broken,
    function_name,
    is_stage,
    place,
    stage_frame,
)
from companion.probe.twisted_names import PASSES, codes
from companion.virtual.inside.process import journal

CONTINUE = getattr(defer, "_CONTINUE", object())
LIST: Any = defer.DeferredList


@dataclass(eq=False)
class Seen:
    """A Deferred that exists; the stage has to do with it once it has a number. What happened
    to it before is kept until then."""

    ref: "weakref.ref[Any]"
    number: int = 0
    pairs: int = 0
    taken: int = 0
    before: list[tuple[str, dict[str, Any]]] = field(default_factory=list)


# Where addCallback and its like take what their functions get after the result.
EXTRA = ("args", "kwargs", "callbackArgs", "callbackKeywords", "errbackArgs", "errbackKeywords")


class Deferreds:
    """Every Deferred of the process, by its identity."""

    def __init__(self, emit: Emit) -> None:
        self.report = emit
        self.show = Shower(self.name)
        self.numbers = itertools.count(1)
        self.kept = itertools.count(1)  # what happened, and may be emitted later, in its place
        self.seen: dict[int, Seen] = {}
        self.generators: dict[int, tuple[Any, Seen]] = {}  # by the identity of their frames
        self.infos: dict[int, Seen] = {}  # by the identity of their DebugInfo
        self.functions = codes(
            {
                ("deferreds", "Deferred.__init__"): self.made,
                ("deferreds", "Deferred.cancel"): self.cancelled,
                ("deferreds", "DeferredList.cancel"): self.cancelled,
                ("lists", "DeferredList.__init__"): self.joined,
                ("fired", "defer.succeed"): self.succeeded,
                ("fired", "Deferred._startRunCallbacks"): self.fired,
                ("results", "Deferred._runCallbacks"): self.run,
                ("unhandled", "DebugInfo.__del__"): self.unhandled,
                ("pairs", "Deferred.addCallbacks"): self.added,
                ("pairs", "Deferred.addCallback"): self.added,
                ("pairs", "Deferred.addErrback"): self.added,
                ("pairs", "Deferred.addBoth"): self.added,
            }
        )
        # Where Twisted takes a generator, and what lets it go on.
        self.takes = codes({("generators", "defer._cancellableInlineCallbacks"): None})
        self.goes_on = codes({("generators", "defer._gotResultInlineCallbacks"): None})
        self.names = {code.co_name for code in self.functions}

    def entered(self, frame: FrameType) -> Tracer | None:
        code = frame.f_code
        function = self.functions.get(code) if code.co_name in self.names else None
        return function(frame) if function else None

    # Which Deferreds are shown, and as what.

    def see(self, d: Any) -> Seen:
        seen = self.seen.get(id(d))
        if seen is None:
            seen = Seen(weakref.ref(d, partial(self.gone, id(d))))
            self.seen[id(d)] = seen
        return seen

    def gone(self, key: int, ref: object) -> None:
        self.seen.pop(key, None)

    def adopt(self, seen: Seen) -> int:
        """The stage has to do with it: number it, and emit what happened to it so far."""
        if not seen.number:
            seen.number = next(self.numbers)
            before, seen.before = seen.before, []
            if not before or before[0][0] != "deferred":
                before.insert(0, ("deferred", {}))
            for kind, fields in before:
                self.emit(seen, kind, **fields)
        return seen.number

    def emit(self, seen: Seen, kind: str, **fields: Any) -> None:
        if not seen.number:
            where = {"t": time.monotonic(), "after": (journal.count, next(self.kept))}
            seen.before.append((kind, where | fields))
            return
        for name, value in fields.items():
            if isinstance(value, Seen):
                fields[name] = self.adopt(value)
        self.report(kind, deferred=seen.number, **fields)

    def name(self, d: Any) -> str:
        seen = self.seen.get(id(d))
        return f"D{seen.number}" if seen and seen.number else "a Deferred"

    # What happens to them.

    def made(self, frame: FrameType) -> None:
        back = frame.f_back
        fields = place(frame)
        seen = self.see(frame.f_locals["self"])
        if back and back.f_code in self.takes:
            gen = back.f_locals["gen"]
            body = getattr(gen, "gi_frame", None) or getattr(gen, "cr_frame", None)
            if body is not None and is_stage(body.f_code):
                fields["generator"] = function_name(body.f_code)
                self.generators[id(body)] = body.f_code, seen
        self.emit(seen, "deferred", **fields)
        if "generator" in fields or (back and is_stage(back.f_code)):
            self.adopt(seen)

    def succeeded(self, frame: FrameType) -> Tracer:
        frame.f_trace_lines = False

        def watch(frame: FrameType, event: str, arg: Any) -> Tracer:
            if event == "return" and isinstance(arg, Deferred):
                self.emit(self.see(arg), "fired", value=self.show.show(arg.result), **place(frame))
            return watch

        return watch

    def joined(self, frame: FrameType) -> Tracer | None:
        if stage_frame(frame) is None:
            return None
        frame.f_trace_lines = False

        def watch(frame: FrameType, event: str, arg: Any) -> Tracer:
            d = frame.f_locals["self"]
            if event == "return" and hasattr(d, "_deferredList"):
                seen = self.see(d)
                numbers = [self.adopt(self.see(one)) for one in d._deferredList]
                self.adopt(seen)
                by = frame.f_back.f_code.co_name if frame.f_back else ""
                name = by if by == "gatherResults" else "DeferredList"
                self.emit(seen, "join", of=numbers, by=name)
            return watch

        return watch

    def added(self, frame: FrameType) -> None:
        values = frame.f_locals
        seen = self.see(values["self"])
        direct = frame.f_back is not None and is_stage(frame.f_back.f_code)
        if direct:
            self.adopt(seen)
        seen.pairs += 1
        first: Any = values.get("callback")
        second = values.get("errback")
        if frame.f_code.co_name == "addBoth":
            second = first
        fields: dict[str, Any] = {"pair": seen.pairs}
        fields["callback"], fields["errback"] = self.handler(first), self.handler(second)
        if any(values.get(name) for name in EXTRA):
            fields["extra"] = True
        if getattr(first, "__func__", None) is getattr(LIST, "_cbDeferred", LIST):
            fields["joins"] = self.see(first.__self__)
        if getattr(first, "__code__", None) in self.goes_on:
            gen = values["args"][1]
            body = getattr(gen, "gi_frame", None) or getattr(gen, "cr_frame", None)
            if body is None or id(body) not in self.generators:
                return self.emit(seen, "pair", **fields, by="library")
            fields["resumes"] = self.generators[id(body)][1]
        by = "stage" if direct else "library"
        self.emit(seen, "pair", **fields, by=by, **place(frame))

    def handler(self, function: Any) -> str | None:
        """A handler's name; None where it only passes on what it is given."""
        if function is None or getattr(function, "__name__", "") in PASSES:
            return None
        return self.show.called(function)

    def fired(self, frame: FrameType) -> None:
        d, result = frame.f_locals["self"], frame.f_locals["result"]
        fields = {"value": self.show.show(result), **place(frame)}
        if isinstance(result, Failure):
            fields["failed"] = True
        if d.called:
            fields["again"] = True
        self.emit(self.see(d), "fired", **fields)

    def cancelled(self, frame: FrameType) -> None:
        d = frame.f_locals["self"]
        fields = {"called": True} if d.called else {}
        self.emit(self.see(d), "cancelled", **fields, **place(frame))

    def unhandled(self, frame: FrameType) -> None:
        info = frame.f_locals["self"]
        seen = self.infos.pop(id(info), None)
        if info.failResult is not None and seen is not None:
            self.emit(seen, "unhandled", value=self.show.show(info.failResult))

    def generator_of(self, frame: FrameType) -> dict[str, int]:
        """The Deferred that stands for a generator or coroutine of the stage."""
        code, seen = self.generators.get(id(frame), (None, None))
        return {"deferred": seen.number} if seen and code is frame.f_code else {}

    def left(self, frame: FrameType, value: Any, how: str) -> None:
        """The stage's code gives a value back: a Deferred is its business from now on, and one
        that a generator yields is what it waits on."""
        known = self.generator_of(frame)
        if known and how != "yielded":
            del self.generators[id(frame)]
        if not isinstance(value, Deferred):
            return
        number = self.adopt(self.see(value))
        if known and how == "yielded" and not hasattr(value, "result"):
            self.report("paused", **known, on=number, line=frame.f_lineno)

    def run(self, frame: FrameType) -> Tracer:
        return Chain(self).watch


class Chain:
    """One run of Deferred._runCallbacks, from line to line."""

    def __init__(self, deferreds: Deferreds) -> None:
        self.all = deferreds
        self.item: Any = None
        self.current: Any = None  # whose callback runs
        self.took: Any = None
        self.fields: dict[str, Any] = {}
        self.started = self.raised = False

    def watch(self, frame: FrameType, event: str, arg: Any) -> Tracer:
        try:
            if event == "exception":
                self.raised = self.current is not None
            else:
                self.look(frame.f_locals)
        except Exception as err:
            broken(err)
        return self.watch

    def look(self, values: dict[str, Any]) -> None:
        d = values.get("current")
        if d is None:
            return
        if self.current is not None:
            if self.ended():
                self.ran()
        elif (item := values.get("item")) is not self.item:
            self.item = item
            self.begin(d, item)
        if (info := getattr(d, "_debugInfo", None)) is not None:
            self.all.infos[id(info)] = self.all.see(d)

    def begin(self, d: Any, item: Any) -> None:
        """A pair was taken from the chain: one of its handlers is about to be called."""
        failed = isinstance(d.result, Failure)
        function, args, _ = item[failed]
        seen = self.all.see(d)
        value = self.all.show.show(d.result)
        if function is CONTINUE:
            waiting = self.all.see(args[0])
            self.all.emit(waiting, "resumed", value=value, failed=failed, on=seen)
            return
        seen.taken += 1
        name = self.all.handler(function)
        side = "errback" if failed else "callback"
        self.fields = {"pair": seen.taken, "side": side, "function": name, "took": value}
        self.current, self.took = d, d.result
        self.started = self.raised = False
        if name and seen.number:
            self.all.emit(seen, "runs", **self.fields)

    def ended(self) -> bool:
        if self.raised:
            return self.current.result is not self.took
        self.started = self.started or self.current._runningCallbacks
        return self.started and not self.current._runningCallbacks

    def ran(self) -> None:
        d, fields, result = self.current, self.fields, self.current.result
        self.current = self.took = None
        seen, other = self.all.see(d), None
        if isinstance(result, Deferred):
            other = self.all.see(result)
            if seen.number:
                self.all.adopt(other)
        how = "raised" if self.raised else "passed" if fields["function"] is None else "returned"
        gave = {"gave": self.all.show.show(result), "failed": isinstance(result, Failure)}
        self.all.emit(seen, "ran", **fields, how=how, **gave)
        if other is not None and result is not d:
            inner = getattr(result, "result", CONTINUE)
            if inner is CONTINUE or isinstance(inner, Deferred) or result.paused:
                self.all.emit(seen, "paused", on=other)
            else:
                failed = isinstance(inner, Failure)
                value = self.all.show.show(inner)
                self.all.emit(seen, "resumed", value=value, failed=failed, on=other)
