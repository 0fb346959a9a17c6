"""Exercise 11.1: a server without Twisted that waits for all its clients at once."""

from companion.check.exercise import asks
from companion.check.lesson import own_waits
from companion.check.servers import POEM, serve, served, server_many
from companion.check.subject import Subject
from companion.event import Enter, Reactor, Wait
from companion.peers import script

LEAVES_OUT = ("server-pace",)  # it sends as fast as it can


@asks(
    "loop",
    name=("one select of its own waits for all clients", "由它自己的一个 select 等待所有客户端"),
    hint=(
        "give select the listening socket to read from, and the connections to write to",
        "把监听套接字交给 select 等待可读，把各个连接交给它等待可写",
    ),
)
def loop(subject: Subject) -> None:
    run, _ = serve(subject, POEM, script.reader(1), script.reader(1), traced=True)
    expected = "a loop of its own around select, in one thread"
    reactor = any(event.does == "runs" for event in run.of(Reactor))
    subject.expect(not reactor, expected, run, "Twisted's reactor runs it")
    threads = any(event.thread for event in run.of(Enter))
    subject.expect(not threads, expected, run, "it starts a thread")
    calls = sorted({event.call for event in run.of(Wait)})
    seen = f"it waits in {', '.join(calls)}" if calls else ""
    subject.expect(next(own_waits(run), None), expected, run, seen)


@asks(
    "many",
    name=("a client that never reads keeps nobody waiting", "一个从不读取的客户端不会让别人等待"),
    hint=(
        "send takes what there is room for: keep the rest until there is room again",
        "send 只取走放得下的部分：把剩余的留着，等 select 说又能写了再发",
    ),
)
def many(subject: Subject) -> None:
    server_many(subject)


@asks(
    "left",
    name=("a client that leaves in the middle is forgotten", "中途离开的客户端会被忘掉"),
    hint=(
        "send raises an OSError for a client that has left: close its socket, watch it no longer",
        "客户端离开后，send 会抛出 OSError：关闭它的套接字，不再监视它",
    ),
)
def left(subject: Subject) -> None:
    leaver = script.Client(1, ((1.0, script.RESET),), num_bytes=0)
    run, poem = serve(subject, b"la " * 2_000_000, leaver, script.reader(3))
    served(subject, run, 1, poem, "the poem for the client after one that left")
