"""14.2: a cache that forgets."""

from companion.check.exercise import asks, own_options
from companion.check.proxies import UPSTREAM
from companion.check.servers import BYTES, served
from companion.check.subject import Subject
from companion.event import Open
from companion.peers import script
from companion.virtual.run import Run

HOURS = 2 * 60 * 60  # seconds


def fetches(run: Run) -> list[float]:
    """When the poem was fetched, in whole seconds."""
    return [round(e.t) for e in run.of(Open) if e.lane]


def expect_fetches(
    subject: Subject, keep: int, asked: tuple[int, ...], wanted: list[float], expected: str
) -> None:
    """Raises Unmet where clients that come at these seconds make it fetch at others than wanted,
    with an option of its own to keep a poem so many seconds; 0 leaves the option out."""
    clients = tuple(script.reader(at) for at in asked)
    ways: list[tuple[str, ...]] = [("{1}",)]
    if keep:
        names = own_options(subject, "an option that says how many seconds a poem is kept")
        ways = [(name, str(keep), "{1}") for name in names]
    until = asked[-1] + 60.0
    runs = [subject.run((UPSTREAM,), args, clients=clients, until=until) for args in ways]
    run = next((run for run in runs if fetches(run) == wanted), runs[0])
    seen = f"it is fetched at {', '.join(f'{t} s' for t in fetches(run))}" if fetches(run) else ""
    subject.expect(fetches(run) == wanted, expected, run, seen)
    for number in range(len(asked)):
        served(subject, run, number, BYTES, "the poem for each client")


@asks(
    "forgets",
    name=("the poem is forgotten so many seconds after it came", "诗到达若干秒之后被忘掉"),
    hint=(
        "store beside the poem until when it holds, once, when it comes; using it changes nothing",
        "诗到达时，在旁边记下它到什么时候有效，只记一次；使用它不改变什么",
    ),
)
def forgets(subject: Subject) -> None:
    expected = "kept 40 s: clients at 1, 30 and 60 s, and fetched at 1 and 60 s"
    expect_fetches(subject, 40, (1, 30, 60), [1, 60], expected)


@asks(
    "keeps",
    name=("a fresh poem is kept for its full time", "新取来的诗保存足够长的时间"),
    hint=(
        "the time begins anew with each poem, and no timer of an earlier one is left",
        "每首诗的时间从它到达时算起，不能留下以前的定时器",
    ),
)
def keeps(subject: Subject) -> None:
    expected = "kept 40 s: clients at 1, 30, 60 and 80 s, and fetched at 1 and 60 s"
    expect_fetches(subject, 40, (1, 30, 60, 80), [1, 60], expected)
    expected = "kept 40 s: clients at 35 and 65 s, and fetched at 35 s alone"
    expect_fetches(subject, 40, (35, 65), [35], expected)


@asks(
    "hours",
    name=("without the option it is kept for two hours", "不给选项时，诗保存两小时"),
    hint=("two hours are 7,200 seconds: the option's default", "两小时是 7,200 秒：选项的默认值"),
)
def hours(subject: Subject) -> None:
    asked = 1, HOURS - 60, HOURS + 60
    expected = "clients at {} s, {} s and {} s, and fetched for the first and the last".format(
        *asked
    )
    expect_fetches(subject, 0, asked, [asked[0], asked[2]], expected)
