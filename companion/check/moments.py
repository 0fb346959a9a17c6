"""What happens in a run, as a list of moments in words without a name of the file's in them.

A Deferred fires, a callback returns, something is raised, a timer goes off at a second, the reactor
runs. Two programs that do the same have the same moments, whatever their words.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from companion.event import Event
from companion.tutorial.stages import Stage
from companion.virtual.run import Run

# A frame, in a stack or as a Failure has it; a line of Twisted's log.
FRAME = re.compile(r'\s*File ".*", line \d+|\S+\.py:\d+:\S+$')
LOG_LINE = re.compile(r"\d{4}-\d\d-\d\d \S+ \[.*?\] ")
BEGINS = "Traceback (most recent call last)"
PRINTED, LOGGED, STACK = "something is printed", "a line is logged", "a stack is printed"
RETURNS = "the reactor returns"
GENERATOR_PRINTS = "a generator prints something"
YIELDS, SLEEPS = "a generator yields", "it sleeps, and all waits"
LISTS = 18  # the part that teaches to wait for several Deferreds as one
OTHERS = {
    "unhandled": "a failure is forgotten without being handled",
    "join": "a Deferred waits for several",
    "timer_cancelled": "a timer is cancelled",
}


@dataclass(frozen=True)
class Moment:
    """What happens, the event that says so, and in which call of the file's own: 0 for none."""

    text: str
    event: Event
    call: int = 0


def a(word: str) -> str:
    return f"an {word}" if word[0] in "aeiou" else f"a {word}"


def line_of(text: str) -> str:
    """What a line that is printed is; "" for an empty one."""
    if not text.strip():
        return ""
    if "failure with no frames" in text:
        return "a Failure without frames is printed"
    if FRAME.match(text):
        return STACK
    return LOGGED if LOG_LINE.match(text) else PRINTED


def moment_of(event: Event) -> str:
    """One moment; "" for what may differ."""
    kind, fields = event.kind, event.fields
    if kind == "print":
        return line_of(fields["text"])
    if kind == "wait" and fields.get("by") == "reactor" and fields["call"] != "epoll":
        return f"the reactor waits in {fields['call']}"
    if kind == "wait" and fields["call"] == "sleep" and fields.get("by") == "stage":
        return SLEEPS
    if kind == "reactor":
        return f"the reactor {fields['does']}"
    if kind == "timer_fired":
        return f"a timer goes off at {event.t:.1f} s"
    if kind == "fired":
        with_what = "a failure" if fields.get("failed") else "a result"
        if fields.get("failed") and fields["value"] == "str()":
            with_what = "a text in the place of a failure"
        again = ", a second time" if fields.get("again") else ""
        return f"a Deferred fires with {with_what}{again}"
    if kind == "ran" and fields.get("how") != "passed":
        gave = "fails" if fields.get("failed") else "returns"
        return f"{a(fields['side'])} {gave}"
    if kind == "cancelled":
        return f"a Deferred {'that waits on another ' if fields.get('called') else ''}is cancelled"
    if kind == "paused" and "line" not in fields:  # a generator's has one, and it yields
        return "a Deferred waits on another"
    if kind == "enter" and fields.get("thread"):
        return "a function runs in another thread"
    if kind == "leave" and fields["how"] == "yielded":
        return YIELDS
    if kind == "leave" and fields["how"] == "raised":
        return "an exception is raised"
    return OTHERS.get(kind, "")


class Reader:
    """What is remembered from one event to the next while a run is read as moments."""

    def __init__(self, run: Run, own_pace: bool, many: bool) -> None:
        self.own_pace, self.many = own_pace, many
        self.generators = generators_of(run)
        self.plain = is_plain(run)
        self.found: list[Moment] = []
        self.calls = [(0, "")]
        self.fired: set[int] = set()
        self.library: set[tuple[int, int]] = set()  # pairs that the library has added for itself
        self.in_traceback = False

    def take(self, event: Event, after: Event | None) -> None:
        """One event; `after` is the next."""
        if event.kind == "enter":
            self.calls.append((event["call"], event["function"]))
        elif event.kind == "leave":
            self.calls = [one for one in self.calls if one[0] != event["call"]]
        elif event.kind == "fired":
            self.fired.add(event["deferred"])
        elif event.kind == "pair" and event.fields.get("extra"):
            self.library.add((event["deferred"], event["pair"]))
        text = self.text_of(event, after)
        if text and not (self.found and self.found[-1].text == text):
            self.found.append(Moment(text, event, self.calls[-1][0]))

    def text_of(self, event: Event, after: Event | None) -> str:
        text = moment_of(event)
        if event.kind == "ran" and (event["deferred"], event["pair"]) in self.library:
            return ""
        if event.kind == "timer_fired" and self.own_pace:
            return "a timer goes off"
        if event.kind == "pair" and event["by"] == "stage" and event["deferred"] in self.fired:
            at_once = after is not None and after.kind == "runs"
            return f"a pair is added late, and {'runs at once' if at_once else 'waits'}"
        if text == YIELDS and self.many and event["function"] in self.generators[1:]:
            return f"generator {self.generators.index(event['function']) + 1} yields"
        return self.printed(event, text, after) if event.kind == "print" else text

    def printed(self, event: Event, text: str, after: Event | None) -> str:
        """A line as a moment; a traceback has frames alone, and the code of a frame has none."""
        line = event["text"]
        within = self.in_traceback
        self.in_traceback = BEGINS in line or (within and line[:1].isspace())
        head = after is not None and after.kind == "print" and BEGINS in after["text"]
        code = self.found and self.found[-1].text == STACK and line[:4] == "    "
        if text == PRINTED and (within or self.in_traceback or head or code):
            return ""
        names = {event.fields.get("function"), *(name for _, name in self.calls)}
        if text == PRINTED and self.plain and names & set(self.generators):
            return GENERATOR_PRINTS
        return text


