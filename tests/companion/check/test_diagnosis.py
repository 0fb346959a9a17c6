"""The one cause: for each a wrong file, made of a stage, and the stage itself, which is right."""

from dataclasses import replace
from pathlib import Path

import pytest

from companion.check.show import report_of
from companion.tutorial.stages import load_map
from tests.helpers.faults import FAULTS
from tests.helpers.fixtures import Typed

STAGES = load_map()
# What is told of the poem so far, {} for each piece or once.
SO_FAR = """\
import sys
from twisted.internet import reactor
from twisted.internet.protocol import ClientFactory, Protocol
class Poetry(Protocol):
    poem = b""
    def dataReceived(self, data):
        self.poem += data
        {}
    def connectionLost(self, reason):
        {}
        self.factory.left.pop()
        if not self.factory.left:
            reactor.stop()
class Factory(ClientFactory):
    protocol = Poetry
    left = sys.argv[1:]
    def __init__(self, callback):
        self.callback = callback
    def got(self, poem):
        self.callback(poem.decode("utf-8", "strict"))
def got_poem(poem):
    print(poem)
for address in sys.argv[1:]:
    host, _, port = address.rpartition(":")
    reactor.connectTCP(host, int(port), Factory(got_poem))
reactor.run()
"""
TELLS = "self.factory.got(self.poem)"


def written(folder: Path, base: str, *pairs: str) -> Path:
    text = STAGES.find(base).file.read_text(encoding="utf-8")
    for old, new in zip(pairs[::2], pairs[1::2], strict=True):
        assert old in text, old
        text = text.replace(old, new)
    file = folder / "mine.py"
    file.write_text(text, encoding="utf-8")
    return file


@pytest.mark.parametrize("case", FAULTS, ids=lambda case: f"{case[0]}-{case[2][:30]}")
def test_the_first_line_names_the_cause(case: tuple[str, ...], tmp_path: Path) -> None:
    base, stage, words, *pairs = case
    report = report_of(written(tmp_path, base, *pairs), STAGES.find(stage or base))
    assert report.failed
    assert report.diagnosis
    assert words in report.diagnosis.cause["en"]
    assert report.diagnosis.cause["zh"]


def test_the_command_that_shows_it_can_be_typed_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = written(tmp_path, "client-3.1", "reactor.stop()", "pass")
    for folder, path in ((tmp_path, "mine.py"), (Path("/"), str(file)[1:])):
        monkeypatch.chdir(folder)
        report = report_of(file, STAGES.find("client-3.1"))
        command = f"companion trace {path} --as client-3.1 --with client-ends"
        assert report.command == command


DEAF = "import signal; signal.signal(2, signal.SIG_IGN); reactor.run(False)"
STOPS = """\
    def connectionLost(self, reason):
        reactor.stop()

    def connectionMade(self):"""
# What shows that it failed, in a file made of a stage, and in which check.
SHOWN = [
    (
        "client-4.0", "client-split", "UnicodeDecodeError",
        "chunks.append(data)", "chunks.append(data.decode().encode())",
    ),
    (
        "client-4.0", "client-refused", "KeyError",
        "        if reactor.running:  # or", "        {}[err]\n        if reactor.running:  # or",
    ),
    ("client-4.0", "client-ends", "waits for ever", "reactor.stop()", "pass"),
    (
        "client-4.0", "client-unknown", "KeyError",
        "        if reactor.running:  # or",
        "        {}[str(err)] if 'DNS' in str(err) else 0\n        if reactor.running:  # or",
    ),
    (
        "client-4.0", "client-utf-8", "KeyError",
        "        if reactor.running:  # or",
        "        {}[str(err)] if 'codec' in str(err) else 0\n        if reactor.running:  # or",
    ),
    (
        "client-5.0", "client-chance", "NameError",
        "        except GibberishError:", "        except Gibberish:",
    ),
    (
        "fastpoetry-1.0", "server-left", "1.000  ends with status 130",
        "    def connectionMade(self):", STOPS,
    ),
    ("transform-server", "transform-pieces", "no such", ".split(b", ".rsplit(b"),
    ("proxy-3.0", "proxy-cancels", "client 1", "d.cancel()", "pass"),
    ("simple", "demo-interrupted", "1.000  waits for ever", "reactor.run()", DEAF),
]  # fmt: skip


