"""20.4: an Erlang client that prints its poems in the order of the command line."""

from companion.check.exercise import asks
from companion.check.native import POEMS, NativeRun, client_run, late
from companion.check.subject import Subject
from companion.peers.script import Script, refused

MANY = tuple(f"Verse {letter}.\n".encode() for letter in "ABCDEFGHIJKL")
TIMES = (0.1, 0.4, 0.7), (0.7, 0.1, 0.4)  # seconds that the poems take


def served(*times: float) -> tuple[Script, ...]:
    return tuple(late(poem, seconds) for poem, seconds in zip(POEMS, times, strict=True))


SERVERS = tuple(served(*times) for times in TIMES)


def ordered(run: NativeRun, poems: tuple[bytes, ...]) -> None:
    """Raises Unmet where these poems were not printed one after the other."""
    run.fetched(*poems)
    places = [run.stdout.index(poem) for poem in poems]
    printed = [places.index(place) + 1 for place in sorted(places)]
    seen = f"they are printed in the order {', '.join(map(str, printed))}"
    run.expect(places == sorted(places), f"{len(poems)} poems in the order of their ports", seen)


@asks(
    "order",
    name=(
        "whatever arrives first, the order is that of the command line",
        "不管谁先到，都按命令行的顺序打印",
    ),
    hint=(
        "let the message hold the task's number beside the poem, and sort by it",
        "让消息除了诗还带上任务编号，再按编号排序",
    ),
)
def order(subject: Subject) -> None:
    for servers in SERVERS:
        ordered(client_run(subject, *servers), POEMS)


@asks(
    "twelve",
    name=("so it is with twelve poems", "十二首诗也一样"),
    hint=(
        "numbers are sorted as numbers: as a text, 10 comes before 2",
        "编号要按数排序：作为文本，10 排在 2 前面",
    ),
)
def twelve(subject: Subject) -> None:
    ordered(client_run(subject, *(late(poem, 0.1) for poem in MANY)), MANY)


@asks(
    "at-once",
    name=("the poems are still downloaded at once", "诗还是同时下载"),
    hint=(
        "start every process before you wait for the first: spawn_monitor returns at once",
        "先启动所有进程，再等第一个：spawn_monitor 会立刻返回",
    ),
)
def at_once(subject: Subject) -> None:
    run = client_run(subject, *SERVERS[1])
    begun = [when for when in run.opened if when is not None]
    seen = f"the last connection is made {max(begun) - min(begun):.1f} s after the first"
    expected = "all connections made before the first poem is there"
    run.expect(max(begun) - min(begun) < 0.5, expected, seen)


@asks(
    "failed",
    name=("a poem that fails keeps no other waiting", "一首诗失败，不会让别的诗一直等"),
    hint=(
        "whoever waits for number 2 waits for its 'DOWN', too",
        "等第 2 号的诗，也要等它的 'DOWN'",
    ),
)
def failed(subject: Subject) -> None:
    first, _, third = SERVERS[1]
    run = client_run(subject, first, refused(), third)
    ordered(run, (POEMS[0], POEMS[2]))
    run.expect(run.status != 0, "a status other than 0")
