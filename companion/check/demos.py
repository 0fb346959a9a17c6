"""What a demonstration must do: what the stage of the map does, which is run beside it."""

import re
from collections.abc import Iterator

from companion.check.subject import Check, Subject, interrupted, short
from companion.virtual.recorded import steady
from companion.virtual.run import VirtualRun

ENDLESS = frozenset(("simple", "simple-poll", "hello", "stack"))
OWN = "own.py"  # the file, in a traceback
STAMP = re.compile(r"^[-\d]{10} [:\d]{8}[+-]\d{4} ")
DRAWN = "r 1 p\nf 2 r ok\np p\n\n", "r poem p\nr None r None\nr None r None\n\n"


def gist(subject: Subject, run: VirtualRun) -> list[tuple[float, str, str]]:
    """What is printed, on standard output and then on error, without the file's own frames."""
    lines = [(t, one, text.replace(str(subject.file), OWN)) for t, one, text in run.lines]
    own = re.compile(rf'.*File "{OWN}"|{OWN}:\d+:')
    kept = [(t, one, STAMP.sub("", text)) for t, one, text in steady(lines) if not own.match(text)]
    return sorted(kept, key=lambda line: line[1] != "stdout")


def pairs(subject: Subject) -> Iterator[tuple[VirtualRun, VirtualRun]]:
    """Each run of the file, and the stage's own."""
    real = subject.real
    yield subject.run(), real.run()
    if subject.stage.id == "deferred-simulator":
        for stdin in DRAWN:
            yield subject.run(None, (), stdin=stdin), real.run(None, (), stdin=stdin)


def demo_prints(subject: Subject) -> None:
    for run, real in pairs(subject):
        wanted = [(one, text) for _, one, text in gist(subject.real, real)]
        shown = [(one, text) for _, one, text in gist(subject, run)]
        for number, line in enumerate(wanted):
            seen = shown[number][1] if number < len(shown) else None
            own_crash = subject.crash(run) not in ("", subject.real.crash(real))
            happened = f"it says {short(seen)!r}" if seen is not None and not own_crash else ""
            expected = f"line {number + 1}: {short(line[1])!r} on {line[0]}"
            subject.expect(shown[number : number + 1] == [line], expected, run, happened)
        more = shown[len(wanted) :]
        happened = f"then it says {short(more[0][1])!r}" if more else ""
        subject.expect(not more, f"{len(wanted)} lines and no more", run, happened)


def demo_times(subject: Subject) -> None:
    for run, real in pairs(subject):
        wanted, shown = gist(subject.real, real), gist(subject, run)
        if len(wanted) != len(shown):
            wanted, shown = [(real.seconds, "", "the end")], [(run.seconds, "", "the end")]
        for (t, _, text), (then, _, _) in zip(wanted, shown, strict=True):
            happened = f"it came at {then:.1f} s"
            expected = f"{short(text, 40)!r} at {t:.1f} s"
            subject.expect(abs(t - then) < 0.05, expected, run, happened)


def demo_ends(subject: Subject) -> None:
    for run, real in pairs(subject):
        wanted = "a wait for ever" if real.how != "exit" else f"an end with status {real.status}"
        subject.expect((run.how, run.status) == (real.how, real.status), wanted, run)


def demo_interrupted(subject: Subject) -> None:
    interrupted(subject, subject.run(signals=((1.0, "SIGINT"),)), 1.0, zero=True)


CHECKS = (
    Check(
        "demo-prints",
        "it prints what the stage prints",
        0,
        "companion show {id} has the stage's output",
        demo_prints,
    ),
    Check(
        "demo-times",
        "its lines come when the stage's come",
        0,
        "companion run --virtual --json {id} has the stage's times",
        demo_times,
    ),
    Check(
        "demo-ends",
        "it ends as the stage ends",
        0,
        "run() returns after stop(), and not before",
        demo_ends,
    ),
    Check(
        "demo-interrupted",
        "Ctrl-C ends it at once",
        0,
        "the reactor ends at Ctrl-C by itself",
        demo_interrupted,
        only=ENDLESS,
    ),
)