def is_plain(run: Run) -> bool:
    """Whether neither a reactor nor a Deferred is in it."""
    return not any(event.kind in ("deferred", "reactor") for event in run.events)


def generators_of(run: Run) -> list[str]:
    """The names of the generators that yield, as they come."""
    names = (event["function"] for event in run.events if moment_of(event) == YIELDS)
    return list(dict.fromkeys(names))


def moments(run: Run, own_pace: bool = False, many: bool = True) -> list[Moment]:
    """What happens; of moments alike, one after the other, the first. With its `own_pace`, timers
    have no seconds; with `many`, generators are kept apart."""
    reader = Reader(run, own_pace, many)
    for event, after in zip(run.events, (*run.events[1:], None), strict=True):
        reader.take(event, after)
    return reader.found


def asked(run: Run, found: Sequence[Moment], stage: Stage) -> Iterator[str]:
    """The moments of a stage's own run that another program must have, too.

    What a stage only announces is not: a line is asked for where it is all that a function does, or
    where no reactor and no Deferred shows what happens; none after the reactor's end. Nor is the
    moment at which a timer stops the reactor. An exception is raised where none of the stage's own
    functions takes it.
    """
    calls = {event["call"]: event for event in run.events if event.kind == "enter"}
    ends = {event["call"]: event for event in run.events if event.kind == "leave"}
    stops = {e["timer"] for e in run.events if e.kind == "timer" and e["calls"].endswith(".stop")}
    plain = is_plain(run)
    shown = (STACK, SLEEPS) if plain else {one.text for one in found} - {PRINTED}
    busy = {one.call for one in found if one.text in shown}
    texts = [one.text for one in found]
    returned = texts.index(RETURNS) if RETURNS in texts else len(texts)
    last = max((at for at, one in enumerate(found) if one.text == PRINTED), default=-1)

    def announced(at: int, one: Moment) -> bool:
        if one.call in busy or at > returned:
            return True
        by, end = (calls[one.call]["by"] if one.call else "start"), ends.get(one.call)
        gives = end is not None and (end["value"] != "None" or end["how"] == "raised")
        if plain:  # which says that it is done
            return texts.count(PRINTED) > 1 and at == last and by == "start"
        return by == "start" or (gives and at != last)

    once = set()
    for at, one in enumerate(found):
        raised = one.event.kind == "leave" and one.event["how"] == "raised"
        if one.text in (STACK, SLEEPS) and one.text in once:
            continue
        if one.text == PRINTED and announced(at, one):
            continue
        if raised and calls[one.event["call"]]["by"] == "stage":
            continue
        if one.event.kind == "join" and stage.part < LISTS:
            continue
        if one.event.kind == "timer_fired" and one.event["timer"] in stops:
            continue
        once.add(one.text)
        yield one.text


@dataclass(frozen=True)
class Lack:
    """A moment that is asked for and did not come: what came before it, and in its place."""

    moment: str
    before: str
    instead: str
    late: bool = False  # it comes, but not in the stage's order


def lack(run: Run, real: Run, stage: Stage) -> Lack | None:
    """The first moment of the stage's own run that another lacks, all in their order; a stage that
    has its own pace may have them in any."""
    own_pace = "own-pace" in stage.traits
    many = min(len(generators_of(run)), len(generators_of(real))) > 1
    wanted = list(asked(real, moments(real, own_pace, many), stage))
    seen = [one.text for one in moments(run, own_pace, many)]
    if LOGGED not in wanted:  # what it prints may go to its log
        seen = [PRINTED if text == LOGGED else text for text in seen]
    if own_pace:
        moment = next((moment for moment in wanted if moment not in seen), "")
        return Lack(moment, "", "nothing like it") if moment else None
    at = after = 0
    while at < len(wanted) and wanted[at] in seen[after:]:
        after = seen.index(wanted[at], after) + 1
        at += 1
    if at == len(wanted):
        return None
    instead = seen[after] if after < len(seen) else "nothing more"
    found = rarer(wanted, seen)
    at = at if found is None else found
    return Lack(wanted[at], wanted[at - 1] if at else "", instead, late=found is None)


def rarer(wanted: Sequence[str], seen: Sequence[str]) -> int | None:
    """The place of the first moment that is wanted more often than it was seen; of a line that is
    printed only where there is no other."""
    there = Counter(seen)
    found: list[int] = []
    for at, moment in enumerate(wanted):
        there[moment] -= 1
        if there[moment] < 0:
            found.append(at)
    return min(found, key=lambda at: (wanted[at] == PRINTED, at), default=None)
