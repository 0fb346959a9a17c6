"""15.3: tests for the transform server and the proxy, run by trial over services that are right,
and over some that are not."""

import re
import shutil
import subprocess
import sys
from functools import lru_cache
from pathlib import Path

from companion.check.exercise import asks
from companion.check.native import started
from companion.check.subject import Subject, Unmet
from companion.tutorial.stages import ROOT

TIME = 30  # seconds that trial may take
LOWER = "poem.lower()", "poem.upper()"
KEPT = "self.poem = poem", "pass"


@lru_cache(maxsize=8)
def trial(file: Path, folder: Path, name: str = "", change: tuple[str, str] = ("", "")) -> str:
    """What trial says of a file of tests beside the stages, with a change in those of this name.

    Raises Unmet where it does not end.
    """
    tree = folder / (name or "tree")
    (tree / "tests").mkdir(parents=True)
    shutil.copy(file, tree / "tests" / file.name)
    for stage in ROOT.glob("twisted-*/*.py"):
        text = stage.read_text(encoding="utf-8")
        copied = tree / stage.relative_to(ROOT)
        copied.parent.mkdir(exist_ok=True)
        copied.write_text(text.replace(*change) if stage.name == name else text, encoding="utf-8")
    command = [sys.executable, "-m", "twisted.trial", f"tests/{file.name}"]
    with started(command, tree) as program:
        try:
            program.process.wait(TIME)
        except subprocess.TimeoutExpired:
            raise Unmet("tests that end", f"trial was ended after {TIME} seconds") from None
        return program.run(None).stdout.decode(errors="replace")


def last_line(told: str) -> str:
    return (told.strip().splitlines() or ["trial says nothing"])[-1]


@asks(
    "passes",
    name=("trial runs them all, and they pass", "trial 运行所有测试，全部通过"),
    hint=(
        "what a test leaves behind, a port or a connection, makes it fail: addCleanup",
        "测试留下的端口或连接会让它失败：用 addCleanup",
    ),
)
def passes(subject: Subject) -> None:
    told = trial(subject.file, subject.folder)
    count = re.search(r"^Ran (\d+) tests?", told, re.MULTILINE)
    right = count and int(count[1]) > 2 and last_line(told).startswith("PASSED")
    if not right:
        seen = f"{count[0] if count else 'Ran none'}; {last_line(told)}"
        raise Unmet("more than the two tests of the stage, and PASSED", seen)


def notices(subject: Subject, name: str, change: tuple[str, str], expected: str) -> None:
    """Raises Unmet where the tests pass over services that are wrong."""
    told = last_line(trial(subject.file, subject.folder, name, change))
    if told.startswith("PASSED"):
        raise Unmet(expected, told)


@asks(
    "transform",
    name=("a transform server that shouts is noticed", "转换服务器改成大写，测试能发现"),
    hint=(
        "compare the whole answer with what you expect, letter by letter",
        "把整个回答和期望的内容逐字比较",
    ),
)
def transform(subject: Subject) -> None:
    expected = "a test that fails where cummingsify gives capital letters"
    notices(subject, "transformedpoetry.py", LOWER, expected)


@asks(
    "proxy",
    name=("a proxy that keeps nothing is noticed", "代理什么都不缓存，测试能发现"),
    hint=(
        "ask twice, count how often the server is asked, and return the Deferred to trial",
        "请求两次，数一数服务器被请求了几次，并把 Deferred 返回给 trial",
    ),
)
def proxy(subject: Subject) -> None:
    expected = "a test that fails where the proxy fetches its poem each time"
    notices(subject, "poetry-proxy.py", KEPT, expected)
