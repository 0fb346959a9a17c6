"""Deferreds as text: the chain of each, and the way that its result took through the pairs.

Drawn in the manner of the Deferred simulator: callbacks left, errbacks right, what did not run is
dotted, and a failure has an asterisk.
"""

from collections.abc import Iterator, Sequence

from companion.event import Cancelled, Event, Fired, Pair, Ran, Resumed
from companion.render.terminal import PIPE, Screen
from companion.render.text import columns, pad, visible
from companion.trace.chains import Chain, Pause
from companion.trace.trace import Trace
from companion.trace.words import deferreds_text, line_text, names_text, place_text, say

GAP = "   "
NARROWEST, WIDEST = 14, 30  # columns of a box
# What a box is drawn with that ran, and one that did not: corners, edge and bar.
BOXES = ("┌", "─", "┐", "│", "└", "┘"), ("┌", "┄", "┐", "┆", "└", "┘")
ASCII = ("+", "-", "+", "|", "+", "+"), (".", ".", ".", ":", ".", ".")


def ladder_text(trace: Trace, screen: Screen = PIPE) -> str:
    """Every Deferred of a trace; those that went the same way are drawn once. Of two programs,
    each has its own, under its name."""
    drawn: list[str] = []
    for program in trace.programs:
        if program.chains and not trace.name:
            drawn.append(screen.line((program.name, "bold")))
        drawn += [
            "\n".join(screen.line((line, "")) for line in Ladder(alike, screen).draw())
            for alike in program.chains
        ]
    return "\n\n".join(drawn)


def made_text(chain: Chain, lang: str) -> str:
    """Which Deferred it is, and where it was made."""
    made = place_text(chain.made, lang)
    if chain.generator:
        return say(lang, "for", chain.number, chain.generator, made)
    return say(lang, "chain", chain.number, made)


def same_text(alike: Sequence[Chain], lang: str) -> str:
    """Those that went the same way as the first, and how many they are; empty if none."""
    if not alike[1:]:
        return ""
    others = deferreds_text([other.number for other in alike[1:6]], lang)
    others += say(lang, "and") + "…" if alike[6:] else ""
    return say(lang, "same", others, len(alike) - 1)


def join_text(chain: Chain, lang: str) -> str:
    """What a list waits for."""
    assert chain.join is not None
    return say(lang, "joins", deferreds_text(chain.join.of, lang), by=chain.join.by)


def cancel_text(event: Cancelled, lang: str) -> str:
    """Where and when a Deferred was cancelled."""
    return say(lang, "cancelled at", place_text(event, lang), event.t)


def canceller_text(chain: Chain, lang: str) -> str:
    """The function of the stage that its cancel calls."""
    assert chain.canceller is not None
    return say(lang, "canceller", chain.canceller.function, chain.canceller.line)


def column(event: Event) -> int:
    """Where the result goes on: 0 among the callbacks, 1 among the errbacks."""
    return int(getattr(event, "failed", False))


def shown(event: Fired | Ran | Resumed) -> str:
    """The result, with an asterisk where it is a failure."""
    value = event.gave if isinstance(event, Ran) else event.value
    return visible(value) + ("*" if event.failed else "")


