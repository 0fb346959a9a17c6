"""The faults that a stage can be run under: what its servers do instead of what the map says."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:  # every command names the faults in its help, and few run a stage
    from companion.peers.script import Script


class Fault(NamedTuple):
    """What is done to the servers, as help says it; and the script that does it, made by
    `peers.script` of the poem in its place. `poem` is one that every server sends instead."""

    what: str
    make: Callable[[Any, bytes], "Script"]
    poem: str = ""


# By the name that --with takes.
FAULTS = {
    "REFUSED": Fault(
        "nobody listens on the last server's port", lambda script, poem: script.refused()
    ),
    "RESET": Fault(
        "the last server's connection is reset half-way",
        lambda script, poem: script.reset_at(poem, len(poem) // 2),
    ),
    "SILENT": Fault(
        "the last server accepts, and sends nothing", lambda script, poem: script.silence()
    ),
    "SPLIT": Fault(
        "every server sends a Chinese poem, whose characters are cut in two",
        lambda script, poem: script.slow(poem),
        poem="moonlight",
    ),
}


def with_fault(name: str, scripts: Sequence["Script"]) -> list["Script"]:
    """The scripts with a fault in them. Raises VirtualError where there is no poem server."""
    from dataclasses import replace

    from companion.peers import script
    from companion.tutorial.poems import find_poem
    from companion.virtual.stand_ins import VirtualError

    places = [number for number, one in enumerate(scripts) if one.poem]
    if not places:
        raise VirtualError("no fault is possible: the stage has no poetry server")
    fault, changed = FAULTS[name], list(scripts)
    for number in places if fault.poem else places[-1:]:
        poem = find_poem(fault.poem or scripts[number].poem)
        made = fault.make(script, poem.data)
        changed[number] = replace(made, poem=poem.name, size=len(poem.data))
    return changed
