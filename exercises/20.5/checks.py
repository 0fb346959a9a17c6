"""20.5: an Erlang client whose processes deal with their errors: a line each, and no report."""

from companion.check.exercise import asks
from companion.check.native import POEMS, NativeRun, client_run, late
from companion.check.subject import Subject
from companion.peers.script import RESET, refused, schedule

HALF = POEMS[0][:20]
LOST = schedule((0.0, HALF), (0.2, RESET))
GOOD = late(POEMS[1], 0.3)


def one_line(run: NativeRun) -> None:
    """Raises Unmet where standard error is not the line of the first server."""
    lines = [line for line in run.stderr.splitlines() if line.strip()]
    expected = "one line on standard error, with the port of the poem that failed"
    if lines and str(run.ports[0]) not in run.stderr:
        seen = f"it says: {lines[0]}"
    else:
        seen = f"{len(lines)} lines, the last one: {lines[-1]}" if lines else "it says nothing"
    run.expect(len(lines) == 1 and str(run.ports[0]) in lines[0], expected, seen)
    run.expect(run.status != 0, "a status other than 0")


@asks(
    "whole",
    name=("all poems are downloaded and printed", "所有的诗都下载并打印"),
    hint=(
        "{ok, Socket} and {error, closed} are as before",
        "{ok, Socket} 和 {error, closed} 的情况与原来一样",
    ),
)
def whole(subject: Subject) -> None:
    run = client_run(subject, late(POEMS[0], 0.2, 3), GOOD)
    run.fetched(*POEMS[:2])
    run.expect(run.status == 0 and not run.stderr, "status 0, and nothing on standard error")


@asks(
    "refused",
    name=("a refused connection is one line", "连接被拒绝时只有一行提示"),
    hint=(
        "a case for both shapes of connect's answer; exit(Reason) ends a process without a report,"
        " and its monitor gets the reason",
        "用 case 处理 connect 的两种返回值；exit(Reason) 结束进程而不产生报告，监视者会收到原因",
    ),
)
def is_refused(subject: Subject) -> None:
    run = client_run(subject, refused(), GOOD)
    run.fetched(POEMS[1])
    one_line(run)


@asks(
    "half",
    name=("half a poem is not printed", "半首诗不打印"),
    hint=(
        "only {error, closed} is the end of a poem",
        "只有 {error, closed} 才是诗的结尾",
    ),
)
def half(subject: Subject) -> None:
    run = client_run(subject, LOST, GOOD)
    run.expect(HALF not in run.stdout, "no half poem", "half a poem is shown")


@asks(
    "lost",
    name=("so is a connection that breaks later", "连接中途断开时也只有一行"),
    hint=(
        "recv may answer {error, econnreset}: its case needs a third branch",
        "recv 可能返回 {error, econnreset}：它的 case 还缺一个分支",
    ),
)
def lost(subject: Subject) -> None:
    run = client_run(subject, LOST, GOOD)
    run.fetched(POEMS[1])
    run.expect(run.stderr.strip(), "a line on standard error for the poem that was cut short")
    one_line(run)
