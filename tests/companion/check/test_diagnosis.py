"""The one cause: for each a wrong file, made of a stage, and the stage itself, which is right."""

from pathlib import Path

import pytest

from companion.check.show import report_of
from companion.tutorial.stages import load_map

STAGES = load_map()
IN_A_THREAD = """\
        reactor.callInThread(self.send)

    def send(self):
        self.transport.write("""
TWICE = """\
            d.callback(poem)
            d.callback(poem)"""
SLEEPS = """\
        import time

        time.sleep(2)
        poems.append(poem)"""
# The stage, what it is checked as, the words of the cause, then old and new texts.
CASES: list[tuple[str, ...]] = [
    (
        "client-2.1", "", "a bytes object is shown as if it were text",
        "self.factory.poem_finished(poem.decode())", "self.factory.poem_finished(poem)",
    ),
    (
        "client-4.0", "", "a piece is decoded by itself",
        "        self.chunks.append(data)", "        self.chunks.append(data.decode().encode())",
    ),
    (
        "client-4.0", "", "a piece is taken for the whole",
        "        self.chunks.append(data)", "        self.poemReceived(data)",
        '            self.poemReceived(b"".join(self.chunks))', "            pass",
    ),
    (
        "client-4.0", "", "poem_done: a function is called with more or fewer arguments",
        "def poem_done(result):", "def poem_done():",
    ),
    ("client-4.0", "", "sleep blocks the reactor for 2.0 s", "        poems.append(poem)", SLEEPS),
    (
        "client-4.0", "", "no connection is ever made",
        "in args.addresses:", "in args.addresses[:0]:",
    ),
    ("client-4.0", "", "never fires", "            d.callback(poem)", "            pass"),
    ("client-3.1", "", "nothing stops the reactor", "reactor.stop()", "pass"),
    (
        "client-4.0", "", "a Deferred is fired a second time",
        "            d.callback(poem)", TWICE,
    ),
    (
        "fastpoetry-1.0", "", "a transport takes bytes, not text",
        "write(self.factory.poem)", "write(self.factory.poem.decode())",
    ),
    (
        "fastpoetry-1.0", "", "transport.write is called in another thread",
        "        self.transport.write(", IN_A_THREAD,
    ),
    (
        "client-7.0", "", "a yield, or an await, is missing",
        "poem = yield proxy.xform(", "poem = proxy.xform(",
    ),
    ("client-3.1", "client-4.0", "this looks like client-3.1: it makes no Deferred"),
    ("client-2.1", "client-3.0", "this looks like client-2.1: no function of it is given"),
    ("client-6.0", "client-7.0", "this looks like client-6.0: no generator or coroutine"),
    (
        "client-7.0", "", "@inlineCallbacks is missing above",
        "    @inlineCallbacks\n", "",
    ),
    (
        "client-2.0", "", "the size is that of b'...'",
        "len(poem)", "len(str(poem))",
    ),
    (
        "client-4.0", "", "by a timer: cancel it when the poem is there",
        "    reactor.connectTCP(host, port, factory)",
        "    reactor.connectTCP(host, port, factory)\n    reactor.callLater(1, d.callback, '')",
    ),
    ("async-client", "client-2.0", "this looks like async-client: there is no Twisted in it"),
]  # fmt: skip


def written(folder: Path, base: str, *pairs: str) -> Path:
    text = STAGES.find(base).file.read_text(encoding="utf-8")
    for old, new in zip(pairs[::2], pairs[1::2], strict=True):
        assert old in text, old
        text = text.replace(old, new)
    file = folder / "mine.py"
    file.write_text(text, encoding="utf-8")
    return file


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]}-{case[2][:30]}")
def test_the_first_line_names_the_cause(case: tuple[str, ...], tmp_path: Path) -> None:
    base, stage, words, *pairs = case
    report = report_of(written(tmp_path, base, *pairs), STAGES.find(stage or base))
    assert report.failed
    assert report.diagnosis
    assert words in report.diagnosis.cause["en"]
    assert report.diagnosis.cause["zh"]
    assert report_of(STAGES.find(base).file, STAGES.find(base)).diagnosis is None


def test_the_command_that_shows_it_can_be_typed_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = written(tmp_path, "client-3.1", "reactor.stop()", "pass")
    for folder, path in ((tmp_path, "mine.py"), (Path("/"), str(file)[1:])):
        monkeypatch.chdir(folder)
        told = report_of(file, STAGES.find("client-3.1")).diagnosis
        assert told
        assert told.command == f"companion trace {path} --as client-3.1"


def test_a_cause_that_nobody_knows_is_not_made_up(tmp_path: Path) -> None:
    file = written(tmp_path, "fastpoetry-1.0", "self.factory.poem)", "self.factory.poem[::-1])")
    report = report_of(file, STAGES.find("fastpoetry-1.0"))
    assert report.failed
    assert report.diagnosis is None
