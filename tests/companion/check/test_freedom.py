"""What the tutorial does not ask for does not decide: right files that are not like the stages."""

from pathlib import Path

import pytest

from companion.check.run import SourceError
from companion.check.show import report_of
from companion.tutorial.stages import load_map
from tests.helpers.faults import DONE

STAGES = load_map()
COUNTERS = """\
from twisted.internet import reactor

left = ["A", "B", "C"]


def count(name, number, pace):
    if number:
        print(name, number)
        reactor.callLater(pace, count, name, number - 1, pace)
    else:
        left.remove(name)
        if not left:
            reactor.stop()


for name, number, pace in (("A", 5, 1), ("B", 3, 2), ("C", 4, 0.5)):
    reactor.callWhenRunning(count, name, number, pace)
reactor.run()
print("Done")
"""
TIMED = """\
        self.errback = errback
        self.is_done = False
        self.timer = reactor.callLater(2, self.late)

    def late(self):
        self.connector.disconnect()
        self.poem_failed(Failure(TimeoutError("too late")))"""
NO_ARGUMENTS = """\
    args = parser.parse_args()
    if not args.addresses:
        parser.print_help()
        sys.exit(0)
    return args"""
# The stage, what is advised, then old and new texts.
RIGHT: list[tuple[str, ...]] = [
    (
        "client-2.1", "usage",
        'nargs="+"', 'nargs="*"', "    return parser.parse_args()", NO_ARGUMENTS,
    ),
    ("client-2.1", "status interrupted", "exit(1)", "exit(0)"),
    (
        "client-4.0", "",
        "    poems = []", "    from twisted.python import log\n\n"
        "    log.startLogging(sys.stderr)\n    poems = []",
    ),
    (
        "client-5.0", "",
        "random.choice([success, gibberish, bug])()",
        "(success, gibberish, bug)[random.randrange(3)]()",
    ),
    ("client-4.0", "", "\n", "\r\n"),
    ("defer-1", "", "poem:", "verses, at last:", "Finished", "And that was all"),
    (
        "client-3.1", "",
        "        self.errback = errback", TIMED,
        "        self.callback(poem)", DONE.format("callback", "poem"),
        "        self.errback(err)", DONE.format("errback", "err"),
        "    factory = PoetryClientFactory(callback, errback)\n    reactor",
        "    factory = PoetryClientFactory(callback, errback)\n    factory.connector = reactor",
    ),
]  # fmt: skip


@pytest.mark.parametrize("case", RIGHT, ids=lambda case: f"{case[0]}-{case[1]}")
def test_what_is_only_otherwise_is_right(case: tuple[str, ...], tmp_path: Path) -> None:
    base, advice, *pairs = case
    text = STAGES.find(base).file.read_text(encoding="utf-8")
    for old, new in zip(pairs[::2], pairs[1::2], strict=True):
        assert old in text, old
        text = text.replace(old, new)
    file = tmp_path / "mine.py"
    file.write_bytes(text.encode())
    report = report_of(file, STAGES.find(base))
    assert [(one.check.key, one.happened) for one in report.failed] == []
    advised = {one.check.key.partition("-")[2] for one in report.results if not one.passed}
    assert advised == set(advice.split())


def test_three_counters_are_a_countdown(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(COUNTERS, encoding="utf-8")
    assert not report_of(file, STAGES.find("countdown")).failed


def test_a_server_finds_the_poem_that_lies_beside_it(tmp_path: Path) -> None:
    text = STAGES.find("fastpoetry-2.0").file.read_text(encoding="utf-8")
    file = tmp_path / "serve.py"
    file.write_text(text.replace("poetry/ecstasy.txt", "mine.txt"), encoding="utf-8")
    (tmp_path / "mine.txt").write_text("A poem of one's own.\n", encoding="utf-8")
    assert not report_of(file, STAGES.find("fastpoetry-2.0")).failed


def test_a_file_that_python_refuses_is_refused_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_bytes("import sys\n# für\n".encode("latin-1"))
    with pytest.raises(SourceError, match=r"mine.py, line 2: Non-UTF-8 code starting with"):
        report_of(file, STAGES.find("client-4.0"))
