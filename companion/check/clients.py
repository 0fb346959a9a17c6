"""What a client must do: the checks of a learner's own client.

A check asks for no more than the stage of the map has: where a flaw is taught, it is left out.
"""

import re
from itertools import pairwise
from typing import Any

from companion.check.subject import Check, Subject, interrupted, short, usage
from companion.peers import script
from companion.peers.script import CLOSE, Script
from companion.tutorial.poems import find_poem
from companion.virtual.run import VirtualRun

# Stages that count the bytes of poems and print none; that do not stand a failure; that trust
# every end of a connection; whose engine works by chance; that need a transform server.
COUNTING = frozenset(
    ("blocking-client", "async-client", "client-1.0", "client-1.0-broken", "client-2.0")
)
CRASHING = frozenset(("client-1.0", "client-1.0-broken", "client-3.0"))
TRUSTING = CRASHING | {"client-2.0", "client-2.1"}
CHANCE = frozenset(("client-5.0", "client-5.1"))
TRANSFORMING = frozenset(("client-6.0", "client-7.0", "client-8.0"))

FIRST_POEM = b"A Poem That Is There At Once\n"
FIRST = script.fast(FIRST_POEM)
BEFORE = b"The First Poem Comes at Once.\n"
AFTER = b"The Last One Takes Its Time, as Poems Do.\n"
GOOD = script.fast(BEFORE), script.slow(AFTER, 14, 0.5)
HALF = b"Only half of this"
TRANSFORM = script.transform()
REFUSED, UNKNOWN = script.refused(), script.unknown_name()
RESET = script.reset_at(HALF * 2, len(HALF))
NOT_UTF_8 = script.fast("Un café".encode("latin-1"))
LINES = b"v" * 70, b"w" * 300, b"x" * 180
TIMED = tuple(script.slow(line, 10, 0.1) for line in LINES)
SPLIT = [find_poem(name).text[:60].encode() for name in ("spring", "loved", "cupbearer")]
PIECES = tuple(script.slow(poem, 7, 0.02) for poem in SPLIT)


def fetch(
    subject: Subject,
    *servers: Script,
    transform: Script = TRANSFORM,
    luck: int = -1,
    **more: Any,
) -> VirtualRun:
    """Run a client over these servers; by chance, where there is chance, it does what it should."""
    if subject.stage.id in CHANCE:
        more["choices"] = (lucky(subject) if luck < 0 else luck,)
    if subject.stage.id in TRANSFORMING:
        servers = (transform, *servers)
    return subject.run(servers, **more)


def lucky(subject: Subject) -> int:
    """Which outcome of random.choice lets the engine of client 5 succeed."""
    runs = (fetch(subject, FIRST, luck=luck) for luck in range(3))
    return next((luck for luck, run in enumerate(runs) if "at once\n" in run.stdout), 0)


def arrived(subject: Subject, run: VirtualRun, *poems: bytes, lower: bool = True) -> None:
    """Raises Unmet where a poem is not in the output: its text, or its size in an early client."""
    for number, poem in enumerate(poems, 1):
        text = poem.decode()
        if lower and subject.stage.part >= 10:
            text = text.lower()
        if subject.stage.id in COUNTING:
            expected = f"the size of poem {number}, {len(poem)} bytes, in the output"
            found = text in run.stdout or re.search(rf"\b{len(poem)}\b", run.stdout)
            subject.expect(found, expected, run)
            continue
        begun = next(end for end in range(len(text), -1, -1) if text[:end] in run.stdout)
        seen = f"its first {begun} characters are there" if 0 < begun < len(text) else ""
        seen = seen or (f"it is there {run.stdout.count(text)} times" if begun else "")
        seen = "" if subject.crash(run) else seen
        expected = f"{short(repr(text), 40)} in the output, to the last character and once"
        subject.expect(run.stdout.count(text) == 1, expected, run, seen)


def client_ends(subject: Subject) -> None:
    run = fetch(subject, FIRST)
    arrived(subject, run, FIRST_POEM)
    subject.expect((run.how, run.status) == ("exit", 0), "an end, with status 0", run)


def client_split(subject: Subject) -> None:
    arrived(subject, fetch(subject, *PIECES), *SPLIT)


def client_time(subject: Subject, seconds: float) -> None:
    run = fetch(subject, *TIMED)
    expected = f"poems that take 0.7, 3.0 and 1.8 s, all in {seconds} s"
    in_time = run.how == "exit" and abs(run.seconds - seconds) < 0.15
    seen = f"it took {run.seconds:.1f} s" if run.how == "exit" and not subject.crash(run) else ""
    subject.expect(in_time, expected, run, seen)
    arrived(subject, run, *LINES)


def client_adds(subject: Subject) -> None:
    client_time(subject, 5.5)


def client_longest(subject: Subject) -> None:
    client_time(subject, 3.0)


def client_turns(subject: Subject) -> None:
    run = fetch(subject, *TIMED)
    lanes = [event["lane"] for event in run.events if event.kind == "read"]
    changes = sum(one != other for one, other in pairwise(lanes))
    expected = "three poems read by turns, as their pieces come"
    seen = f"it changed from one poem to another {changes} times" if changes else ""
    subject.expect(changes >= 10, expected, run, seen)


def client_refused(subject: Subject) -> None:
    client_fault(subject, REFUSED)


def client_unknown(subject: Subject) -> None:
    client_fault(subject, UNKNOWN)


def client_reset(subject: Subject) -> None:
    client_fault(subject, RESET)


def client_not_utf_8(subject: Subject) -> None:
    client_fault(subject, NOT_UTF_8)


