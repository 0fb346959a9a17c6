"""4.1: client 1.0 stands a refused connection."""

from companion.check.clients import REFUSED, fails, fetch
from companion.check.exercise import asks
from companion.check.subject import Subject


@asks(
    "told",
    name=(
        "a refused connection is reported, and the other poems arrive",
        "连接被拒绝时说出来，其他的诗照样到达",
    ),
    hint=(
        "the exception comes out of PoetrySocket's constructor: catch it where one is made",
        "异常来自 PoetrySocket 的构造函数：在创建它的地方捕获",
    ),
)
def told(subject: Subject) -> None:
    fails(subject, REFUSED)


@asks(
    "all-refused",
    name=("where all are refused, it ends", "全部被拒绝时，程序也会结束"),
    hint=(
        "the reactor is stopped by the last socket: without any socket, it must not be started",
        "停止 reactor 的是最后一个套接字：一个套接字都没有，就不能启动它",
    ),
)
def all_refused(subject: Subject) -> None:
    run = fetch(subject, REFUSED, REFUSED)
    ends = run.how == "exit" and not subject.crash(run)
    subject.expect(ends, "an end, and no exception", run)
