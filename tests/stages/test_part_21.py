"""Part 21: the Haskell clients, which read their poems lazily."""

import re
import shutil
import signal
import subprocess
import time
from itertools import pairwise
from pathlib import Path

import pytest

from companion.peers.script import CLOSE, endless, fast, refused, reset_at, schedule, slow
from companion.tutorial.stages import ROOT
from tests.helpers.native import (
    LOCALES,
    WRONG,
    command,
    crowd,
    interrupt,
    poem,
    printed,
    read_line,
    run,
    serving,
    shared_folder,
    started,
    type_line,
    with_ports,
)

pytestmark = pytest.mark.slow

GOT = b"Task %d: got a line of %d bytes of poetry from 127.0.0.1:%s\n"
CLIENTS = "haskell-client-1", "haskell-client-2"
SELECT = "file descriptor 1024 out of range for select"

both = pytest.mark.parametrize("client", CLIENTS, indirect=True)


@pytest.fixture
def client(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    return command(request.param, shared_folder(tmp_path_factory))


@pytest.fixture
def client_1(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    return command(CLIENTS[0], shared_folder(tmp_path_factory))


@pytest.fixture
def client_2(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    return command(CLIENTS[1], shared_folder(tmp_path_factory))


def got_lines(task: int, text: bytes, port: str) -> list[bytes]:
    return [
        GOT % (task, len(line), port.encode()) for line in text.removesuffix(b"\n").split(b"\n")
    ]


def type_printed(number: int, folder: Path, ports: list[str]) -> tuple[int, bytes, str]:
    """Type a client's commands as printed, in a copy of its folder."""
    into, build, start = (with_ports(line, ports) for line in printed(21)[number][0])
    name = into.rpartition("/")[2].removeprefix("cd ")
    shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("*.hi", "*.o"))
    assert type_line(build, folder / name)[0] == 0
    return type_line(start, folder / name)


def test_as_printed_ghci_takes_parts_of_endless_lists() -> None:
    if not shutil.which("ghci"):
        pytest.skip("needs ghci; on Debian: apt-get install ghc")
    ((ghci,), entered), *_ = printed(21)
    done = subprocess.run(
        ghci, input="\n".join(entered), capture_output=True, text=True, timeout=20, check=True
    )
    shown = re.findall(r"^\S*> (.+)$", done.stdout, re.MULTILINE)
    assert shown[:4] == ["1", "2", "[4,6,8,10,12]", "(3,6,9)"]
    assert done.stderr == ""


def test_as_printed_client_1_prints_each_line_as_it_comes_and_each_poem_when_it_is_whole(
    client_1: list[str], tmp_path: Path
) -> None:
    poems = [poem("ecstasy"), poem("fascination"), poem("science")]
    scripts = slow(poems[0], 30, 0.02), fast(poems[1]), slow(poems[2], 10, 0.01)
    with serving(*scripts) as ports:
        status, output, errors = type_printed(1, tmp_path, ports)
    assert (status, errors) == (0, "")
    last, first, second = (output.index(text + b"\n") for text in poems)
    assert first < second < last
    for text in poems:
        output = output.replace(text + b"\n", b"", 1)
    lines = output.splitlines(keepends=True)
    for task, (text, port) in enumerate(zip(poems, ports, strict=True), 1):
        mine = [line for line in lines if line.startswith(b"Task %d:" % task)]
        assert mine == got_lines(task, text, port)
    assert len(lines) == sum(len(text.splitlines()) for text in poems)
    assert sum(one[:6] != two[:6] for one, two in pairwise(lines)) > 10


def test_as_printed_client_2_prints_the_poems_in_their_order(
    client_2: list[str], tmp_path: Path
) -> None:
    poems = [poem("fascination"), poem("science"), poem("ecstasy")]
    scripts = slow(poems[0], 10, 0.006), fast(poems[1]), slow(poems[2], 30, 0.004)
    with serving(*scripts) as ports:
        assert type_printed(2, tmp_path, ports) == (0, b"\n".join([*poems, b""]), "")


def test_client_2_prints_a_line_as_it_comes_and_what_has_arrived_meanwhile_at_once(
    client_2: list[str],
) -> None:
    first = schedule((0.0, b"one\ntw"), (0.4, b"o\n"), (0.4, CLOSE))
    with serving(first, fast(b"three\n" * 50)) as ports, started(client_2, *ports) as process:
        start = time.monotonic()
        assert read_line(process) == b"one\n"
        assert time.monotonic() - start < 0.3
        assert read_line(process) == b"two\n"
        waited = time.monotonic()
        assert b"".join(iter(lambda: read_line(process), b"")) == b"\n" + b"three\n" * 50 + b"\n"
        assert time.monotonic() - waited < 0.3


@pytest.mark.parametrize("locale", LOCALES, ids=str)
@both
def test_a_poem_is_printed_to_the_byte_in_any_locale(
    client: list[str], locale: dict[str, str]
) -> None:
    poems = poem("moonlight"), poem("cupbearer"), b"not UTF-8: \xff\xfe", b""
    for text in poems:
        with serving(slow(text, 7, 0.0001)) as (port,):
            status, output, errors = run(client, port, locale=locale)
        assert (status, errors) == (0, "")
        lines = b"".join(got_lines(1, text, port)) if text and b"Task" in output else b""
        assert output == lines + text + b"\n"


@both
def test_a_line_is_in_the_pipe_at_once_and_ctrl_c_ends_a_client_that_waits(
    client: list[str],
) -> None:
    with serving(schedule((0.0, b"a line\n"))) as (port,), started(client, port) as process:
        assert read_line(process) in {b"a line\n", *got_lines(1, b"a line", port)}
        status, output, errors, seconds = interrupt(process)
    assert (status, output, errors) == (-signal.SIGINT, b"", b"")
    assert seconds < 1


def test_client_1_ends_with_all_its_poems_at_a_refused_port(client_1: list[str]) -> None:
    with serving(slow(poem("pond"), 10, 0.2), refused(), fast(poem("hope"))) as ports:
        status, output, errors = run(client_1, *ports)
    assert (status, output) == (1, b"")
    assert errors == f"Task 2: 127.0.0.1:{ports[1]} failed: Connection refused\n"


def test_client_2_fetches_what_can_be_fetched_beside_a_refused_port_and_an_unknown_host(
    client_2: list[str],
) -> None:
    with serving(slow(poem("pond"), 10, 0.01), refused(), fast(poem("hope"))) as ports:
        hosts = [ports[0], ports[1], "nobody.invalid:10001", f"localhost:{ports[2]}"]
        status, output, errors = run(client_2, *hosts)
    assert (status, output) == (1, poem("pond") + b"\n" + poem("hope") + b"\n")
    refusal, unknown = errors.splitlines()
    assert refusal == f"Task 2: 127.0.0.1:{ports[1]} failed: Connection refused"
    assert re.fullmatch(r"Task 3: nobody\.invalid:10001 failed: .+", unknown)


@both
def test_an_unknown_host_is_told_in_one_line_though_it_is_not_ascii(client: list[str]) -> None:
    status, output, errors = run(client, "²:10001", locale={"LANG": "C"})
    assert (status, output) == (1, b"")
    assert re.fullmatch(r"Task 1: ²:10001 failed: .+\n", errors)


def test_client_1_does_not_print_a_poem_that_a_reset_cuts_short(client_1: list[str]) -> None:
    cut = schedule((0.0, b"one\ntwo\nthr"), (0.05, "reset"))
    with serving(cut, slow(poem("hope"), 10, 0.01)) as ports:
        status, output, errors = run(client_1, *ports)
    lines = [*got_lines(1, b"one\ntwo", ports[0]), *got_lines(2, poem("hope"), ports[1])]
    assert (status, output[-len(poem("hope")) - 1 :]) == (1, poem("hope") + b"\n")
    assert sorted(output[: -len(poem("hope")) - 1].splitlines(keepends=True)) == sorted(lines)
    assert errors == f"Task 1: 127.0.0.1:{ports[0]} failed: Connection reset by peer\n"


def test_client_2_says_that_a_poem_was_cut_short_by_a_reset(client_2: list[str]) -> None:
    with serving(reset_at(b"one\ntwo\nthree\n", 11, 11, 0.05), fast(poem("hope"))) as ports:
        status, output, errors = run(client_2, *ports)
    assert (status, output) == (1, b"one\ntwo\n" + poem("hope") + b"\n")
    assert errors == f"Task 1: 127.0.0.1:{ports[0]} failed: Connection reset by peer\n"


def test_client_1_prints_a_poem_in_one_piece_while_others_are_printed(client_1: list[str]) -> None:
    poems = [(letter * 999 + b"\n") * 300 for letter in (b"a", b"b", b"c")]
    with serving(*map(fast, poems)) as ports:
        status, output, errors = run(client_1, *ports)
    assert (status, errors) == (0, "")
    assert all(text + b"\n" in output for text in poems)


def test_client_1_does_not_starve_beside_a_server_that_never_stops(client_1: list[str]) -> None:
    with serving(endless(b"la\n" * 300), slow(b"whole\n" * 5, 6, 0.02)) as ports:
        wanted = [*got_lines(2, b"whole\n" * 5, ports[1]), *[b"whole\n"] * 5]
        with started(client_1, *ports) as process:
            got = (line for line in iter(lambda: read_line(process), b"") if b"Task 1" not in line)
            assert [next(got) for _ in wanted] == wanted


def test_client_2_keeps_poems_waiting_behind_one_that_does_not_end(client_2: list[str]) -> None:
    servers = serving(schedule((0.0, b"one\n")), fast(poem("hope")))
    with servers as ports, started(client_2, *ports) as process:
        time.sleep(0.3)
        status, output, errors, _ = interrupt(process)
    assert (status, output, errors) == (-signal.SIGINT, b"one\n", b"")


@both
@pytest.mark.parametrize("addresses", WRONG, ids=str)
def test_wrong_usage_is_refused_in_one_line(client: list[str], addresses: tuple[str, ...]) -> None:
    assert run(client, *addresses, locale={"LANG": "C"}) == (2, b"", WRONG[addresses])


@both
def test_ghcs_select_bears_no_more_than_1024_descriptors(client: list[str]) -> None:
    with crowd(1200, b"a poem") as port:
        status, output, errors = run(client, *[port] * 1200)
    assert (status, output) == (1, b"")
    assert errors.startswith(f"get-poetry: {SELECT}")
