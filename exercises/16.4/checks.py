"""16.4: a plugin for the proxy; its options are found in its help, whatever they are called."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import permutations

from companion.check.exercise import asks, options_in
from companion.check.proxies import TWICE, UPSTREAM, told_so
from companion.check.servers import BYTES, served
from companion.check.subject import Subject
from companion.peers.script import fast
from companion.virtual.run import Run

NAME = "poetry_proxy_plugin.py"
AS = "fastpoetry-3.0"  # a plugin
LEAVES_OUT = ("server-serves", "server-many", "server-left", "server-port")

HOST, PORT, SERVER = "127.0.0.1", 12345, 10001
CLIENTS = tuple(replace(client, port=PORT) for client in TWICE)
OTHER = b"The poem of a server that nobody has named.\n"
MARK = "@@ "
READ = """\
import json
import runpy
import sys

from twisted.application import service

found = runpy.run_path({path!r}, run_name="plugin").values()
names = [one.tapname for one in found if service.IServiceMaker.providedBy(one)]
print("{mark}" + json.dumps([names, "twisted.internet.reactor" in sys.modules]))
"""


def names_of(subject: Subject) -> list[str]:
    """The options of the plugin that take a value; those that speak of a port first."""
    help_text = subject.run((), ("--help",)).stdout
    names = [option.names[-1] for option in options_in(help_text) if option.takes]
    return sorted(names, key=lambda name: "port" not in name)


def ways(names: list[str]) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """The arguments that may say where it listens, and those that may name the server."""
    address = f"{HOST}:{SERVER}"
    for listen in names:
        others = [name for name in reversed(names) if name != listen]
        servers = [(name, address) for name in others] + [(address,), (HOST, str(SERVER))]
        servers += [(one, HOST, two, str(SERVER)) for one, two in permutations(others, 2)]
        servers += [(name, str(SERVER)) for name in others]
        for server in servers:
            yield (listen, str(PORT)), server


def proxied(subject: Subject, server: bytes | None = BYTES) -> Run:
    """A run in which two clients come to the proxy, one after the other, and its options name a
    server, which has this poem, or refuses where it is None.

    Raises Unmet where no options have a poem served at the port that is given.
    """
    names = names_of(subject)
    asked = replace(UPSTREAM, port=SERVER)
    for listen, named in ways(names):
        run = subject.run((asked,), (*listen, *named), clients=CLIENTS, others=(fast(OTHER),))
        if run.clients and run.clients[0].data:
            break
    else:
        run = subject.run((), ("--help",))
        seen = f"the help has {', '.join(names)}" if names else ""
        subject.expect(False, "options for its port and for the poetry server", run, seen)
    if server is None:
        return subject.run((), (*listen, *named), clients=CLIENTS)
    return run


@asks(
    "serves",
    name=("its options say where it listens, and to whom it goes", "选项决定监听端口和诗歌服务器"),
    hint=(
        "makeService gets the options: make a ProxyService of the server's address, and return a"
        " TCPServer for the port",
        "makeService 得到选项：用服务器的地址建 ProxyService，返回监听该端口的 TCPServer",
    ),
)
def serves(subject: Subject) -> None:
    run = proxied(subject)
    served(subject, run, 0, BYTES, "the poem of the server that the options name")


@asks(
    "caches",
    name=("the next client gets the poem from the cache", "下一个客户端从缓存得到诗"),
    hint=(
        "makeService makes one ProxyService, and every protocol asks it",
        "makeService 只建一个 ProxyService，所有的协议都问它",
    ),
)
def caches(subject: Subject) -> None:
    run = proxied(subject)
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
    run = proxied(subject, None)
    for number in range(2):
        told_so(subject, run, number)


def read(subject: Subject) -> tuple[Run, list[str], bool]:
    """A run that does no more than import the plugin; its tapnames, and whether there is a
    reactor then."""
    program = subject.folder / "reads.py"
    program.write_text(READ.format(path=str(subject.file), mark=MARK), encoding="utf-8")
    alone = replace(subject.stage, run=())
    run = Subject(program, alone, subject.folder).run((), ())
    lines = re.findall(rf"{MARK}(.*)", run.stdout)
    subject.expect(lines, "a plugin that can be imported", run)
    names, reactor = json.loads(lines[0])
    return run, names, reactor


@asks(
    "tapname",
    name=("it has a tapname of its own", "它有自己的 tapname"),
    hint=(
        "of two plugins with one tapname, twistd runs either: no name of another plugin",
        "两个插件的 tapname 相同时，twistd 只会运行其中一个：不要用别的插件的名字",
    ),
)
def tapname(subject: Subject) -> None:
    run, names, _ = read(subject)
    seen = f"its tapname is {', '.join(names)}" if names else "nothing in it has one"
    subject.expect(names and "fastpoetry" not in names, "a tapname of its own", run, seen)


@asks(
    "chooses",
    name=("the choice of the reactor is left to twistd", "用哪种 reactor，由 twistd 决定"),
    hint=(
        "twistd imports every plugin before it reads --reactor: import the reactor in the function"
        " that needs it",
        "twistd 先导入所有插件，然后才读 --reactor：在用到它的函数里再导入 reactor",
    ),
)
def chooses(subject: Subject) -> None:
    run, _, reactor = read(subject)
    expected = "no reactor yet, when twistd has imported the plugin"
    subject.expect(not reactor, expected, run, "the plugin has imported one")
