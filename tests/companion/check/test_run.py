"""A learner's own file through the behaviours of a stage: the stages pass, broken ones fail."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import cast

import pytest

from companion.check import pytest_plugin
from companion.check.run import CheckError, Result, checks_of, judged, load_checks, results_of
from companion.check.show import report_of, report_text
from companion.check.subject import Subject, kind_of
from companion.peers.scenario import Scenario
from companion.render.language import translated
from companion.render.terminal import Screen
from companion.tutorial.stages import ROOT, Stage, load_map
from companion.virtual import run as virtual_run
from companion.virtual.run import Run
from tests.helpers.fixtures import Typed

STAGES = load_map()


def checkable() -> Iterator[Stage]:
    for stage in STAGES.stages:
        try:
            yield stage if checks_of(stage) else pytest.fail(f"{stage.id} has no checks")
        except CheckError:
            assert not stage.path.endswith(".py") or stage.kind == "test"


NETWORK = [stage for stage in checkable() if stage.kind in ("client", "server", "proxy")]
DEMOS = [stage for stage in checkable() if stage not in NETWORK]
# Their output has frames of the file itself, or its name: as copies they have others.
FRAMES = (
    "client-2.0-stack",
    "stack",
    "defer-4",
    "defer-unhandled",
    "failure-examples",
    "inline-callbacks-tb",
)


def failed(results: Sequence[Result]) -> dict[str, tuple[str, str]]:
    return {
        result.check.key: (result.expected, result.happened)
        for result in results
        if not result.passed
    }


def results_for(file: Path, stage: str) -> list[Result]:
    with TemporaryDirectory() as folder:
        subject = Subject(file, STAGES.find(stage), Path(folder))
        return list(results_of(subject, checks_of(subject.stage)))


def checked(file: Path, stage: str) -> dict[str, tuple[str, str]]:
    """What a file fails in, by key: what was expected and what happened."""
    results = results_for(file, stage)
    assert not results[-1].left_out
    return failed(results)


# Every stage is what it is to be.


@pytest.mark.slow
@pytest.mark.parametrize("stage", NETWORK, ids=lambda stage: stage.id)
def test_every_network_stage_passes_all_its_own_checks(stage: Stage) -> None:
    assert len(checks_of(stage)) >= 3
    assert checked(stage.file, stage.id) == {}


def test_every_demonstration_passes_all_its_own_checks() -> None:
    assert len(DEMOS) > 45
    assert {stage.id: checked(stage.file, stage.id) for stage in DEMOS} == {
        stage.id: {} for stage in DEMOS
    }


@pytest.mark.parametrize("name", FRAMES)
def test_a_copy_prints_the_same_though_its_tracebacks_name_another_file(
    name: str, tmp_path: Path
) -> None:
    file = tmp_path / "mine.py"
    file.write_bytes(b"\n\n# mine\n" + STAGES.find(name).file.read_bytes())
    assert checked(file, name) == {}


def test_a_stage_that_a_check_is_not_for_would_fail_in_it(tmp_path: Path) -> None:
    # What an early client may have, too, or what is checked for it under another name.
    counts = {"client-reset", "client-utf-8", "client-stderr", "client-alone"}
    counts |= {"client-refused", "client-endures", "client-gives-up", "client-hangs-up"}
    left_out = [
        (check, stage)
        for check in load_checks()
        for stage in NETWORK
        if check.key.startswith(f"{kind_of(stage)}-") and not check.applies(stage)
        if check.group != "lesson" and check.key not in counts
    ]
    assert len(left_out) > 20
    for check, stage in left_out:
        subject = Subject(stage.file, stage, tmp_path)
        assert not judged(check, subject).passed, (check.key, stage.id)


def earlier(stage: Stage) -> Iterator[Stage]:
    """The stages that it grew from."""
    while stage.after:
        stage = STAGES.by_id[stage.after]
        if stage in [*NETWORK, *DEMOS]:
            yield stage


LATER = [stage for stage in [*NETWORK, *DEMOS] if any(earlier(stage))]


@pytest.mark.slow
@pytest.mark.parametrize("stage", LATER, ids=lambda stage: stage.id)
def test_an_earlier_stage_fails_as_a_later_one_unless_the_map_says_they_are_alike(
    stage: Stage,
) -> None:
    passed = [one.id for one in earlier(stage) if not report_of(one.file, stage).failed]
    assert bool(passed) == ("alike" in stage.traits), passed


# Broken variants: the stage, what it is checked as, what has to fail, then old and new texts.

REPLACED = 'append(data.decode(errors="replace").encode())'
DEAF_TO_CTRL_C = "import signal; signal.signal(2, signal.SIG_IGN); reactor.run(False)"
RETURN_POEM = "\n            return poem\n\n        return proxy"
IN_A_THREAD = """\
        reactor.callInThread(self.send)

    def send(self):
        self.transport.write("""
GIVES_UP = """\
        self.errback = errback
        self.late = reactor.callLater(5, self.give_up)

    def give_up(self):
        self.late = None
        self.poem_failed(Failure(TimeoutError("too late")))

    def done(self):
        if self.late:
            self.late.cancel()
"""
VARIANTS: list[tuple[str, ...]] = [
    (
        "client-3.1", "", "gives-up", "        self.errback = errback\n", GIVES_UP,
        "        self.callback(poem)", "        self.done()\n        self.callback(poem)",
        "        self.poem_failed(reason)",
        "        self.done()\n        self.poem_failed(reason)",
    ),
    ("client-4.0", "", "hangs-up", "d = Deferred()", "d = Deferred().addTimeout(2, reactor)"),
    ("async-client", "", "waits", "(waiting, [], [])", "(waiting, [], [], 0)"),
    (
        "client-3.1", "", "refused",
        "errors.append(err)\n        poem_done()", "errors.append(err)",
    ),
    (
        "client-3.1", "", "ends split longest refused unknown reset utf-8 status",
        "reactor.stop()", "pass",
    ),
    ("client-3.1", "", "reset interrupted", "if reason.check(ConnectionDone):", "if True:"),
    ("client-4.0", "", "status usage interrupted", "exit(1)", "exit(0)", "< 65536", "< 199999"),
    ("client-3.0", "client-3.1", "refused unknown reset utf-8 stderr status"),
    ("async-client", "client-2.0", "reactor protocol"),
    ("client-2.1", "client-3.0", "callback"),
    ("blocking-client", "", "endures unknown reset", "except (OSError,", "except (KeyError,"),
    ("client-3.1", "client-4.0", "deferred"),
    ("client-6.0", "client-8.0", "generator list"),
    ("client-8.0", "client-9.0", "timeout"),
    ("client-9.0", "", "timeout", "        self.transport.abortConnection()", "        pass"),
    ("async-client", "threaded-client", "thread"),
    ("threaded-client", "asyncio-client", "task"),
    ("client-3.1", "", "stderr", "file=sys.stderr", "file=sys.stdout"),
    ("slow-server", "fastpoetry-1.0", "many reactor"),
    ("proxy-1.0", "proxy-2.0", "always"),
    ("fastpoetry-1.0", "", "thread", "        self.transport.write(", IN_A_THREAD),
    ("client-1.0-broken", "client-1.0", "turns interrupted"),
    ("blocking-client", "async-client", "longest turns"),
    ("async-client", "blocking-client", "adds"),
    ("client-5.0", "", "chance", "        except GibberishError:\n            raise\n", ""),
    ("client-6.0", "", "alone", RETURN_POEM, "\n\n        return proxy"),
    ("slow-server", "", "pace", "time.sleep(delay)", "pass"),
    ("slow-server", "", "left", "except OSError:", "except KeyError:"),
    (
        "fastpoetry-1.0", "", "bytes usage interrupted",
        "_file.read()", '_file.read().replace(b"\\r", b"")',
        "parser.error(", "sys.exit(", "exit(130)", "exit(0)",
    ),
    ("fastpoetry-3.0", "", "serves bytes many left", "poem_file.read()", "poem_file.read(1)"),
    ("fastpoetry-1.0", "", "port", "listenTCP(args.port,", "listenTCP(0,"),
    ("transform-server", "", "answers pieces bad unknown", "return poem.lower()", "return poem"),
    ("transform-server", "", "pieces", ".split(", ".rsplit("),
    ("transform-server", "", "bad unknown", "return None", 'return b""'),
    (
        "transform-server", "", "usage interrupted",
        "< 65536", "< 199999", "exit(130)", "exit(0)",
    ),
    ("proxy-2.0", "proxy-3.0", "cancels"),
    ("proxy-2.0", "", "caches", "self.poem = poem", "pass"),
    ("proxy-2.0", "", "refused recovers", "self.transport.abortConnection()", "pass"),
    (
        "proxy-2.0", "", "whole caches recovers usage interrupted",
        "write(poem)", 'write(poem.replace(b"\\r", b""))',
        "< 65536", "< 199999", "exit(130)", "exit(0)",
    ),
    (
        "gen-4", "", "sends",
        "generator.send(10)", "next(generator)", "generator.send(20)", "next(generator)",
    ),
    ("countdown", "", "happens", "callLater(1,", "callLater(2,"),
    ("countdown", "", "happens ends", "reactor.stop()", "pass"),
    ("simple", "", "interrupted", "reactor.run()", DEAF_TO_CTRL_C),
]  # fmt: skip


CHINESE = re.compile("[\u4e00-\u9fff]")


def broken(base: str, *pairs: str) -> str:
    text = STAGES.find(base).file.read_text(encoding="utf-8")
    for old, new in zip(pairs[::2], pairs[1::2], strict=True):
        assert old in text
        text = text.replace(old, new)
    return text


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda it: f"{it[0]}-{it[2].replace(' ', '-')}")
def test_a_broken_variant_fails_in_what_was_broken_and_in_nothing_else(
    variant: tuple[str, ...], tmp_path: Path
) -> None:
    base, stage, keys, *pairs = variant
    file = tmp_path / "mine.py"
    file.write_text(broken(base, *pairs), encoding="utf-8")
    failed = checked(file, stage or base)
    assert {key.partition("-")[2] for key in failed} == set(keys.split())
    texts = [text for pair in failed.values() for text in pair]
    assert [text for text in texts if not CHINESE.search(translated("zh", text))] == []


def test_each_check_has_a_variant_that_fails_in_it() -> None:
    shown = {
        f"{kind_of(STAGES.find(stage or base))}-{key}"
        for base, stage, keys, *_ in VARIANTS
        for key in keys.split()
    }
    shown.add("server-many")  # a server that blocks, below
    assert {check.key for check in load_checks()} - shown == set()


# What learners write themselves.

OWN_CLIENT = """
import sys
from twisted.internet import defer, error, protocol, reactor
from twisted.internet.endpoints import HostnameEndpoint, connectProtocol

class Collector(protocol.Protocol):
    def __init__(self):
        self.data = b""
        self.done = defer.Deferred(lambda _: self.transport.abortConnection())
    def dataReceived(self, data):
        self.data += data
    def connectionLost(self, why):
        if why.check(error.ConnectionDone):
            self.done.callback(self.data)
        elif not self.done.called:
            self.done.errback(why)

async def fetch(host, port):
    endpoint = HostnameEndpoint(reactor, host, port, timeout=5)
    collector = await connectProtocol(endpoint, Collector())
    collector.done.addTimeout(30, reactor)
    return (await collector.done).decode()

async def show(addresses):
    wanted = [defer.ensureDeferred(fetch(*address)) for address in addresses]
    for good, result in await defer.DeferredList(wanted, consumeErrors=True):
        if good:
            print(result)
        elif reactor.running:
            print("no poem:", result.value, file=sys.stderr)
        failed.append(not good)
    if reactor.running:
        reactor.stop()

addresses, failed = [], []
for text in sys.argv[1:]:
    host, _, port = text.rpartition(":")
    if not port.isdecimal() or not 0 < int(port) < 65536:
        sys.exit(print(text, "is no address", file=sys.stderr) or 2)
    addresses.append((host or "127.0.0.1", int(port)))
if not addresses:
    sys.exit(print("which poems?", file=sys.stderr) or 2)
defer.ensureDeferred(show(addresses))
reactor.run()
sys.exit(any(failed) or not failed)
"""
OWN_SERVER = """
import argparse, socket, sys
parser = argparse.ArgumentParser()
parser.add_argument("--port", type=int, choices=range(65536), metavar="PORT", default=0)
parser.add_argument("poem", type=argparse.FileType("rb"))
args = parser.parse_args()
poem = args.poem.read()
listening = socket.create_server(("127.0.0.1", args.port))
try:
    while True:
        client, _ = listening.accept()
        try:
            client.sendall(poem)
        except OSError:
            pass
        client.close()
except KeyboardInterrupt:
    sys.exit(130)
"""


def written(folder: Path, text: str) -> Path:
    file = folder / "mine.py"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_client_in_words_of_its_own_passes_with_a_timeout_and_in_another_order(
    tmp_path: Path,
) -> None:
    assert checked(written(tmp_path, OWN_CLIENT), "client-4.0") == {}


def test_a_server_that_blocks_fails_beside_a_client_that_never_reads(tmp_path: Path) -> None:
    assert checked(written(tmp_path, OWN_SERVER), "fastpoetry-1.0") == {
        "server-many": (
            "a poem for each of three clients, beside one that never reads",
            "a client got 0 bytes and no end",
        ),
        "server-reactor": (
            "the library's reactor runs it, and no loop of its own",
            "it waits for ever from t=60.000 s in accept",
        ),
    }


def test_a_failure_says_what_was_expected_and_what_happened(tmp_path: Path) -> None:
    file = written(tmp_path, broken("client-3.1", "append(data)", REPLACED))
    told = checked(file, "client-3.1")
    assert list(told) == ["client-split"]
    expected, happened = told["client-split"]
    assert expected.endswith("… in the output, to the last character")
    assert happened.startswith("its first 2 characters are there, and then '\ufffd")


def test_one_that_never_waits_is_told_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("companion.check.subject.LIMIT", 0.1)
    file = written(tmp_path, "x = 1\nwhile x: x += 1\n")
    (result,) = results_for(file, "client-3.1")
    assert result.expected == "a program that waits for what comes, and for nothing else"
    assert result.happened.startswith("it was busy at t=0.000 s without ever waiting, in ")
    assert result.left_out == len(checks_of(STAGES.find("client-3.1"))) - 1


def test_a_cause_is_found_where_the_traced_run_takes_too_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    played: list[Scenario] = []

    def play(stage: Stage, scenario: Scenario, *, limit: float) -> Run:
        run = virtual_run.play(stage, scenario, limit=limit)
        again = scenario.traced and replace(scenario, traced=False) in played
        played.append(scenario)
        return replace(run, cpu=99.0) if again else run

    monkeypatch.setattr("companion.check.subject.play", play)
    file = written(tmp_path, broken("client-3.1", "append(data)", REPLACED))
    report = report_of(file, STAGES.find("client-3.1"))
    assert report.diagnosis
    assert "errors='replace' hides" in report.diagnosis.cause["en"]


# The command.


HALT = broken("countdown", "reactor.callLater(1,", "reactor.callLater(2,")
TOLD = """\
cause     line 11: no timer goes off at 1.0 s: reactor.callLater(seconds, function) sets one \
(companion part 3)
expected  a timer goes off at 1.0 s, after: something is printed
happened  in its place: a timer goes off at 2.0 s
to see it companion trace mine.py --as countdown --with demo-happens

What the tutorial asks for
fail  what happens in the stage happens in it
pass  it ends as the stage ends
beyond the tutorial: all that a robust program does, too
mine.py as countdown: 1 of 2 checks passed
"""


def test_the_cause_comes_first_and_the_status_tells_whether_all_have_passed(
    tmp_path: Path, typed: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = str(written(tmp_path, HALT))
    last = "Next: companion trace mine.py --as countdown --with demo-happens\n"
    assert typed("check", file, "--as", "countdown") == (1, TOLD + last, "")
    status, out, err = typed("check", str(ROOT / "basic-twisted/hello.py"), "--as", "hello")
    assert (status, err) == (0, "")
    assert out.splitlines()[-2:] == [
        "hello.py as hello: 2 of 2 checks passed",
        f"Next: companion diff hello {ROOT / 'basic-twisted/hello.py'}",
    ]


def test_on_a_terminal_the_words_have_colours_and_the_lines_fit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    report = report_of(written(tmp_path, HALT), STAGES.find("countdown"))
    assert report_text(report, Screen(50, True)).splitlines()[:11] == [
        "cause     line 11: no timer goes off at 1.0 s:",
        "          reactor.callLater(seconds, function)",
        "          sets one (companion part 3)",
        "expected  a timer goes off at 1.0 s, after:",
        "          something is printed",
        "happened  in its place: a timer goes off at 2.0 s",
        "to see it companion trace mine.py --as countdown --with demo-happens",
        "",
        "What the tutorial asks for",
        "\x1b[31mfail\x1b[0m  what happens in the stage happens in it",
        "\x1b[32mpass\x1b[0m  it ends as the stage ends",
    ]


def test_in_chinese_names_hints_and_causes_are_chinese(tmp_path: Path) -> None:
    report = report_of(written(tmp_path, HALT), STAGES.find("countdown"))
    text = report_text(report, Screen(lang="zh"))
    assert text.splitlines()[:3] == [
        "原因      第 11 行：1.0 秒时没有定时器到点：用 reactor.callLater(秒数, 函数) 设置"
        "（companion part 3）",
        "应有      定时器在 1.0 秒时触发，在此之后：打印了内容",
        "实际      取而代之的是：定时器在 2.0 秒时触发",
    ]
    assert "失败  阶段中发生的事，它里面都发生了" in text
    assert text.endswith("mine.py（countdown）：2 项检查通过 1 项")


def test_what_is_beyond_the_tutorial_is_advice_and_decides_where_it_is_strict(
    tmp_path: Path, typed: Typed
) -> None:
    file = str(written(tmp_path, broken("client-3.1", "file=sys.stderr", "file=sys.stdout")))
    status, out, _ = typed("check", file, "--as", "client-3.1")
    assert status == 0
    assert "could  failures are reported on standard error" in out
    assert "\nmine.py as client-3.1: 10 of 10 checks passed; 1 to think about\nNext: " in out
    status, out, _ = typed("check", file, "--as", "client-3.1", "--strict")
    assert status == 1
    assert "fail  failures are reported on standard error" in out


def test_json_has_every_check_its_group_and_the_cause(tmp_path: Path, typed: Typed) -> None:
    file = str(written(tmp_path, HALT))
    status, out, err = typed("check", file, "--as", "countdown", "--json")
    told = json.loads(out)
    assert (status, err, told["file"], told["not_tried"]) == (1, "", file, 0)
    assert (told["passed"], told["diagnosis"]["part"]) == (False, 3)
    assert told["diagnosis"]["cause"].startswith("line 11: no timer goes off at 1.0 s: ")
    first, second, third = told["checks"]
    assert first == {
        "check": "demo-happens",
        "group": "asked",
        "name": "what happens in the stage happens in it",
        "passed": False,
        "expected": "a timer goes off at 1.0 s, after: something is printed",
        "happened": "in its place: a timer goes off at 2.0 s",
        "hint": "companion trace countdown shows what happens in the stage (companion part 3)",
    }
    assert (second["check"], second["passed"]) == ("demo-ends", True)
    assert (third["group"], third["passed"]) == ("beyond", True)


@pytest.mark.parametrize(
    ("name", "content", "stage", "status", "told"),
    [
        ("mine.py", "x = 1\ndef f(:\n", "hello", 1, "mine.py, line 2: not Python: invalid syntax"),
        ("mine.py", "\0", "hello", 1,
         "mine.py: not Python: source code string cannot contain null bytes"),
        ("mine", "", "hello", 1, "mine: a Python program is wanted, with a name that ends in .py"),
        ("mine.py", "", "haskell-client-1", 2,
         "haskell-client-1 is not a plain Python program, so it has no checks"),
        ("mine.py", "", "nix", 2,
         "no stage is called 'nix'; companion list shows them all"),
    ],
)  # fmt: skip
def test_what_can_t_be_checked_is_told_in_one_line(
    name: str, content: str, stage: str, status: int, told: str,
    tmp_path: Path, typed: Typed,
) -> None:  # fmt: skip
    (tmp_path / name).write_text(content)
    line = f"companion: {told}\n"
    assert typed("check", str(tmp_path / name), "--as", stage) == (status, "", line)


def test_a_file_that_is_not_there_is_wrong_usage(typed: Typed) -> None:
    line = "companion: there is no file nix.py\n"
    assert typed("check", "nix.py", "--as", "hello") == (2, "", line)


# pytest --stage-file FILE --as STAGE

NO_PLUGINS = [f"-pno:{name}" for name in ("cacheprovider", "xdist", "hypothesispytest")]


def run_pytest(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "pytest", "-q", *NO_PLUGINS, *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_pytest_runs_the_same_checks_of_a_file_anywhere_and_no_other_test(tmp_path: Path) -> None:
    written(tmp_path, broken("client-3.1", "exit(1)", "exit(0)", "append(data)", REPLACED))
    done = run_pytest(tmp_path, "-v", "--stage-file", "mine.py", "--as", "client-3.1")
    assert "test_stage[poems in three scripts arrive to the byte, wherever" in done.stdout
    report = done.stdout.partition("FAILURES")[2].splitlines()
    assert report[2].startswith("cause     line 56: errors='replace' hides that a piece was cut")
    assert report[3].startswith("expected  ")
    assert done.stdout.splitlines()[-1].strip("= ").startswith("1 failed, 14 passed, 2 skipped")
    assert (done.stderr, done.returncode) == ("", 1)
    strict = run_pytest(tmp_path, "--stage-file", "mine.py", "--as", "client-3.1", "--stage-strict")
    assert strict.stdout.splitlines()[-1].startswith("3 failed, 14 passed in ")


BELONG = "--stage-file FILE and --as STAGE, or --exercise NUMBER, belong together"


@pytest.mark.parametrize(
    ("file", "stage", "line"),
    [
        ("hello.py", "nix", "no stage is called 'nix'; companion list shows them all"),
        ("nix.py", "hello", "--stage-file: there is no file nix.py"),
        ("hello.py", None, BELONG),
        (None, "hello", BELONG),
    ],
)
def test_pytest_refuses_what_can_t_be_checked(
    file: str | None, stage: str | None, line: str
) -> None:
    config = SimpleNamespace(
        getoption={"stage_file": file, "stage_as": stage, "exercise": None}.__getitem__,
        invocation_params=SimpleNamespace(dir=ROOT / "basic-twisted"),
    )
    with pytest.raises(pytest.UsageError) as refused:
        pytest_plugin.pytest_configure(cast(pytest.Config, config))
    assert str(refused.value) == line


def test_in_a_chinese_locale_the_names_of_the_tests_and_refusals_are_chinese(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    written(tmp_path, "print(1)\n")
    words = "--stage-file", "mine.py", "--as"
    assert "test_stage[它和阶段一样结束]" in run_pytest(tmp_path, *words, "hello", "--co").stdout
    said = run_pytest(tmp_path, *words, "clint-4.0").stderr
    assert "ERROR: 没有阶段叫 'clint-4.0'；是不是 client-4.0？" in said


def test_without_the_option_there_is_no_such_test(pytestconfig: pytest.Config) -> None:
    here = ROOT / "tests" / "test_stage_file.py"
    assert pytestconfig.hook.pytest_ignore_collect(collection_path=here, config=pytestconfig)


COROUTINE_PROXY = """\
import sys

from twisted.internet import defer, endpoints, protocol, reactor


class Download(protocol.Protocol):
    def __init__(self):
        self.pieces, self.poem = [], defer.Deferred()

    def dataReceived(self, piece):
        self.pieces.append(piece)

    def connectionLost(self, reason):
        self.poem.callback(b"".join(self.pieces))


kept = []


async def get_poem():
    if not kept:
        port = int(sys.argv[-1].split(":")[-1])
        upstream = endpoints.HostnameEndpoint(reactor, "127.0.0.1", port)
        download = await endpoints.connectProtocol(upstream, Download())
        kept.append(await download.poem)
    return kept[0]


class Proxy(protocol.Protocol):
    def connectionMade(self):
        d = defer.ensureDeferred(get_poem())
        d.addCallback(self.transport.write)
        d.addBoth(lambda _: self.transport.loseConnection())


reactor.listenTCP(0, protocol.Factory.forProtocol(Proxy), interface="127.0.0.1")
reactor.run()
"""


def test_a_coroutine_gives_a_deferred_also_for_a_poem_that_is_kept(tmp_path: Path) -> None:
    report = report_of(written(tmp_path, COROUTINE_PROXY), STAGES.find("proxy-2.0"))
    assert [(one.check.key, one.happened) for one in report.failed] == []
    earlier = report_of(STAGES.find("proxy-1.0").file, STAGES.find("proxy-2.0"))
    assert [one.check.key for one in earlier.failed] == ["proxy-always"]