class Ladder:
    """One Deferred, and those like it, as lines of text; `width` columns are a box's."""

    def __init__(self, alike: Sequence[Chain], screen: Screen) -> None:
        self.alike, self.screen, self.lang = alike, screen, (lang := screen.lang)
        self.boxes = BOXES if screen.boxes else ASCII
        columns_there = screen.columns or 80
        self.chain = chain = alike[0]
        texts = [n for pair in chain.pairs.values() for n in names_text(pair, lang)]
        texts += [step.gave for step in chain.steps if isinstance(step, Ran)]
        texts += [event.value for event in chain.fired]
        widest = max((columns(text) for text in texts), default=0) + 4
        most = (columns_there - len(GAP) - 22) // 2
        self.width = max(NARROWEST, min(widest, WIDEST, most))
        self.room = columns_there - 2 * (self.width + len(GAP))  # for a note beside the boxes

    def head(self) -> Iterator[str]:
        chain, lang = self.chain, self.lang
        yield made_text(chain, lang)
        if chain.join:
            yield f"  {join_text(chain, lang)}"
        for cancelled in chain.cancelled:
            yield f"  {cancel_text(cancelled, lang)}"
        if chain.canceller:
            yield f"  {canceller_text(chain, lang)}"
        for event in chain.fired:
            text = "fired again" if event.again else "fired at"
            yield f"  {say(lang, text, place_text(event, lang), event.t)}"
        if not chain.fired:
            yield f"  {say(lang, 'never')}"
        if same := same_text(self.alike, lang):
            yield f"  {same}"

    def draw(self) -> Iterator[str]:
        chain, lang = self.chain, self.lang
        yield from self.head()
        if chain.pairs or chain.fired:
            names = say(lang, "callback"), say(lang, "errback")
            yield GAP.join(centre(name, self.width) for name in names)
        for pause in chain.yields:
            yield from self.draw_pause(pause, 0)
        side = column(chain.fired[0]) if chain.fired else 0
        if chain.fired:
            yield self.in_column(side, shown(chain.fired[0]))
        done = 0
        for step in chain.way:
            if isinstance(step, Ran):
                done, side = step.pair, column(step)
                yield from self.draw_run(chain.pairs.get(done), step)
            else:
                yield from self.draw_pause(step, side)
                side = column(step.resumed) if step.resumed else side
        for number, pair in chain.pairs.items():
            if number > done:
                yield from self.draw_pair(pair, None)
        if chain.unhandled:
            yield self.in_column(1, say(lang, "UNHANDLED"))

    def draw_run(self, pair: Pair | None, event: Ran) -> Iterator[str]:
        """A pair, the handler of it that ran, and where its result went."""
        side = int(event.side == "errback")
        yield from self.draw_pair(pair, side)
        yield self.draw_way(side, column(event))
        yield self.in_column(column(event), shown(event))

    def draw_pair(self, pair: Pair | None, side: int | None) -> Iterator[str]:
        """The two boxes; of those, what did not run is dotted."""
        width = self.width
        boxes = []
        for each, text in enumerate(names_text(pair, self.lang)):
            left, edge, right, bar, below, last = self.boxes[0 if each == side else 1]
            name = pad(self.screen.fit(visible(text), width - 4), width - 4)
            top, bottom = left + edge * (width - 2) + right, below + edge * (width - 2) + last
            boxes.append([top, f"{bar} {name} {bar}", bottom])
        rows = [GAP.join(row) for row in zip(*boxes, strict=True)]
        if pair:
            rows[1] += f"   {self.note(pair)}"
        yield from rows

    def note(self, pair: Pair) -> str:
        """The line where a pair was added, with its function where there is room for it."""
        note = line_text(pair, self.lang)
        if pair.line and columns(note) > self.room:
            return say(self.lang, "line", pair.line)
        return note

    def draw_pause(self, step: Pause, side: int) -> Iterator[str]:
        event, lang = step.event, self.lang
        at = say(lang, "seconds", event.t)
        if event.line:
            at = say(lang, "moment", event.t, event.line)
        yield self.in_column(side, say(lang, "wait", event.on)) + f"   {at}"
        if step.resumed is None:
            yield self.in_column(side, say(lang, "ever"))
            return
        resumed = say(lang, "seconds", step.resumed.t)
        if isinstance(step.resumed, Resumed):
            yield self.in_column(side, say(lang, "on with")) + f"   {resumed}"
            yield self.in_column(column(step.resumed), shown(step.resumed))
        else:
            yield self.in_column(side, say(lang, "on")) + f"   {resumed}"

    def in_column(self, side: int, text: str) -> str:
        star = "*" if text.endswith("*") else ""
        text = self.screen.fit(text.removesuffix("*"), self.width - len(star)) + star
        return GAP.join(centre(text if each == side else "", self.width) for each in (0, 1))

    def draw_way(self, before: int, after: int) -> str:
        """The line out of a box: straight down, or across to the other column."""
        left, across, right, down, below, last = self.boxes[0]
        if before == after:
            return self.in_column(after, down)
        start, end = (below, right) if after else (left, last)
        way = " " * ((self.width - 1) // 2) + start + across * (self.width + len(GAP) - 1) + end
        return pad(way, 2 * self.width + len(GAP))


def centre(text: str, width: int) -> str:
    """A text in the middle of so many columns."""
    return pad(" " * ((width - columns(text)) // 2) + text, width)
