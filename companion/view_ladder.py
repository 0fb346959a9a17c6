"""Deferreds as text: the chain of each, and the way that its result took through the pairs.

Drawn in the manner of the Deferred simulator: callbacks left, errbacks right, what did not run is
dotted, and a failure has an asterisk.
"""

from collections.abc import Iterator, Sequence

from companion.event import Event
from companion.trace import Chain, Step, chains
from companion.width import clip, columns, pad, visible

GAP = "   "
NARROWEST, WIDEST = 14, 30  # columns of a box


def ladder_text(events: Sequence[Event], width: int = 80) -> str:
    """Every Deferred of a trace; those that went the same way are drawn once."""
    found: dict[object, list[Chain]] = {}
    for chain in chains(events):
        found.setdefault(chain.shape, []).append(chain)
    return "\n\n".join(
        "\n".join(clip(line.rstrip(), width) for line in draw(alike, width))
        for alike in found.values()
    )


def place(event: Event) -> str:
    """Where in the stage; by the library if nowhere."""
    if "line" not in event.fields:
        return "by the library"
    function = event.fields.get("function", "<module>")
    return f"at line {event['line']}" + (f" in {function}" if function != "<module>" else "")


def head(alike: Sequence[Chain]) -> Iterator[str]:
    chain = alike[0]
    what = f", for {chain.generator}" if chain.generator else ""
    yield f"D{chain.number}{what}: made {place(chain.made)}"
    if chain.join:
        members = ", ".join(f"D{number}" for number in chain.join["of"])
        yield f"  joins {members} ({chain.join['by']})"
    for event in chain.cancelled:
        yield f"  cancelled {place(event)}, {event.t:.3f} s"
    for event in chain.fired:
        again = " for the second time" if event.fields.get("again") else ""
        yield f"  fired{again} {place(event)}, {event.t:.3f} s"
    if not chain.fired:
        yield "  never fired"
    if alike[1:]:
        others = ", ".join(f"D{other.number}" for other in alike[1:6])
        yield f"  the same way: {others}{', …' if alike[6:] else ''} ({len(alike) - 1})"


def draw(alike: Sequence[Chain], width: int) -> Iterator[str]:
    chain = alike[0]
    yield from head(alike)
    box = box_width(chain, width)
    if chain.pairs or chain.fired:
        yield GAP.join(centre(name, box) for name in ("callback", "errback"))
    own = [step for step in chain.steps if "line" in step.event.fields]  # the generator's
    for step in own:
        yield from draw_pause(step, 0, box)
    side = column(chain.fired[0]) if chain.fired else 0
    if chain.fired:
        yield in_column(side, shown(chain.fired[0], "value"), box)
    done = 0
    for step in chain.steps:
        if step.event.kind == "ran":
            done = step.event["pair"]
            yield from draw_run(chain.pairs.get(done), step.event, box)
            side = column(step.event)
        elif step not in own:
            yield from draw_pause(step, side, box)
            side = column(step.resumed) if step.resumed else side
    for number, pair in chain.pairs.items():
        if number > done:
            yield from draw_pair(pair, None, box)
    if chain.unhandled:
        yield in_column(1, "UNHANDLED", box)


def draw_run(pair: Event | None, event: Event, width: int) -> Iterator[str]:
    """A pair, the handler of it that ran, and where its result went."""
    side = int(event["side"] == "errback")
    yield from draw_pair(pair, side, width)
    yield draw_way(side, column(event), width)
    yield in_column(column(event), shown(event, "gave"), width)


def column(event: Event) -> int:
    return 1 if event.fields.get("failed") else 0


def shown(event: Event, name: str) -> str:
    return visible(event[name]) + ("*" if event.fields.get("failed") else "")


def box_width(chain: Chain, width: int) -> int:
    """Columns of a box: as its names and values need, in what there is."""
    texts = [name for pair in chain.pairs.values() for name in names(pair)]
    texts += [step.event["gave"] for step in chain.steps if step.event.kind == "ran"]
    texts += [event["value"] for event in chain.fired]
    widest = max((columns(text) for text in texts), default=0) + 4
    return max(NARROWEST, min(widest, WIDEST, (width - len(GAP) - 22) // 2))


def names(pair: Event) -> tuple[str, str]:
    if "joins" in pair.fields:
        return f"tells D{pair['joins']}", f"tells D{pair['joins']}"
    if "resumes" in pair.fields:
        goes_on = f"D{pair['resumes']} goes on"
        return goes_on, goes_on
    return pair["callback"] or "pass on", pair["errback"] or "pass on"


def draw_pair(pair: Event | None, side: int | None, width: int) -> Iterator[str]:
    """The two boxes; of those, what did not run is dotted."""
    texts = names(pair) if pair else ("pass on", "pass on")
    boxes = []
    for each, text in enumerate(texts):
        corner, edge, bar = "+-|" if each == side else "..:"
        border = corner + edge * (width - 2) + corner
        boxes.append([border, f"{bar} {pad(visible(text), width - 4)} {bar}", border])
    rows = [GAP.join(row) for row in zip(*boxes, strict=True)]
    if pair:
        rows[1] += f"   {place(pair).removeprefix('at ')}"
    yield from rows


def draw_pause(step: Step, side: int, width: int) -> Iterator[str]:
    event = step.event
    where = f", line {event['line']}" if "line" in event.fields else ""
    yield in_column(side, f"waits on D{event['on']}", width) + f"   {event.t:.3f} s{where}"
    if step.resumed is None:
        yield in_column(side, "for ever", width)
    elif step.resumed.kind == "enter":
        yield in_column(side, "goes on", width) + f"   {step.resumed.t:.3f} s"
    else:
        yield in_column(side, "goes on with", width) + f"   {step.resumed.t:.3f} s"
        yield in_column(column(step.resumed), shown(step.resumed, "value"), width)


def centre(text: str, width: int) -> str:
    star = "*" if text.endswith("*") else ""
    text = clip(text.removesuffix("*"), width - len(star)) + star
    return pad(" " * ((width - columns(text)) // 2) + text, width)


def in_column(side: int, text: str, width: int) -> str:
    return GAP.join(centre(text if each == side else "", width) for each in (0, 1))


def draw_way(before: int, after: int, width: int) -> str:
    """The line out of a box: straight down, or across to the other column."""
    if before == after:
        return in_column(after, "|", width)
    start = (width - 1) // 2
    return pad(" " * start + "+" + "-" * (width + len(GAP) - 1) + "+", 2 * width + len(GAP))
