"""A program of the reader's own: traced as it is, with whoever it connects to or listens for."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from companion.peers.script import CLOSE, RESET
from companion.trace.own import OwnError, client, own, served, signalled
from companion.tutorial.stages import ROOT
from tests.helpers.fixtures import Typed

EXAMPLES = ROOT / "docs" / "examples"
PROGRAMS = Path(__file__).with_name("programs")
FETCH = """
import sys
from twisted.internet import reactor
from twisted.internet.protocol import ClientFactory, Protocol

class Fetch(Protocol):
    def dataReceived(self, data):
        print("got", len(data))
    def connectionLost(self, reason):
        if reactor.running:
            reactor.stop()

class FetchFactory(ClientFactory):
    protocol = Fetch

reactor.connectTCP(sys.argv[1], int(sys.argv[2]), FetchFactory())
reactor.run()
"""
PLUGIN = """
from zope.interface import implementer
from twisted.application.internet import TCPServer
from twisted.application.service import IServiceMaker
from twisted.internet.protocol import Factory, Protocol
from twisted.plugin import IPlugin
from twisted.python.usage import Options

class Bye(Protocol):
    def connectionMade(self):
        self.transport.write(b"bye")
        self.transport.loseConnection()

@implementer(IServiceMaker, IPlugin)
class ByeMaker:
    tapname, description, options = "bye", "Says so.", Options
    def makeService(self, options):
        return TCPServer(0, Factory.forProtocol(Bye))

maker = ByeMaker()
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_who_it_connects_to_is_found_by_its_own_connects(typed: Typed, here: Path) -> None:
    (here / "fetch.py").write_text(FETCH)
    status, out, err = typed("trace", "fetch.py", "poetry.example", "7000")
    assert (status, err) == (0, "")
    assert "1 ecstasy" in out
    assert "3,003 bytes, done" in out
    assert "reactor, server 1 -->" in out
    status, out, _ = typed(
        "trace", "fetch.py", "--serve", "7000=science", "--", "127.0.0.1", "7000"
    )
    assert "657 bytes, done" in out


def test_a_web_client_gets_the_file_that_serve_names(typed: Typed, here: Path) -> None:
    page = EXAMPLES / "page.http"
    status, out, err = typed("trace", str(EXAMPLES / "web.py"), "--serve", f"80={page}")
    assert (status, err) == (0, "")
    assert "> 200 hello" in out


def test_a_server_gets_the_clients_that_are_typed(typed: Typed, here: Path) -> None:
    words = ("--client", r"0 one\r\n 1 two\r\n 2 close", "--signal", "SIGINT@5")
    status, out, err = typed("trace", str(EXAMPLES / "lines.py"), *words)
    assert (status, err) == (0, "")
    assert "> asked: one" in out
    assert "... once more" in out  # and so does the second line
    assert "38 bytes, left" in out
    assert "5.000  ends with status 0" in out


def test_a_client_waits_for_a_server_that_has_first_to_begin(typed: Typed, here: Path) -> None:
    program = """
        import asyncio, time
        async def shout(reader, writer):
            while line := await reader.readline():
                writer.write(line.upper())
        async def main():
            time.sleep(0.5)
            server = await asyncio.start_server(shout, "127.0.0.1", 8000)
            await server.serve_forever()
        asyncio.run(main())
        """
    Path("shout.py").write_text(dedent(program))
    words = ("--client", r"0 leaf\n 1 close", "--signal", "SIGINT@2")
    out = typed("trace", "shout.py", *words)[1]
    assert re.search("client 1 .* 10 bytes, left", out)


def test_what_an_exception_says_is_cut_at_the_edge_of_a_terminal_alone(
    typed: Typed, here: Path
) -> None:
    Path("long.py").write_text(
        "def leap():\n    raise ValueError('frog ' * 40 + 'splash')\n"
        "try:\n    leap()\nexcept ValueError:\n    pass\n"
    )
    whole = "frog " * 40 + "splash"
    assert whole in typed("trace", "long.py", "--json")[1]
    assert typed("trace", "long.py", "--html", "long.html")[0] == 0
    assert whole in Path("long.html").read_text()
    lines = typed("trace", "long.py")[1].splitlines()
    (line,) = [line for line in lines if "raised ValueError" in line]
    assert line.endswith("frog...")
    assert 75 < len(line) <= 80


def test_a_tac_file_is_run_by_twistd_and_gets_three_readers(typed: Typed, here: Path) -> None:
    status, out, _ = typed("trace", str(EXAMPLES / "hello.tac"), "--signal", "SIGINT@3")
    assert status == 0
    assert out.count("5 bytes, done") == 3


