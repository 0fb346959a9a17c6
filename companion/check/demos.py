"""What a demonstration must do: what happens in the stage of the map, which is run beside it.

Its words are its own. All the moments of the stage's run must come in the file's, in their order;
there may be more.
"""

from collections.abc import Iterator

from companion.check.hidden import no_mistake
from companion.check.moments import Lack, lack
from companion.check.source import Source, takes_values
from companion.check.subject import RAISED, Subject, check, interrupted
from companion.virtual.run import Run

DRAWN = "r 1 p\nf 2 r ok\np p\n\n", "r poem p\nr None r None\nr None r None\n\n"


def pairs(subject: Subject) -> Iterator[tuple[Run, Run]]:
    """Each run of the file, and the stage's own, both traced."""
    real = subject.real
    yield subject.traced(), real.traced()
    if subject.stage.kind == "tool":
        for stdin in DRAWN:
            options = {"args": (), "stdin": stdin}
            yield subject.traced(**options), real.traced(**options)


def lacks(subject: Subject) -> Iterator[tuple[Run, Lack]]:
    """What each run of the file lacks."""
    coroutines = b"async def" in subject.file.read_bytes()
    for run, real in pairs(subject):
        if found := lack(run, real, subject.stage, coroutines):
            yield run, found


@check(
    "demo-happens",
    "asked",
    0,
    name=("what happens in the stage happens in it", "阶段中发生的事，它里面都发生了"),
    hint=(
        "companion trace {id} shows what happens in the stage",
        "companion trace {id} 显示阶段中发生的事",
    ),
    timed=True,
)
def demo_happens(subject: Subject) -> None:
    for run, found in lacks(subject):
        before = f", after: {found.before}" if found.before else ""
        happened = "" if subject.crash(run) else f"in its place: {found.instead}"
        subject.expect(False, found.moment + before, run, happened)


@check(
    "demo-sends",
    "asked",
    17,
    name=("a value is sent into the generator", "把一个值发送给生成器"),
    hint=(
        "generator.send(value) makes it go on, and its yield gives the value",
        "generator.send(值) 让它继续，它的 yield 得到这个值",
    ),
    applies=lambda stage: "sends" in stage.traits,
)
def demo_sends(subject: Subject) -> None:
    text = Source(subject.file.read_bytes())
    expected, run = "a value sent into a generator", subject.traced()
    subject.expect(text.calls("send"), expected, run, "nothing in it sends a value")
    subject.expect(takes_values(text), expected, run, "no yield in it takes the value")


@check(
    "demo-ends",
    "asked",
    0,
    name=("it ends as the stage ends", "它和阶段一样结束"),
    hint=("run() returns after stop(), and not before", "stop() 之后 run() 才会返回"),
)
def demo_ends(subject: Subject) -> None:
    for run, real in pairs(subject):
        wanted = "a wait for ever" if real.how != "exit" else f"an end with status {real.status}"
        same = run.how == real.how and bool(run.status) == bool(real.status)
        subject.expect(same, wanted, run)
        wanted = "a traceback, as the stage has" if is_raised(real) else "no traceback"
        shown = is_raised(real) and FRAMES in run.stdout
        subject.expect(is_raised(real) == is_raised(run) or shown, wanted, run)
        no_mistake(subject, run, real)


FRAMES = "[Failure instance: Traceback: "  # what a Failure that has frames prints before them


def is_raised(run: Run) -> bool:
    """Whether a run has printed a traceback."""
    return bool(RAISED.search(run.stdout + "\n" + run.stderr))


def waits_for_ever(subject: Subject) -> bool:
    return subject.real.traced().how == "waits for ever"


@check(
    "demo-interrupted",
    "beyond",
    0,
    name=("Ctrl-C ends it at once", "按 Ctrl-C 立刻结束"),
    hint=("the reactor ends at Ctrl-C by itself", "reactor 收到 Ctrl-C 自己就会结束"),
)
def demo_interrupted(subject: Subject) -> None:
    if waits_for_ever(subject):
        interrupted(subject, subject.run(signals=((1.0, "SIGINT"),)), 1.0, zero=True)
