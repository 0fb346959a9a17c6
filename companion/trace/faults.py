"""The faults that a stage can be run under: what its servers do instead of what the map says."""

from collections.abc import Sequence
from dataclasses import replace

from companion.peers import script
from companion.peers.script import Script
from companion.tutorial.poems import find_poem
from companion.virtual.stand_ins import VirtualError

POEM = "moonlight"


def with_fault(fault: str, scripts: Sequence[Script]) -> list[Script]:
    """The scripts with a fault in them. Raises VirtualError where there is no poem server."""
    places = [number for number, one in enumerate(scripts) if one.poem]
    if not places:
        raise VirtualError("no fault is possible: the stage has no poetry server")
    changed = list(scripts)
    if fault == "SPLIT":
        poem = find_poem(POEM)
        for number in places:
            changed[number] = replace(script.slow(poem.data), poem=poem.name)
        return changed
    last = scripts[places[-1]]
    half = last.size // 2
    data = find_poem(last.poem).data
    made = {
        "REFUSED": script.refused,
        "RESET": lambda: script.reset_at(data, half),
        "SILENT": script.silence,
    }[fault]()
    changed[places[-1]] = replace(made, poem=last.poem, size=last.size)
    return changed