@pytest.mark.parametrize(("name", "end"), [("timeouts", "0.400"), ("reconnecting", "2.000")])
def test_no_stranger_comes_to_a_program_that_is_its_own_client(
    name: str, end: str, typed: Typed, here: Path
) -> None:
    status, out, _ = typed("trace", str(PROGRAMS / f"{name}.py"))
    assert status == 0
    assert "client 1" not in out
    assert f"{end}  ends with status 0" in out


def test_a_plugin_is_run_by_twistd_which_finds_it_as_by_hand(here: Path) -> None:
    folder = here / "twisted" / "plugins"
    folder.mkdir(parents=True)
    (folder / "bye_plugin.py").write_text(PLUGIN)
    words = ("trace", "twisted/plugins/bye_plugin.py", "bye", "--signal", "SIGINT@3")
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join([".", str(ROOT)])}
    command = [sys.executable, "-m", "companion", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environ)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("3 bytes, done") == 3
    assert "ByeMaker.makeService" in done.stdout


def test_a_program_that_does_neither_has_no_lanes(typed: Typed, here: Path) -> None:
    (here / "hi.py").write_text("print(input())\n")
    (here / "words").write_text("a leaf falls\n")
    status, out, _ = typed("trace", "hi.py", "--stdin", "words")
    assert status == 0
    assert "> a leaf falls" in out
    assert "client" not in out


def test_a_thread_is_a_lane_of_its_own_and_never_the_reactor(typed: Typed, here: Path) -> None:
    status, out, _ = typed("trace", str(PROGRAMS / "threads.py"))
    lines = out.splitlines()
    lanes = [line for line in lines if line.startswith(("main thread", "thread "))]
    assert status == 0
    assert [line[17:31] for line in lanes] == ["'            '", "'-------------", "'-------------"]
    assert len([line for line in lines if line.endswith("thread 1 -->           work")]) == 1
    assert "                         ... once more (thread 1, thread 2)" in out
    assert not any("reactor -->" in line and "work" in line for line in lines)
    assert "0.000                           waits 0.100 s in sleep, until 0.100" in out


def test_it_runs_in_simulated_time_with_its_own_arguments(typed: Typed, here: Path) -> None:
    (here / "slow.py").write_text("import sys, time\ntime.sleep(3)\nprint(sys.argv[1:])\n")
    status, out, err = typed("run", "--virtual", "slow.py", "a", "-b")
    assert (status, out) == (0, "['a', '-b']\n")
    assert "3.000 s" in err


def test_what_a_client_does_is_read_as_typed() -> None:
    assert client(r"0 'a b\n' 1.5 reset").steps == ((0.0, b"a b\n"), (1.5, RESET))
    assert client("2 close").steps == ((2.0, CLOSE),)


@pytest.mark.parametrize(
    ("call", "text", "words"),
    [
        (client, "x", "--client takes SECONDS WHAT pairs"),
        (client, "-1 close", "--client takes SECONDS WHAT pairs"),
        (client, "0 'a", "--client takes SECONDS WHAT pairs"),
        (served, "99999=science", "--serve takes PORT=POEM or PORT=FILE"),
        (served, "80", "--serve takes PORT=POEM or PORT=FILE"),
        (served, "80=no such", "no such file, and no poem is called 'no such'"),
        (served, "80=scince", "did you mean science?"),
        (served, "80=/", "--serve 80=/: Is a directory"),
        (signalled, "SIGINT", "--signal takes NAME@SECONDS"),
        (signalled, "SIGKILL@1", "--signal takes NAME@SECONDS"),
        (signalled, "SIGINT@nan", "--signal takes NAME@SECONDS"),
    ],
)
def test_what_can_t_be_read_is_refused(
    call: Callable[[str], object], text: str, words: str
) -> None:
    with pytest.raises(OwnError, match=words):
        call(text)


def test_two_servers_are_not_at_one_port() -> None:
    with pytest.raises(OwnError, match="same port"):
        own((), ["80=science", "80=ecstasy"], [], [], None)


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("hello", "10000"), "ARGS, --serve, --client and --stdin go with a file alone"),
        (("mine.py", "--with", "RESET"), "--with needs a stage: mine.py --as client-4.0"),
        (("mine.py", "--stdin", "nix"), "--stdin nix: No such file or directory"),
    ],
)
def test_wrong_usage_is_one_line(
    typed: Typed, here: Path, words: tuple[str, ...], line: str
) -> None:
    (here / "mine.py").write_text("")
    assert typed("trace", *words) == (2, "", f"companion: {line}\n")


def test_a_stage_is_sent_a_signal_too(typed: Typed) -> None:
    status, out, _ = typed("trace", "client-4.0", "--signal", "SIGINT@1")
    assert status == 0
    assert out.startswith("client-4.0: 1.000 s of simulated time")  # where it ends
    assert typed("trace", "client-4.0", "--signal", "SIGINT@x")[0] == 2
