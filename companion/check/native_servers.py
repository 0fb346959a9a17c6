"""What a poetry server in another language must do, in real time: fast, slow, and for many."""

from companion.check.exercise import asks
from companion.check.native import NativeRun, server_run
from companion.check.servers import BYTES
from companion.check.subject import Subject
from companion.peers.threads import Visit

POEM = b"One line of it, and another.\n\n"  # 30 bytes
PACE = ("--num-bytes", "7", "--delay", "0.2")
LONG = b"la " * 100_000


def served(run: NativeRun, client: Visit, poem: bytes, expected: str) -> None:
    """Raises Unmet where a client has not got just this poem and a clean end."""
    end = {"done": "a clean end", "reset": "a reset", "refused": "no connection"}.get(client.how)
    seen = f"a client got {len(client.data)} bytes and {end or 'no end'}"
    if client.how == "done" and len(client.data) == len(poem):
        seen += ", but not the same"
    if client.how == "refused" and run.status is not None:
        seen = ""
    run.expect(client.how == "done" and client.data == poem, expected, seen)


@asks(
    "serves",
    name=(
        "a client gets the poem's bytes, and so does the next",
        "客户端得到诗的全部字节，下一个也一样",
    ),
    hint=(
        "listen, accept in a loop, send the file's bytes as they are, and close",
        "先 listen，在循环里 accept，把文件的字节原样发出，然后关闭",
    ),
)
def serves(subject: Subject) -> None:
    """Two clients each get the whole poem, a short one and a long one."""
    for poem in (BYTES, LONG):
        clients = Visit(), Visit(at=0.3)
        run = server_run(subject, (subject.poem_file(poem),), *clients)
        for client in clients:
            served(run, client, poem, f"the poem's {len(poem)} bytes, and a clean end")


@asks(
    "pace",
    name=("--num-bytes and --delay set the pace", "--num-bytes 和 --delay 决定快慢"),
    hint=(
        "send so many bytes, then sleep: what sleeps takes milliseconds in Erlang, microseconds in"
        " Haskell",
        "发送若干字节，然后休眠：Erlang 的休眠以毫秒为单位，Haskell 以微秒为单位",
    ),
)
def pace(subject: Subject) -> None:
    """The bytes come at the pace of the options: so many each so many seconds."""
    client = Visit()
    run = server_run(subject, (*PACE, subject.poem_file(POEM)), client)
    served(run, client, POEM, "the whole poem, and a clean end")
    (begun, first), (ended, _) = client.pieces[0], client.pieces[-1]
    seen = f"{len(first)} bytes at first, and the last {ended - begun:.1f} s later"
    expected = "7 bytes each 0.2 s, so that 30 bytes take 0.8 s"
    run.expect(len(first) == 7 and 0.6 < ended - begun < 3, expected, seen)


@asks(
    "at-once",
    name=("two clients get the poem at the same time", "两个客户端同时得到诗"),
    hint=(
        "a process or thread for each client sends and sleeps, and the loop accepts the next",
        "每个客户端由一个进程或线程负责发送和休眠，循环接着 accept 下一个",
    ),
)
def at_once(subject: Subject) -> None:
    """Two clients are served at the same time."""
    first, second = Visit(), Visit(at=0.3)
    run = server_run(subject, (*PACE, subject.poem_file(POEM)), first, second)
    expected = "the whole poem for each of two clients at the same time"
    for client in (first, second):
        served(run, client, POEM, expected)
    together = second.pieces[0][0] < first.pieces[-1][0]
    run.expect(together, expected, "one waited for the other")


@asks(
    "left",
    name=("a client that leaves does not stop the server", "客户端离开不会让服务器停下来"),
    hint=(
        "a send to whoever has left fails: let that end this one process or thread, and nothing"
        " else",
        "向已经离开的客户端发送会失败：只结束这一个进程或线程，不影响别的",
    ),
)
def left(subject: Subject) -> None:
    """A client that leaves ends nothing for the next."""
    leaver, after = Visit(leave_at=7), Visit(at=1.2)
    run = server_run(subject, (*PACE, subject.poem_file(POEM)), leaver, after)
    served(run, after, POEM, "the whole poem for a client after one that left")
    run.expect(run.status is None, "a server that goes on")
