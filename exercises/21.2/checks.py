"""21.2: Haskell client 1, where a refused port ends no other download."""

from companion.check.exercise import asks
from companion.check.native import POEMS, client_run, late
from companion.check.subject import Subject
from companion.peers.script import refused

SERVERS = tuple(late(poem, seconds) for poem, seconds in zip(POEMS, (0.7, 0.2, 0.5), strict=True))
SOME = refused(), late(POEMS[0], 0.4), refused(), late(POEMS[1], 0.2)


@asks(
    "whole",
    name=("all poems are downloaded and printed", "所有的诗都下载并打印"),
    hint=(
        "getPoetry and the lines that it prints stay as they are",
        "getPoetry 和它打印的内容保持不变",
    ),
)
def whole(subject: Subject) -> None:
    run = client_run(subject, *SERVERS)
    run.fetched(*POEMS)
    run.expect(run.status == 0, "an end with status 0")


@asks(
    "at-once",
    name=("the poems are still downloaded at once", "诗还是同时下载"),
    hint=(
        "start every thread before the first MVar is taken: mapM startTask, then mapM takeMVar",
        "先启动所有线程，再取第一个 MVar：先 mapM startTask，后 mapM takeMVar",
    ),
)
def at_once(subject: Subject) -> None:
    run = client_run(subject, *SERVERS)
    begun = [when for when in run.opened if when is not None]
    seen = f"the last connection is made {max(begun) - min(begun):.1f} s after the first"
    expected = "all connections made before the first poem is there"
    run.expect(max(begun) - min(begun) < 0.5, expected, seen)


@asks(
    "others",
    name=("where a port is refused, the other poems arrive", "端口拒绝连接时，其他的诗照样到达"),
    hint=(
        "connect in the thread that reads, and put something into its MVar also where that fails",
        "在读诗的那个线程里建立连接；失败时，也要往它的 MVar 里放东西",
    ),
)
def others(subject: Subject) -> None:
    run = client_run(subject, *SOME)
    run.fetched(*POEMS[:2])


@asks(
    "told",
    name=("each poem that fails is one line", "失败的诗各有一行提示"),
    hint=(
        "poemFailed prints the line: let it be the handler of the whole task",
        "poemFailed 打印那一行：让它处理整个任务的异常",
    ),
)
def told(subject: Subject) -> None:
    run = client_run(subject, *SOME)
    lines = run.stderr.splitlines()
    for place in (0, 2):
        port = str(run.ports[place])
        count = sum(port in line for line in lines)
        seen = f"{count} lines name port {port}"
        run.expect(count == 1, "one line on standard error for each port that is refused", seen)


@asks(
    "status",
    name=(
        "it ends by itself, with a status that tells of the missing poems",
        "它自己结束，状态说明缺了诗",
    ),
    hint=(
        "the MVar of a task that failed holds False, and main looks at them all: an MVar that stays"
        " empty ends it with an exception",
        "失败的任务，MVar 里是 False，main 要看所有的结果：一直空着的 MVar 会让它因异常而结束",
    ),
)
def status(subject: Subject) -> None:
    run = client_run(subject, *SOME)
    ports = [str(port) for port in run.ports]
    others = [line for line in run.stderr.splitlines() if not any(port in line for port in ports)]
    seen = f"it says: {others[0]}" if others else ""
    run.expect(not others, "no line on standard error but those of the refused ports", seen)
    run.expect(run.status not in (0, None), "a status other than 0")
