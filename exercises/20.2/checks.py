"""20.2: an Erlang client that prints the poems and nothing for each chunk, and numbers nothing."""

from companion.check.exercise import asks
from companion.check.native import POEMS, NativeRun, client_run, late
from companion.check.subject import Subject
from companion.peers.script import refused

CHUNKS, TIMES = 12, (0.4, 0.3, 0.2)  # of each poem, and the seconds that they take
SERVERS = tuple(late(poem, seconds, CHUNKS) for poem, seconds in zip(POEMS, TIMES, strict=True))
FIRST_FAILS = refused(), late(POEMS[0], 0.1)
SECOND_FAILS = FIRST_FAILS[::-1]


@asks(
    "whole",
    name=("all poems are downloaded and printed", "所有的诗都下载并打印"),
    hint=(
        "recv goes on until {error, closed}; then the whole poem is one message to Main",
        "recv 一直进行到 {error, closed}；然后把整首诗作为一条消息发给 Main",
    ),
)
def whole(subject: Subject) -> None:
    run = client_run(subject, *SERVERS)
    run.fetched(*POEMS)
    run.expect(run.status == 0, "an end with status 0")


@asks(
    "quiet",
    name=("no line is printed for a chunk", "不再逐块打印"),
    hint=(
        "take out the io:format in get_poetry, and what was handed on for it alone",
        "去掉 get_poetry 里的 io:format，以及只为它传递的参数",
    ),
)
def quiet(subject: Subject) -> None:
    run = client_run(subject, *SERVERS)
    rest = run.stdout
    for poem in POEMS:
        rest = rest.replace(poem, b"", 1)
    lines = [line for line in rest.decode(errors="replace").splitlines() if line.strip()]
    expected = f"no line beside the poems, which come in {CHUNKS} chunks each"
    run.expect(len(lines) <= len(POEMS), expected, f"{len(lines)} more lines are printed")


@asks(
    "failed",
    name=("a poem that fails is told of, and the other arrives", "失败的诗有提示，另一首照样到达"),
    hint=(
        "a process that crashes sends no poem, but its monitor gets a 'DOWN': wait for both",
        "崩溃的进程不会发来诗，但监视者会收到 'DOWN'：两种消息都要等",
    ),
)
def failed(subject: Subject) -> None:
    run = client_run(subject, *FIRST_FAILS)
    run.fetched(POEMS[0])
    told = [line for line in run.stderr.splitlines() if str(run.ports[0]) in line]
    run.expect(told, "a line on standard error with the port that was refused")
    run.expect(run.status != 0, "a status other than 0")


def told_of(run: NativeRun, place: int) -> list[str]:
    """The lines in which a server is named, without its port."""
    port = str(run.ports[place])
    return [line.replace(port, "PORT") for line in run.stderr.splitlines() if port in line]


@asks(
    "numbers",
    name=("no task has a number", "任务不再编号"),
    hint=(
        "poem_failed names the address alone; lists:enumerate is needed no more",
        "poem_failed 只说出地址；lists:enumerate 也不再需要",
    ),
)
def numbers(subject: Subject) -> None:
    first = client_run(subject, *FIRST_FAILS)
    lines = told_of(first, 0), told_of(client_run(subject, *SECOND_FAILS), 1)
    expected = "the same line of a failure, whether the first or the second address fails"
    first.expect(lines[0] == lines[1], expected, " / ".join(line for one in lines for line in one))
