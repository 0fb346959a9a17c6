"""16.2: a tac file for the proxy, run by twistd; whatever server it names is played."""

from companion.check.exercise import asks
from companion.check.proxies import TWICE, UPSTREAM, told_so
from companion.check.servers import BYTES, served
from companion.check.subject import Subject

AS = "fastpoetry-2.0"  # a tac file
LEAVES_OUT = ("server-serves", "server-many", "server-left", "server-reactor", "server-thread")


@asks(
    "runs",
    name=("twistd runs it, and a client gets the poem", "twistd 运行它，客户端得到诗"),
    hint=(
        "twistd looks for a variable application; a TCPServer with the proxy's factory belongs to"
        " it, and twistd runs the reactor",
        "twistd 寻找变量 application；用代理的 factory 建一个 TCPServer 归到它下面，"
        "reactor 由 twistd 运行",
    ),
)
def runs(subject: Subject) -> None:
    run = subject.run((), (), clients=TWICE, others=(UPSTREAM,))
    served(subject, run, 0, BYTES, "the poem of the server that the tac file names")


@asks(
    "caches",
    name=("the next client gets the poem from the cache", "下一个客户端从缓存得到诗"),
    hint=(
        "one service is made, once, and every protocol asks it",
        "service 只建一个，所有的协议都问它",
    ),
)
def caches(subject: Subject) -> None:
    run = subject.run((), (), clients=TWICE, others=(UPSTREAM,))
    served(subject, run, 1, BYTES, "the poem for a second client, too")
    seen = f"the second one waits for it until {run.clients[1].t:.1f} s"
    soon = run.clients[1].t < TWICE[1].at + 0.1
    subject.expect(soon, "the poem at once, the second time", run, seen)


@asks(
    "refused",
    name=("where the server can't be reached, no client waits", "服务器连不上时，客户端不会一直等"),
    hint=(
        "poem_failed of the proxy ends the connection: take it over as it is",
        "代理的 poem_failed 会结束连接：原样拿过来",
    ),
)
def refused(subject: Subject) -> None:
    run = subject.run((), (), clients=TWICE)
    for number in range(2):
        told_so(subject, run, number)
