"""The guide as it is served: who gets an answer, what nobody gets, and what is left of it."""

import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from html.parser import HTMLParser
from pathlib import Path

import pytest

from companion.guide.exercises import Studies
from companion.guide.pages import Guide
from companion.render.language import LANGUAGES
from companion.trace.show import TraceError
from companion.tutorial.exercises import EXERCISES, load_exercises
from companion.tutorial.parts import load_parts
from companion.tutorial.stages import ROOT, load_map
from tests.helpers.guide import COMMAND, ENVIRONMENT, Reply, Served, serving
from tests.helpers.ports import free_port
from tests.helpers.processes import all_gone, descendants, eventually

PAGES = (
    "index.html",
    "part-8.html",
    "steps/index.html",
    "steps/client-4.0.html",
    "trace/defer-5.html",
    "solution/8.1.html",
    "exercise-8.1.html",
    "exercise-9.2.html",
    "exercise-2.2.html",
)
RACE = {"one": "blocking-client", "other": "async-client"}
SOLVED = (EXERCISES / "8.1" / "get-poetry.py").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def guide(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("reader")) as served:
        yield served


def begun(guide: Served) -> str:
    """Begin a race, and wait until bytes arrive; where to ask how it stands."""
    place = f"/en/{guide.post('/en/race', **RACE).text}"
    assert eventually(lambda: bool(re.search(r'value="[1-9]', guide.ask(place).text)))
    return place


def report_of(guide: Served, number: str, says: str) -> str:
    """Ask how a file fares until the answer has these words."""
    replies: list[str] = []

    def asked() -> bool:
        replies.append(guide.ask(f"/en/exercise-{number}/report").text)
        return says in replies[-1]

    assert eventually(asked, 40), replies[-1]
    return replies[-1]


def test_nobody_gets_anything_without_the_token(guide: Served) -> None:
    for path in ("/", "/en/index.html", "/guide.css", "/en/exercise-8.1/report", "/nowhere"):
        for wrong in ("", "?token=", "?token=x", f"?token={guide.token[:-1]}"):
            assert guide.ask(path + wrong, cookie=False).status == 403
    assert guide.ask(f"/en/index.html?token={guide.token}", cookie=False).status == 403
    for cookie in (f"companion-{guide.port}=x", f"companion={guide.token}"):
        assert guide.ask("/en/index.html", cookie=False, Cookie=cookie).status == 403


def test_the_printed_address_gives_a_cookie_for_this_site_alone(guide: Served) -> None:
    reply = guide.ask(f"/?token={guide.token}", cookie=False)
    assert (reply.status, reply.headers["location"]) == (303, "/en/index.html")
    given, *rest = reply.headers["set-cookie"].split("; ")
    assert {one.lower() for one in rest} == {"path=/", "httponly", "samesite=strict"}
    assert guide.ask("/en/index.html", cookie=False, Cookie=given).status == 200


def test_a_foreign_host_or_origin_is_refused(guide: Served) -> None:
    port = guide.port
    for host in ("evil.example", f"evil.example:{port}", "127.0.0.1", f"127.0.0.1:{port + 1}"):
        assert guide.ask("/en/index.html", Host=host).status == 421
    for origin in ("null", "http://evil.example", "http://127.0.0.1", f"https://127.0.0.1:{port}"):
        assert guide.ask("/en/index.html", Origin=origin).status == 403
        assert guide.ask("/en/race", "POST", "one=async-client", Origin=origin).status == 403
    assert guide.ask("/en/race", "POST", "one=async-client").status == 403
    assert guide.ask("/en/index.html", Host=f"localhost:{port}").status == 200


@pytest.mark.parametrize(
    "path",
    [
        "/../stages.toml",
        "/stages.toml",
        "/en/../guide.css",
        "/en/%2e%2e/index.html",
        "/en/..%2f..%2fetc/passwd",
        "//etc/passwd",
        "/etc/passwd",
        "/en/trace/../../stages.toml",
        "/en/trace/%2fetc%2fpasswd.html",
        "/en/steps/..html",
        "/en/exercise-../exercise-8.1.html",
        "/en/exercise-8.1/../../secret.html",
        "/en/exercise-8.1/solution.py",
        "/en/exercise-%00.html",
        "/en/exercise-8.1",
        "/en/exercise-9.2/trace.html",
        "/en/race/x",
        "/fr/index.html",
        "/en/",
        "/.html",
        "/my/progress.txt",
    ],
)
def test_no_path_leads_anywhere_else(guide: Served, path: str) -> None:
    reply = guide.ask(path)
    assert (reply.status, reply.text) == (404, "The guide has no such page.\n")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "TRACE"])