@pytest.mark.parametrize("case", SHOWN, ids=lambda case: case[1])
def test_the_command_shows_the_run_in_which_it_fails(
    case: tuple[str, ...],
    tmp_path: Path,
    typed: Typed,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    stage, key, shows, *pairs = case
    report = report_of(written(tmp_path, stage, *pairs), STAGES.find(stage), strict=True)
    keys = [one.check.key for one in report.failed]
    assert key in keys
    report = replace(report, results=report.failed[keys.index(key) :])
    assert report.command == f"companion trace mine.py --as {stage} --with {key}"
    status, out, _ = typed(*report.command.split()[1:])
    assert (status, shows in out) == (0, True), out


def test_a_cause_that_nobody_knows_is_not_made_up(tmp_path: Path) -> None:
    file = written(tmp_path, "fastpoetry-1.0", "self.factory.poem)", "self.factory.poem[::-1])")
    report = report_of(file, STAGES.find("fastpoetry-1.0"))
    assert report.failed
    assert report.diagnosis is None


HANDED_AS_AN_ATTRIBUTE = """\
import sys
from twisted.internet import reactor
from twisted.internet.protocol import ClientFactory, Protocol
class Poetry(Protocol):
    poem = b""
    def dataReceived(self, data):
        self.poem += data
    def connectionLost(self, reason):
        self.factory.callback(self.poem.decode())
class Factory(ClientFactory):
    protocol = Poetry
    def clientConnectionFailed(self, connector, reason):
        self.errback(reason)
def got_poem(poem):
    print(poem)
    done()
def no_poem(reason):
    print("no poem:", reason)
    done()
def done():
    left.pop()
    if not left:
        reactor.stop()
left = sys.argv[1:]
for address in sys.argv[1:]:
    host, _, port = address.rpartition(":")
    factory = Factory()
    factory.callback, factory.errback = got_poem, no_poem
    reactor.connectTCP(host, int(port), factory)
reactor.run()
"""


def test_a_callback_that_is_set_as_an_attribute_is_handed_over(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(HANDED_AS_AN_ATTRIBUTE, encoding="utf-8")
    report = report_of(file, STAGES.find("client-3.1"))
    assert [(one.check.key, one.happened) for one in report.failed] == []
    text = HANDED_AS_AN_ATTRIBUTE.replace("self.factory.callback(", "got_poem(")
    file.write_text(text.replace("self.errback(", "no_poem("), encoding="utf-8")
    report = report_of(file, STAGES.find("client-3.1"))
    assert [one.check.key for one in report.failed] == ["client-callback"]


def test_a_callback_is_called_once_and_not_for_each_piece(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(SO_FAR.format("pass", TELLS), encoding="utf-8")
    assert not report_of(file, STAGES.find("client-3.0")).failed
    text = SO_FAR.format(TELLS, "pass").replace('"strict"', "ERRORS")
    file.write_text(f"ERRORS = 'replace'\n{text}", encoding="utf-8")
    told = report_of(file, STAGES.find("client-3.0")).diagnosis
    assert told
    assert told.cause["en"].startswith("line 21: got_poem is called for each piece")
    for old, new in (
        ("callback):", "callback, seen):"),
        ("self.callback = callback", "self.callback, self.seen = callback, seen"),
        ("Factory(got_poem)", "Factory(got_poem, seen)"),
        ("def got_poem", "def seen(): pass\ndef got_poem"),
    ):
        text = text.replace(old, new)
    text = text.replace("        pass\n", "        self.factory.seen(); self.factory.seen()\n")
    file.write_text(f"ERRORS = 'replace'\n{text}", encoding="utf-8")
    told = report_of(file, STAGES.find("client-3.0")).diagnosis
    assert told
    assert "got_poem is called for each piece" in told.cause["en"]
