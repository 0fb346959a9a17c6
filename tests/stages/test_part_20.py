"""Part 20: the Erlang client, a process for each poem."""

import re
import signal
from itertools import pairwise, permutations

import pytest

from companion.peers.script import fast, refused, reset_at, schedule, slow
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

GOT = re.compile(rb"Task (\d+): got (\d+) bytes of poetry from 127:0:0:1:(\d+)\n")
CRASH = """\
=ERROR REPORT==== DATE ===
Error in process PID with exit value:
{{%s},
 [{MODULE,get_poetry,%d,
      [{file,PATH},{line,N}]}]}

"""


@pytest.fixture(scope="session")
def client(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    return command("erlang-client-1", shared_folder(tmp_path_factory))


def split_output(output: bytes) -> tuple[list[tuple[int, ...]], bytes]:
    """The progress lines, as (task, bytes, port), and what follows them."""
    lines: list[tuple[int, ...]] = []
    end = 0
    while match := GOT.match(output, end):
        lines.append(tuple(map(int, match.groups())))
        end = match.end()
    return lines, output[end:]


def plain(errors: str) -> str:
    """Standard error without what differs from run to run."""
    for pattern, name in (
        (r"(?<=REPORT==== ).*(?= ===)", "DATE"),
        (r"<\d+\.\d+\.\d+>", "PID"),
        (r"'get-poetry__escript__\w+'", "MODULE"),
        (r'(?<=\{file,)"[^"]+"', "PATH"),
        (r"(?<=\{line,)\d+", "N"),
    ):
        errors = re.sub(pattern, name, errors)
    return errors


def test_as_printed_the_poems_interleave_and_the_last_to_arrive_is_printed_first(
    client: list[str],
) -> None:
    poems = [poem("fascination"), poem("science"), poem("ecstasy")]
    scripts = slow(poems[0], 10, 0.008), slow(poems[1], 10, 0.013), slow(poems[2], 30, 0.015)
    with serving(*scripts) as ports:
        status, output, errors = type_line(with_ports(printed(20)[0][0][0], ports))
    assert (status, errors) == (0, "")
    lines, rest = split_output(output)
    assert rest == b"".join(text + b"\n" for text in reversed(poems))
    for task, (text, port) in enumerate(zip(poems, ports, strict=True), 1):
        mine = [line for line in lines if line[0] == task]
        assert sum(size for _, size, _ in mine) == len(text)
        assert {peer for _, _, peer in mine} == {int(port)}
    assert sum(one[0] != two[0] for one, two in pairwise(lines)) > 30


def test_as_printed_a_refused_port_crashes_its_process_and_the_other_poem_arrives(
    client: list[str],
) -> None:
    with serving(slow(poem("pond"), 10, 0.01), *[refused()] * 4) as ports:
        status, output, errors = type_line(with_ports(printed(20)[1][0][0], ports))
    assert status == 1
    assert split_output(output)[1] == poem("pond") + b"\n"
    told = f"Task 2: 127.0.0.1:{ports[4]} failed: connection refused\n"
    assert told in errors
    report = CRASH % ("badmatch,{error,econnrefused}", 3)
    assert plain(errors.replace(told, "")) == report


@pytest.mark.parametrize("locale", LOCALES, ids=str)
def test_a_poem_is_printed_to_the_byte_in_any_locale(
    client: list[str], locale: dict[str, str]
) -> None:
    poems = poem("moonlight"), poem("cupbearer"), b""
    with serving(*(slow(text, 7, 0.001) for text in poems)) as ports:
        status, output, errors = run(client, *ports, locale=locale)
    assert (status, errors) == (0, "")
    orders = permutations([text + b"\n" for text in poems])
    assert split_output(output)[1] in {b"".join(order) for order in orders}


def test_a_poem_that_is_not_utf_8_fails_in_one_line_and_the_other_is_printed(
    client: list[str],
) -> None:
    with serving(slow(b"not UTF-8: \xff\xfe", 7, 0.001), fast(poem("moonlight"))) as ports:
        status, output, errors = run(client, *ports)
    assert (status, split_output(output)[1]) == (1, poem("moonlight") + b"\n")
    assert errors == f"Task 1: 127.0.0.1:{ports[0]} failed: the poem is not UTF-8\n"


def test_a_line_is_in_the_pipe_at_once_and_ctrl_c_ends_a_client_that_waits(
    client: list[str],
) -> None:
    with serving(schedule((0.0, b"a line\n"))) as (port,), started(client, port) as process:
        line = b"Task 1: got 7 bytes of poetry from 127:0:0:1:%s\n" % port.encode()
        assert read_line(process) == line
        status, output, errors, seconds = interrupt(process)
    assert (status, output, errors) == (-signal.SIGINT, b"", b"")
    assert seconds < 1


def test_the_crash_report_is_written_also_where_the_client_ends_at_once(client: list[str]) -> None:
    with serving(refused()) as (port,):
        status, output, errors = run(client, port)
    assert (status, output) == (1, b"")
    assert "badmatch,{error,econnrefused}" in errors


def test_a_poem_cut_short_by_a_reset_fails_and_is_not_printed(client: list[str]) -> None:
    with serving(reset_at(poem("spring"), 40, 10, 0.01), fast(poem("hope"))) as ports:
        status, output, errors = run(client, *ports)
    assert status == 1
    lines, rest = split_output(output)
    assert {task for task, _, _ in lines} == {1, 2}
    assert rest == poem("hope") + b"\n"
    assert f"Task 1: 127.0.0.1:{ports[0]} failed: connection reset by peer\n" in errors


def test_an_unknown_host_fails_in_one_line_beside_its_crash_report(client: list[str]) -> None:
    with serving(fast(poem("pond"))) as (port,):
        status, output, errors = run(client, "nobody.invalid:10001", f"localhost:{port}")
    assert status == 1
    assert split_output(output)[1] == poem("pond") + b"\n"
    assert len(re.findall(r"^Task \d: nobody\.invalid:10001 failed: .+$", errors, re.M)) == 1


@pytest.mark.parametrize("addresses", WRONG, ids=str)
def test_wrong_usage_is_refused_in_one_line(client: list[str], addresses: tuple[str, ...]) -> None:
    assert run(client, *addresses, locale={"LANG": "C"}) == (2, b"", WRONG[addresses])


def test_1200_poems_at_once(client: list[str]) -> None:
    with crowd(1200, b"a poem") as port:
        status, output, errors = run(client, *[port] * 1200)
    assert (status, errors) == (0, "")
    assert split_output(output)[1] == b"a poem\n" * 1200
