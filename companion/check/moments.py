"""What happens in a run, as a list of moments in words without a name of the file's in them.

A Deferred fires, a callback returns, something is raised, a timer goes off at a second, the reactor
runs. Two programs that do the same have the same moments, whatever their words.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from companion.event import (
    Cancelled,
    Deferred,
    Enter,
    Event,
    Fired,
    Join,
    Leave,
    Pair,
    Paused,
    Placed,
    Print,
    Ran,
    Reactor,
    Runs,
    Timer,
    TimerFired,
    Wait,
)
from companion.tutorial.stages import Stage
from companion.virtual.run import Run

# A frame, in a stack or as a Failure has it; a line of Twisted's log.
FRAME = re.compile(r'\s*File ".*", line \d+|\S+\.py:\d+:\S+$')
LOG_LINE = re.compile(r"\d{4}-\d\d-\d\d \S+ \[.*?\] ")
BEGINS = "Traceback (most recent call last)"
PRINTED, LOGGED, STACK = "something is printed", "a line is logged", "a stack is printed"
NO_FRAMES = "a Failure without frames is printed"
RUNS, RETURNS = "the reactor runs", "the reactor returns"
GOES_OFF = "a timer goes off"
GIVES = "a generator returns a result"
GENERATOR_PRINTS, GENERATOR_ENDS = "a generator prints something", "a generator comes to its end"
YIELDS, SLEEPS = "a generator yields", "it sleeps, and all waits"
BESIDE = "a generator begins while another waits"
LISTS = 18  # the part that teaches to wait for several Deferreds as one
AS_WITH_A_RESULT = {
    "a Deferred fires with a failure": "a Deferred fires with a result",
    "an errback returns": "a callback returns",
}
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
    """A word with its article."""
    return f"an {word}" if word[0] in "aeiou" else f"a {word}"


def line_of(text: str) -> str:
    """What a line that is printed is; "" for an empty one."""
    if not text.strip():
        return ""
    if "failure with no frames" in text:
        return NO_FRAMES
    if FRAME.match(text):
        return STACK
    return LOGGED if LOG_LINE.match(text) else PRINTED


def moment_of(event: Event) -> str:
    """One moment; "" for what may differ."""
    match event:
        case Print():
            return line_of(event.text)
        case Wait(by="reactor") if event.call != "epoll":
            return f"the reactor waits in {event.call}"
        case Wait(by="stage", call="sleep"):
            return SLEEPS
        case Reactor():
            return f"the reactor {event.does}"
        case TimerFired():
            return f"a timer goes off at {event.t:.1f} s"
        case Fired():
            with_what = "a failure" if event.failed else "a result"
            if event.failed and event.value == "str()":
                with_what = "a text in the place of a failure"
            return f"a Deferred fires with {with_what}{', a second time' if event.again else ''}"
        case Ran() if event.how != "passed":
            return f"{a(event.side)} {'fails' if event.failed else 'returns'}"
        case Cancelled():
            return f"a Deferred {'that waits on another ' if event.called else ''}is cancelled"
        case Paused(line=None):  # a generator's has one, and it yields
            return "a Deferred waits on another"
        case Enter() if event.thread:
            return "a function runs in another thread"
        case Leave(how="yielded"):
            return YIELDS
        case Leave(how="raised"):
            return "an exception is raised"
    return OTHERS.get(event.kind, "")


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
        self.driven: set[int] = set()  # the Deferreds of generators
        self.waits: dict[int, int] = {}  # of those, what each waits on
        self.in_traceback = self.at_head = False

    def take(self, event: Event, after: Event | None) -> None:
        """One event; `after` is the next."""
        if isinstance(event, Enter):
            self.calls.append((event.call, event.function))
        elif isinstance(event, Leave):
            self.calls = [one for one in self.calls if one[0] != event.call]
        elif isinstance(event, Fired):
            self.fired.add(event.deferred)
        elif isinstance(event, Pair) and event.extra:
            self.library.add((event.deferred, event.pair))
        elif isinstance(event, Deferred) and event.generator:
            self.driven.add(event.deferred)
        elif isinstance(event, Paused) and event.line:
            self.waits[event.deferred] = event.on
        if isinstance(event, Enter) and event.resumed and event.deferred:
            self.waits.pop(event.deferred, None)
        text = self.text_of(event, after)
        if text and not (self.found and self.found[-1].text == text):
            self.found.append(Moment(text, event, self.calls[-1][0]))

    def text_of(self, event: Event, after: Event | None) -> str:
        text = moment_of(event)
        if isinstance(event, Ran) and (event.deferred, event.pair) in self.library:
            return ""
        if isinstance(event, TimerFired) and self.own_pace:
            return GOES_OFF
        if isinstance(event, Enter) and event.deferred and not event.resumed:
            # One that waits on a generator has perhaps called this one in it.
            beside = any(on not in self.driven for on in self.waits.values())
            return BESIDE if beside else text
        if isinstance(event, Leave) and event.function in self.generators and gives(event):
            return GIVES
        if isinstance(event, Leave) and event.how == "returned" and self.plain:
            # Behind the last line of the file it is Python that closes it.
            ends = event.function in self.generators and len(self.calls) > 1
            return GENERATOR_ENDS if ends else text
        if isinstance(event, Pair) and event.by == "stage" and event.deferred in self.fired:
            at_once = isinstance(after, Runs)
            return f"a pair is added late, and {'runs at once' if at_once else 'waits'}"
        if isinstance(event, Leave) and text == YIELDS and self.many:
            number = self.generators.index(event.function) + 1
            return f"generator {number} yields" if number > 1 else text
        return self.printed(event, text, after) if isinstance(event, Print) else text

    def printed(self, event: Print, text: str, after: Event | None) -> str:
        """A line as a moment; a traceback has frames alone, and the code of a frame has none."""
        line = event.text
        within, at_head = self.in_traceback, self.at_head
        self.at_head = BEGINS in line
        self.in_traceback = self.at_head or (within and line[:1].isspace())
        if at_head and not line[:1].isspace():
            return NO_FRAMES
        head = isinstance(after, Print) and BEGINS in after.text
        code = self.found and self.found[-1].text == STACK and line[:4] == "    "
        if text == PRINTED and (within or self.in_traceback or head or code):
            return ""
        names = {event.function, *(name for _, name in self.calls)}
        if text == PRINTED and self.plain and names & set(self.generators):
            return GENERATOR_PRINTS
        return text


def gives(event: Leave) -> bool:
    """Whether a generator ends with a result, also by returnValue, which is raised."""
    returns = event.how == "returned" and event.value != "None"
    return returns or (event.how == "raised" and "_DefGen_Return" in event.value)


def is_deferred(event: Event) -> bool:
    """Whether what a generator yields is a Deferred."""
    return isinstance(event, Leave) and bool(re.match(r"D\d", event.value))


def begins_before(run: Run) -> bool:
    """Whether a LoopingCall, or a coroutine, has its first turn before the reactor runs."""
    called = set()
    for event in run.events:
        if isinstance(event, Reactor):
            return False
        if isinstance(event, Enter) and event.by == "library":
            called.add(event.function)
        if isinstance(event, Deferred) and event.generator:
            return True
        if isinstance(event, Timer) and event.calls in called:
            return True
    return False


def is_plain(run: Run) -> bool:
    """Whether neither a reactor nor a Deferred is in it."""
    return not any(isinstance(event, Deferred | Reactor) for event in run.events)


def generators_of(run: Run) -> list[str]:
    """The names of the generators that yield, as they come."""
    names = (event.function for event in run.of(Leave) if event.how == "yielded")
    return list(dict.fromkeys(names))


def moments(run: Run, own_pace: bool = False, many: bool = True) -> list[Moment]:
    """What happens; of moments alike, one after the other, the first. With its `own_pace`, timers
    have no seconds; with `many`, generators are kept apart."""
    reader = Reader(run, own_pace, many)
    for event, after in zip(run.events, (*run.events[1:], None), strict=True):
        reader.take(event, after)
    return reader.found


def asked(
    run: Run, found: Sequence[Moment], stage: Stage, coroutines: bool = False
) -> Iterator[str]:
    """The moments of a stage's own run that another program must have, too; one with `coroutines`
    awaits Deferreds alone, and so no plain value.

    What a stage only announces is not: a line is asked for where it is all that a function does, or
    where no reactor and no Deferred shows what happens; none after the reactor's end. Nor is the
    moment at which a timer stops the reactor. An exception is raised where none of the stage's own
    functions takes it.
    """
    calls = {event.call: event for event in run.of(Enter)}
    ends = {event.call: event for event in run.of(Leave)}
    stops = {e.timer for e in run.of(Timer) if e.calls.endswith(".stop")}
    plain = is_plain(run)
    shown = (STACK, SLEEPS) if plain else {one.text for one in found} - {PRINTED}
    busy = {one.call for one in found if one.text in shown}
    texts = [one.text for one in found]
    returned = texts.index(RETURNS) if RETURNS in texts else len(texts)
    last = max((at for at, one in enumerate(found) if one.text == PRINTED), default=-1)

    def announced(at: int, one: Moment) -> bool:
        if one.call in busy or at > returned:
            return True
        by, end = (calls[one.call].by if one.call else "start"), ends.get(one.call)
        gives = end is not None and (end.value != "None" or end.how == "raised")
        if plain:  # which says that it is done
            is_one_of_many = texts.count(PRINTED) > 1 or GENERATOR_ENDS in texts[:at]
            return is_one_of_many and at == last and by == "start"
        return by == "start" or (gives and at != last)

    once = set()
    for at, one in enumerate(found):
        if one.text in (STACK, SLEEPS) and one.text in once:
            continue
        if one.text == PRINTED and announced(at, one):
            continue
        match one.event:
            case Leave(how="raised", call=call) if calls[call].by == "stage":
                continue
        if coroutines and one.text == YIELDS and not is_deferred(one.event):
            continue
        if isinstance(one.event, Join) and stage.part < LISTS:
            continue
        if isinstance(one.event, TimerFired) and one.event.timer in stops:
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


def lack(run: Run, real: Run, stage: Stage, coroutines: bool = False) -> Lack | None:
    """The first moment of the stage's own run that another lacks, all in their order; a stage that
    has its own pace may have them in any. The other may be written with `coroutines`."""
    own_pace = "own-pace" in stage.traits
    many = min(len(generators_of(run)), len(generators_of(real))) > 1
    wanted = list(asked(real, moments(real, own_pace, many), stage, coroutines))
    seen = [one.text for one in moments(run, own_pace, many)]
    if LOGGED not in wanted:  # what it prints may go to its log
        seen = [PRINTED if text == LOGGED else text for text in seen]
    if "either" in stage.traits:
        seen = [AS_WITH_A_RESULT.get(text, text) for text in seen]
    if GIVES not in wanted:  # what it returns is its own
        seen = [text for text in seen if text != GIVES]
    if RUNS in seen and begins_before(run):  # what that prints is the first that the loop has
        seen.insert(seen.index(RUNS) + 1, PRINTED)
    if own_pace:
        later = seen[seen.index(GOES_OFF) :] if GOES_OFF in seen else []  # whose stack is asked for
        there = {**dict.fromkeys(wanted, seen), STACK: later}
        moment = next((moment for moment in wanted if moment not in there[moment]), "")
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


def line_instead(run: Run, found: Lack) -> int:
    """The line of what came in the place of a moment of the same sort; 0 where there is none."""
    if found.instead.split()[:2] != found.moment.split()[:2]:
        return 0
    event = next((one.event for one in moments(run) if one.text == found.instead), None)
    lines: dict[object, int | None] = {}
    if isinstance(event, TimerFired):
        lines = {event.timer: event.line for event in run.of(Timer)}
        return lines.get(event.timer) or 0
    if isinstance(event, Ran):
        lines = {(pair.deferred, pair.pair): pair.line for pair in run.of(Pair)}
        return lines.get((event.deferred, event.pair)) or 0
    return event.line or 0 if isinstance(event, Placed) else 0