def test_nothing_else_can_be_done(guide: Served, method: str) -> None:
    assert guide.ask("/en/index.html", method, Origin=guide.root).status == 404


class Markup(HTMLParser):
    """What of a page its policy is about."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += attrs


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_page_has_a_policy_without_exceptions_and_keeps_it(guide: Served, lang: str) -> None:
    replies = [guide.ask(f"/{lang}/{page}") for page in PAGES]
    assert [reply.status for reply in replies] == [200] * len(PAGES)
    for reply in (*replies, guide.ask("/guide.js"), guide.ask("/", cookie=False)):
        policy = reply.headers["content-security-policy"]
        sources = {word for part in policy.split("; ") for word in part.split()[1:]}
        assert {one for one in sources if not one.startswith("'sha256-")} == {"'self'", "'none'"}
        assert policy.startswith("default-src 'none'; ")
        assert reply.headers["x-content-type-options"] == "nosniff"
    for reply in replies:
        for name, value in Markup(reply.text).attributes:
            assert name != "style"
            assert not name.startswith("on")
            assert not (value or "").strip().lower().startswith("javascript:")


def test_what_is_sent_may_not_be_long(guide: Served) -> None:
    head = f"POST /en/race HTTP/1.1\r\nHost: 127.0.0.1:{guide.port}\r\nOrigin: {guide.root}\r\n"
    for length in ("Content-Length: 20001", "Transfer-Encoding: chunked"):
        with socket.create_connection(("127.0.0.1", guide.port), 10) as connection:
            connection.sendall(f"{head}{length}\r\n\r\n".encode())
            assert connection.recv(1000) == b""
    assert guide.post("/en/race", one="x", other="x" * 19_000).status == 404


def test_what_is_no_path_is_answered_too(guide: Served) -> None:
    for path in ("x:1", "/en/../../etc/passwd", "/%00"):
        assert guide.ask(path).status == 404, path


def test_pages_that_nobody_waits_for_any_more_are_not_made(guide: Served) -> None:
    head = f"Host: 127.0.0.1:{guide.port}\r\nCookie: companion-{guide.port}={guide.token}\r\n\r\n"
    for _ in range(100):
        with socket.create_connection(("127.0.0.1", guide.port), 10) as connection:
            connection.sendall(f"GET /en/trace/client-4.0.html HTTP/1.1\r\n{head}".encode())
    before = time.monotonic()
    assert guide.ask("/en/part-1.html").status == 200
    assert time.monotonic() - before < 10  # all of them take much longer


def test_it_listens_on_loopback_alone(guide: Served) -> None:
    listening = Path("/proc/net/tcp").read_text().splitlines()
    ours = [line.split() for line in listening if f":{guide.port:04X} " in line.split(" rem")[0]]
    places = {words[1] for words in ours if words[3] == "0A"}
    assert places == {f"0100007F:{guide.port:04X}"}


def test_nothing_races_but_clients_of_the_map(guide: Served) -> None:
    for one in ("", "nobody", "../x", "fastpoetry", "erlang-client", "defer-5", "--svg=x"):
        assert guide.post("/en/race", one=one, other="async-client").status == 404


def test_an_exercise_is_done_with_the_files_and_progress_of_companion_exercise(
    guide: Served,
) -> None:
    mine = guide.folder / "my" / "8.1" / "get-poetry.py"
    assert "Make my file" in guide.ask("/en/exercise-8.1.html").text
    assert not mine.exists()
    assert guide.ask("/en/exercise-8.1/report").text.count("There is no file my/8.1/get-poetry.py")
    reply = guide.post("/en/exercise-8.1.html", do="make")
    assert (reply.status, reply.headers["location"]) == (303, "/en/exercise-8.1.html")
    assert mine.read_text() == (ROOT / "twisted-client-4" / "get-poetry.py").read_text()
    assert "It is still the program that it starts from." in report_of(guide, "8.1", "still")
    assert guide.post("/en/exercise-8.1.html", do="hint").status == 303
    assert guide.ask("/en/exercise-8.1.html").text.count("A Deferred may fire only once") == 1
    mine.write_text(SOLVED.replace("def get_poetry", "def get_poetry("))
    assert "get-poetry.py, line" in report_of(guide, "8.1", "get-poetry.py, line")
    mine.write_text(SOLVED)
    done = report_of(guide, "8.1", "Exercise 8.1 is done.")
    assert re.search(r"8\.1: (\d+) of \1 checks passed", done)
    assert "练习 8.1 完成了。" in guide.ask("/zh/exercise-8.1/report").text
    progress = (guide.folder / "my" / "progress.txt").read_text()
    assert "8.1 done tried hints=1\n" in progress
    assert "1 of 82 exercises done." in guide.ask("/en/index.html").text
    assert "PoemLate" in guide.ask("/en/exercise-8.1/diff.html").text
    assert "data-player" in guide.ask("/en/exercise-8.1/trace.html").text


def test_a_question_is_answered_and_what_nobody_can_judge_is_kept(guide: Served) -> None:
    asked = guide.ask("/en/exercise-9.2.html").text
    choices = re.findall(r'value="(\d)" required> ([^<]+)<', asked)
    right = next(number for number, text in choices if text == "when c fails")
    wrong = next(number for number, text in choices if number != right)
    said = guide.post("/en/exercise-9.2.html", do="answer", text=wrong).text
    assert "Not so. " in said
    asked = guide.ask("/en/exercise-9.2.html").text
    choices = re.findall(r'value="(\d)" required> ([^<]+)<', asked)
    right = next(number for number, text in choices if text == "when c fails")
    assert "Right." in guide.post("/en/exercise-9.2.html", do="answer", text=right).text
    assert "9.2 done tried" in (guide.folder / "my" / "progress.txt").read_text()
    assert "Write something first." in guide.post("/en/exercise-2.2.html", do="answer").text
    text = "<b>等待</b>"
    guide.post("/en/exercise-2.2.html", do="answer", text=text)
    assert (guide.folder / "my/2.2/answer.txt").read_text("utf-8") == f"{text}\n"


def test_no_file_outside_the_readers_folder_is_read(guide: Served, tmp_path: Path) -> None:
    secret = tmp_path / "secret.py"
    secret.write_text("word = 'swordfish'\n")
    mine = guide.folder / "my" / "3.1" / "countdown.py"
    mine.parent.mkdir(parents=True, exist_ok=True)
    mine.symlink_to(secret)
    for what in ("report", "trace.html", "diff.html"):
        reply = guide.ask(f"/en/exercise-3.1/{what}")
        assert "my/3.1/countdown.py leads out of the folder my" in reply.text
        assert "swordfish" not in reply.text
    mine.unlink()
    with mine.open("wb") as file:
        file.truncate(100_001)
    assert "larger than 100,000 bytes" in guide.ask("/en/exercise-3.1/report").text
    mine.unlink()


def test_a_file_that_ends_what_it_is_forked_from_is_told_so_and_the_next_run_goes_on(
    guide: Served,
) -> None:
    guide.post("/en/exercise-3.2.html", do="make")
    (mine,) = (guide.folder / "my" / "3.2").glob("*.py")
    kept = mine.read_text("utf-8")
    mine.write_text("import os\nos.kill(os.getppid(), 9)\n")
    reply = guide.ask("/en/exercise-3.2/trace.html")
    assert reply.text == "the process that stages are forked from has ended\n"
    assert reply.status == 422
    mine.write_text(kept)
    assert "data-player" in guide.ask("/en/exercise-3.2/trace.html").text


def test_a_port_in_use_and_what_does_not_go_together_are_told_in_one_line(guide: Served) -> None:
    for words, status in (
        (["--port", str(guide.port)], 1),
        (["--build", "x", "--port", "1"], 2),
        (["--port", "65536"], 2),
    ):
        done = subprocess.run(
            [*COMMAND, "--no-open", *words],
            cwd=guide.folder,
            env=ENVIRONMENT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stdout) == (status, "")
        assert done.stderr.startswith("companion: ")
        assert done.stderr.count("\n") == 1
    assert not (guide.folder / "x").exists()


def test_it_is_opened_in_the_readers_browser_in_his_language(tmp_path: Path) -> None:
    port = free_port()
    kept = tmp_path / "opened"
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > {kept}\n')
    browser.chmod(0o755)
    words = [*COMMAND, "--port", str(port), "--lang", "zh"]
    environment = {**ENVIRONMENT, "BROWSER": str(browser)}
    with subprocess.Popen(
        words, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        said = process.stdout.readline()
        assert eventually(lambda: kept.exists() and kept.read_text().endswith("\n"))
        address = kept.read_text().strip()
        assert said == f"导览：{address}（按 Ctrl-C 结束）\n"
        assert address.startswith(f"http://127.0.0.1:{port}/?token=")
        served = Served(process, address, tmp_path)
        assert served.ask("/").headers["location"] == "/zh/index.html"
        assert served.end() == 130


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_in_the_middle_of_everything_leaves_nothing(
    tmp_path: Path, number: signal.Signals
) -> None:
    with serving(tmp_path) as guide:
        guide.post("/en/exercise-3.1.html", do="make")
        (tmp_path / "my/3.1/countdown.py").write_text("while True: pass\n")
        report_of(guide, "3.1", "being checked")
        begun(guide)
        pids = descendants(guide.process.pid)
        assert len(pids) >= 5  # a fork server and what it forked, a race and its clients
        before = time.monotonic()
        assert guide.end(number) == 128 + number
        assert time.monotonic() - before < 5
        assert all_gone(*pids)


@pytest.mark.slow
def test_its_end_is_that_of_what_is_checked_in_real_time(tmp_path: Path) -> None:
    with serving(tmp_path) as guide:
        guide.post("/en/exercise-15.3.html", do="make")
        (tmp_path / "my/15.3/test_poetry.py").write_text("while True: pass\n")
        report_of(guide, "15.3", "being checked")
        assert eventually(lambda: len(descendants(guide.process.pid)) == 1)
        pids = descendants(guide.process.pid)
        assert guide.end(signal.SIGTERM) == 143
        assert all_gone(*pids)


@pytest.mark.slow
def test_a_race_that_nobody_watches_any_more_is_over(tmp_path: Path) -> None:
    with serving(tmp_path) as guide:
        place = begun(guide)
        pids = descendants(guide.process.pid)
        assert pids
        time.sleep(5.5)
        assert all_gone(*pids)
        assert guide.ask(place).status == 404


@pytest.mark.slow
def test_ten_readers_at_once_all_see_their_races_to_the_end(tmp_path: Path) -> None:
    def race(guide: Served) -> Reply:
        place = f"/en/{guide.post('/en/race', one='async-client', other='asyncio-client').text}"
        while "data-over" not in (reply := guide.ask(place)).text:
            assert reply.status == 200
            time.sleep(0.3)
        return reply

    with serving(tmp_path) as guide, ThreadPoolExecutor(10) as readers:
        found = list(readers.map(race, [guide] * 10))
        assert all("6.9 s one after the other" in reply.text for reply in found)
        assert descendants(guide.process.pid) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("does", "judged", "traced"),
    [
        ("pass", "without ever waiting", "data-player"),
        ("print('x' * 1000)", "busy at", "too much to step through"),
        ("print('x' * 10**6)", "with 64 MB of output and events", "too much to step through"),
        ("print('x' * 10**7, end='')", "with 64 MB of output and events", "data-player"),
    ],
)
def test_a_program_without_end_is_bounded_and_stops_no_other_page(
    tmp_path: Path, does: str, judged: str, traced: str
) -> None:
    with serving(tmp_path) as guide:
        guide.post("/en/exercise-3.1.html", do="make")
        (tmp_path / "my/3.1/countdown.py").write_text(f"while True: {does}\n")
        report_of(guide, "3.1", "being checked")
        before = time.monotonic()
        assert guide.ask("/en/part-3.html").status == 200
        assert time.monotonic() - before < 3
        assert judged in report_of(guide, "3.1", "not tried: mend this first")
        shown = guide.ask("/en/exercise-3.1/trace.html").text
        assert traced in shown
        assert len(shown) < 1_000_000


def test_a_run_of_too_many_events_is_not_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    stages = load_map()
    studies = Studies(
        Guide(stages, load_parts(load_exercises(stages)), served=True), lambda judge: judge()
    )
    studies.do("3.1", "en", "make", "")
    assert "data-player" in studies.trace("3.1", "en")
    monkeypatch.setattr("companion.guide.exercises.MOST_EVENTS", 10)
    with pytest.raises(TraceError, match="more than 10 events: too many to step through"):
        studies.trace("3.1", "en")
