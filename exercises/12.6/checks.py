"""12.6: poems in netstrings. The server is in fastpoetry.py, beside the client."""

from companion.check.clients import AFTER, BEFORE, HALF, arrived, whole
from companion.check.exercise import asks
from companion.check.servers import POEM, netstring, serve, served
from companion.check.subject import Subject, Unmet
from companion.peers import script
from companion.peers.script import CLOSE
from companion.tutorial.stages import load_map

# What they check stands below, for poems in netstrings.
LEAVES_OUT = "client-ends", "client-split", "client-longest", "client-turns", "client-refused"
GOOD = script.fast(netstring(BEFORE)), script.slow(netstring(AFTER), 5, 0.1)
LONG = b"A Line Like All Others\n" * 10_000
SERVER = "fastpoetry.py"


@asks(
    "arrives",
    name=("poems in netstrings arrive, in pieces too", "netstring 里的诗到达，分块的也一样"),
    hint=(
        "NetstringReceiver calls stringReceived with a whole poem; there is no end to wait for",
        "NetstringReceiver 用整首诗调用 stringReceived，不必等连接结束",
    ),
)
def arrives(subject: Subject) -> None:
    run = subject.run(GOOD)
    arrived(subject, run, BEFORE, AFTER)
    subject.expect(run.how == "exit", "an end", run)
    framed = netstring(AFTER).decode().split("\n")[0]
    subject.expect(framed not in run.stdout, "the poem without its length", run, f"it has {framed}")


@asks(
    "cut",
    name=(
        "a poem that is cut short is a failure, although the end is clean",
        "诗被截断算失败，即使连接正常关闭",
    ),
    hint=(
        "connectionLost without a poem before it: the download has failed, whatever the reason",
        "还没收到诗就 connectionLost：不管 reason 是什么，下载都失败了",
    ),
)
def cut_short(subject: Subject) -> None:
    half = b"%d:%s" % (2 * len(HALF), HALF)
    for steps in (((0.5, half), (1.0, CLOSE)), ((1.0, CLOSE),)):
        run = subject.run((GOOD[0], script.schedule(*steps), GOOD[1]))
        subject.expect(run.how == "exit", "an end, when a poem is cut short", run)
        arrived(subject, run, BEFORE, AFTER)
        whole(subject, run)
        subject.expect(HALF.decode() not in run.stdout, "no half poem", run, "half a poem is shown")
        told = run.stderr.strip() and run.status != 0
        subject.expect(told, "a line on standard error, and a status other than 0", run)


@asks(
    "long",
    name=("a poem of 230,000 bytes arrives", "230,000 字节的诗也能到达"),
    hint=(
        "MAX_LENGTH of NetstringReceiver is 99,999 where the class does not say more",
        "类里没有另外规定时，NetstringReceiver 的 MAX_LENGTH 是 99,999",
    ),
)
def long(subject: Subject) -> None:
    run = subject.run((script.fast(netstring(LONG)),))
    seen = run.stderr.strip() or "it is not there"
    holds = run.stdout.count("A Line Like All Others") == 10_000
    subject.expect(holds, f"a poem of {len(LONG):,} bytes", run, seen)


@asks(
    "server",
    name=(f"{SERVER} beside it sends netstrings", f"旁边的 {SERVER} 发送 netstring"),
    hint=(
        "it is twisted-server-1/fastpoetry.py: sendString takes the place of transport.write",
        "它就是 twisted-server-1/fastpoetry.py：用 sendString 代替 transport.write",
    ),
)
def server(subject: Subject) -> None:
    file = subject.file.with_name(SERVER)
    if not file.is_file():
        raise Unmet(f"{SERVER} in the same folder", "there is no such file")
    stage = load_map().by_id["fastpoetry-1.0"]
    other = Subject(file, stage, subject.folder)
    for poem in (POEM, LONG):
        run, _ = serve(other, poem, script.reader(1), script.reader(2))
        expected = f"from {SERVER} the netstring of {len(poem)} bytes, and a clean end"
        for number in range(2):
            served(other, run, number, netstring(poem), expected)