def client_fault(subject: Subject, fault: Script) -> None:
    run = fetch(subject, GOOD[0], fault, GOOD[1])
    subject.expect(run.how == "exit" and not subject.crash(run), "a line on what failed", run)
    arrived(subject, run, BEFORE, AFTER)
    subject.expect(run.stderr.strip(), "a line on standard error that says what failed", run)
    whole(subject, run)


def whole(subject: Subject, run: VirtualRun) -> None:
    """Raises Unmet where a poem that has not come to its end is shown."""
    shown = HALF.decode().lower() in run.stdout.lower() and subject.stage.id not in COUNTING
    subject.expect(not shown, "no poem but the whole ones", run, "half a poem is shown as if whole")


def client_status(subject: Subject) -> None:
    run = fetch(subject, FIRST)
    subject.expect(run.status == 0, "status 0 where all poems have come", run)
    run = fetch(subject, GOOD[0], REFUSED, GOOD[1])
    told = run.how == "exit" and run.status != 0
    subject.expect(told, "an end with a status other than 0 where a poem is missing", run)


def client_interrupted(subject: Subject) -> None:
    half = script.schedule((0.5, HALF))
    run = fetch(subject, GOOD[0], half, signals=((1.0, "SIGINT"),))
    whole(subject, run)
    interrupted(subject, run, 1.0)


def client_usage(subject: Subject) -> None:
    usage(subject, (), ("10000", "99999"))


def client_chance(subject: Subject) -> None:
    poem = FIRST_POEM.decode()
    runs = [fetch(subject, FIRST, luck=luck) for luck in range(3)]
    lower = any(poem.lower() in run.stdout for run in runs)
    as_it_was = any(poem in run.stdout and run.status == 0 for run in runs)
    none = [run for run in runs if poem.lower() not in run.stdout.lower() and run.status]
    given_up = any(run.stderr and not subject.crash(run) for run in none)
    happened = "no outcome of random.choice has done that"
    subject.expect(lower, "by chance, the poem in lower case", runs[0], happened)
    subject.expect(as_it_was, "by chance, the poem as it was", runs[0], happened)
    expected = "by chance, no poem but a line on standard error, and status 1"
    subject.expect(given_up, expected, runs[0], happened)


def client_alone(subject: Subject) -> None:
    for transform in (REFUSED, script.answering((1.0, CLOSE))):
        run = fetch(subject, FIRST, transform=transform)
        arrived(subject, run, FIRST_POEM, lower=False)
        subject.expect((run.how, run.status) == ("exit", 0), "an end, with status 0", run)


CHECKS = (
    Check(
        "client-ends",
        "a poem arrives, and the client ends",
        2,
        "when the last poem is there, something has to stop the loop or the reactor",
        client_ends,
    ),
    Check(
        "client-split",
        "poems in three scripts arrive to the byte, wherever they are split",
        5,
        "keep bytes until the poem is whole, then decode once: a piece may end inside a character",
        client_split,
    ),
    Check(
        "client-adds",
        "the waits for the poems add up",
        2,
        "one poem after another is what blocking means",
        client_adds,
        only=frozenset(("blocking-client",)),
    ),
    Check(
        "client-longest",
        "the longest wait is the whole wait",
        2,
        "start every download before you wait for any",
        client_longest,
        without=frozenset(("blocking-client",)),
    ),
    Check(
        "client-turns",
        "pieces are read in turn, as they come",
        4,
        "a read must never wait: take what is there and go back to the loop",
        client_turns,
        without=frozenset(("blocking-client", "client-1.0-broken")),
    ),
    Check(
        "client-refused",
        "a refused port is told, and the other poems arrive",
        6,
        "a connection that is never made has a callback of its own, or an exception of connect",
        client_refused,
        without=CRASHING,
    ),
    Check(
        "client-unknown",
        "an unknown host is told, and the other poems arrive",
        6,
        "a name that can't be found is a failed connection like any other",
        client_unknown,
        without=CRASHING,
    ),
    Check(
        "client-reset",
        "a poem cut short by a reset is told, and not shown as whole",
        6,
        "the reason of connectionLost tells a clean end from any other",
        client_reset,
        without=TRUSTING,
    ),
    Check(
        "client-utf-8",
        "a poem that is not UTF-8 is told, and the other poems arrive",
        6,
        "decoding may fail, and whoever waits for the poem has to hear of that too",
        client_not_utf_8,
        without=TRUSTING | COUNTING,
    ),
    Check(
        "client-status",
        "the exit status tells whether all poems have come",
        6,
        "count the poems at the end: sys.exit(1) where one is missing",
        client_status,
        without=frozenset(("client-3.0",)),
    ),
    Check(
        "client-usage",
        "a wrong command line is refused with status 2",
        2,
        "argparse does it: a type that raises for what is no port from 1 to 65535",
        client_usage,
    ),
    Check(
        "client-interrupted",
        "Ctrl-C ends the wait at once, and no half poem is shown",
        3,
        "at Ctrl-C connections are lost too: what is unfinished then has neither come nor failed",
        client_interrupted,
        without=frozenset(("client-1.0-broken",)),
    ),
    Check(
        "client-chance",
        "the engine's three outcomes are lower case, the poem as it was, and a failure",
        10,
        "GibberishError goes on to poem_failed; any other error gives the poem as it was",
        client_chance,
        only=CHANCE,
    ),
    Check(
        "client-alone",
        "without a transform server the poem comes as it was",
        13,
        "an errback on the inner Deferred returns the original poem",
        client_alone,
        only=TRANSFORMING,
    ),
)
