"""What the probe reads of Twisted beyond what Twisted documents, as it stands in Twisted 26.10.0.

Private names, attributes, and local variables of Twisted's functions, by what a trace shows with
their help. They are checked when the probe starts; what can't be shown is emitted as an event.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from inspect import unwrap
from types import CodeType
from typing import Any, TypeVar

from twisted.internet import asyncioreactor, base, defer, pollreactor, selectreactor
from twisted.internet.defer import DebugInfo, Deferred, DeferredList
from twisted.internet.task import LoopingCall
from twisted.python.threadpool import ThreadPool

import twisted

Handler = TypeVar("Handler")
PASSES = {"passthru", "_failthru"}  # Twisted's partners of a handler that stands alone


@dataclass(frozen=True)
class Name:
    """A name of a module or class of Twisted, and the local variables that are read in it."""

    owner: Any
    name: str
    variables: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        """Its name with its class's: Deferred._runCallbacks."""
        return f"{self.owner.__name__.rpartition('.')[2]}.{self.name}"

    @property
    def code(self) -> CodeType | None:
        """The code of a function; None for anything else."""
        return getattr(getattr(self.owner, self.name, None), "__code__", None)

    def missing(self) -> bool:
        """Whether this Twisted has it not: neither by its owner, nor set when one is made."""
        if not hasattr(self.owner, self.name):
            made = getattr(unwrap(getattr(self.owner, "__init__", len)), "__code__", None)
            return self.name not in getattr(made, "co_names", ())
        code = self.code
        known = {*code.co_varnames, *code.co_cellvars} if code else set()
        return not known.issuperset(self.variables)


RESULTS = (
    Name(Deferred, "_runCallbacks", ("current", "item")),
    Name(Deferred, "_runningCallbacks"),
    Name(Deferred, "paused"),
    Name(defer, "_CONTINUE"),
)
# By what can't be shown without them; each has its text in companion.trace.words.
NAMES = {
    # Which Deferreds there are, where each was made, and who cancelled it.
    "deferreds": (
        Name(Deferred, "__init__", ("self",)),
        Name(Deferred, "cancel", ("self",)),
        Name(DeferredList, "cancel", ("self",)),
    ),
    # The pairs of a chain, and which handlers are Twisted's own that only pass on.
    "pairs": (
        Name(Deferred, "addCallbacks", ("self", "callback", "errback")),
        Name(Deferred, "addCallback", ("self", "callback")),
        Name(Deferred, "addErrback", ("self", "errback")),
        Name(Deferred, "addBoth", ("self", "callback")),
        Name(defer, "passthru"),
        Name(defer, "_failthru"),
    ),
    # What a Deferred is fired with.
    "fired": (
        Name(Deferred, "_startRunCallbacks", ("self", "result")),
        Name(defer, "succeed"),
    ),
    # What each callback is given, and what comes of it: the loop that runs all chains.
    "results": RESULTS,
    # A failure that nobody handled, when the Deferred is forgotten.
    "unhandled": (
        Name(DebugInfo, "__del__", ("self",)),
        Name(DebugInfo, "failResult"),
        Name(Deferred, "_debugInfo"),
        *RESULTS,  # where it is seen whose a DebugInfo is
    ),
    # The generator or coroutine that a Deferred stands for, and where it goes on.
    "generators": (
        Name(defer, "_cancellableInlineCallbacks", ("gen",)),
        Name(defer, "_gotResultInlineCallbacks", ("gen",)),
        Name(Deferred, "__init__", ("self",)),
        Name(Deferred, "addBoth", ("self", "args")),
    ),
    # Which Deferreds a list waits for.
    "lists": (
        Name(DeferredList, "__init__", ("self",)),
        Name(DeferredList, "_deferredList"),
        Name(DeferredList, "_cbDeferred"),
    ),
    # Delayed calls: set, fired, cancelled; and whom a LoopingCall calls.
    "timers": (
        Name(base.ReactorBase, "callLater", ("callable", "delay")),
        Name(base.ReactorBase, "runUntilCurrent", ("call",)),
        Name(base.DelayedCall, "cancel", ("self",)),
        Name(base.DelayedCall, "called"),
        Name(LoopingCall, "f"),
        Name(asyncioreactor.AsyncioSelectorReactor, "stop"),  # sets a timer of its own
    ),
    # When the stage has given the control to the reactor.
    "loop": (
        Name(base.ReactorBase, "run"),
        Name(base.ReactorBase, "runUntilCurrent"),
        Name(asyncioreactor.AsyncioSelectorReactor, "run"),
    ),
    # In real time: what the reactor waits in, and whether a pool's threads rest.
    "real waits": (
        Name(pollreactor, "poll"),
        Name(selectreactor, "_select"),
        Name(ThreadPool, "waiters"),
    ),
}


def missing() -> dict[str, list[str]]:
    """What can't be shown on this Twisted, and for want of which names."""
    lost = {}
    for shown, names in NAMES.items():
        if lacks := [name.path for name in names if name.missing()]:
            lost[shown] = lacks
    return lost


def codes(handlers: Mapping[tuple[str, str], Handler]) -> dict[CodeType, Handler]:
    """The code of each function with its handler. A function is given as what it helps to show,
    and its path; those of what can't be shown are left out."""
    lost, found = missing(), {}
    for (shown, path), handler in handlers.items():
        code = next(name.code for name in NAMES[shown] if name.path == path)
        if shown not in lost and code is not None:
            found[code] = handler
    return found


def unseen(real: bool) -> dict[str, Any]:
    """The fields of the event that says what can't be shown, in real time or in simulated; none
    where all can."""
    lost = {shown: names for shown, names in missing().items() if real or shown != "real waits"}
    names = sorted({name for lacks in lost.values() for name in lacks})
    return {"twisted": twisted.__version__, "what": [*lost], "names": names} if lost else {}
