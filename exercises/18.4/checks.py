"""18.4: the poems are printed at the end, from the list's result."""

from companion.check.clients import AFTER, BEFORE, GOOD, REFUSED, arrived, fetch, shows
from companion.check.exercise import asks
from companion.check.subject import Subject
from companion.event import Close


@asks(
    "shown",
    name=("all poems are shown", "所有的诗都显示出来"),
    hint=(
        "what stands in the list is what the last callback of each Deferred returns",
        "列表里的每一项，就是那个 Deferred 的最后一个回调返回的东西",
    ),
)
def shown(subject: Subject) -> None:
    arrived(subject, fetch(subject, *GOOD), BEFORE, AFTER)


@asks(
    "last",
    name=(
        "nothing is printed before the last download is over",
        "最后一个下载结束之前什么都不打印",
    ),
    hint=(
        "print in the callback of the DeferredList, and nowhere else",
        "只在 DeferredList 的回调里打印",
    ),
)
def last(subject: Subject) -> None:
    run = fetch(subject, *GOOD)
    over = max(event.t for event in run.of(Close))
    lines = BEFORE.decode().lower().strip(), AFTER.decode().lower().strip()
    early = [t for t, _, line in run.lines if line.strip() in lines and t < over]
    seen = f"a poem is printed at {early[0]:.1f} s" if early else ""
    expected = f"no poem before the last download is over, at {over:.1f} s"
    subject.expect(not early, expected, run, seen)


@asks(
    "order",
    name=("they come in the order of the command line", "按命令行的顺序打印"),
    hint=(
        "the list's result is in the order of the list, whoever was first",
        "列表的结果按列表的顺序排列，不管谁先到",
    ),
)
def order(subject: Subject) -> None:
    run = fetch(subject, GOOD[1], GOOD[0])
    wanted = (AFTER + b"\n" + BEFORE).decode().lower()
    seen = "the poem that came first is printed first"
    subject.expect(shows(run, wanted), "the slow poem first, as on the command line", run, seen)


@asks(
    "failed",
    name=("a failure is not printed as if it were a poem", "失败的项不当作诗打印出来"),
    hint=(
        "each item is a pair: look at the first half before you use the second",
        "每一项都是一对：先看前一半，再用后一半",
    ),
)
def failed(subject: Subject) -> None:
    run = fetch(subject, GOOD[0], REFUSED, GOOD[1])
    arrived(subject, run, BEFORE, AFTER)
    wrong = [line for line in run.stdout.splitlines() if "Failure " in line or line == "None"]
    seen = f"standard output has {wrong[0][:60]!r}" if wrong else ""
    subject.expect(not wrong, "poems alone on standard output", run, seen)
    subject.expect(run.status == 1, "status 1, as one poem is missing", run)
