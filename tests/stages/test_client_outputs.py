"""Clients whose standard output or error can't take what they print."""

import sys

import pytest

from companion.peers import script
from tests.helpers import outputs
from tests.helpers.clients import (
    CUMMINGSIFY_FAILED,
    EVERY,
    PRINTING,
    RANDOM,
    STAGES,
    TRANSFORMING,
    fetch,
    outcome,
    printed,
)
from tests.helpers.native import run, serving

PERSIAN, ESCAPED = "سلام\n", "\\u0633\\u0644\\u0627\\u0645\n"
SHORT, LATER = script.fast(b"short\n"), script.slow(PERSIAN.encode())


@pytest.mark.parametrize("encoding", outputs.ENCODINGS)
@pytest.mark.parametrize("client", PRINTING)
def test_a_letter_that_the_terminal_lacks_is_shown_escaped(client: str, encoding: str) -> None:
    done = fetch(client, SHORT, LATER, probe=outputs.ENCODINGS[encoding])
    assert outcome(done) == (printed(client, "short\n", ESCAPED), "", 0)


@pytest.mark.parametrize("client", PRINTING)
def test_a_reader_that_has_left_ends_a_client_without_a_word(client: str) -> None:
    done = fetch(client, SHORT, LATER, probe=outputs.LEFT)
    assert outcome(done) == ("", "", 1)


@pytest.mark.parametrize("client", PRINTING)
def test_a_full_disk_ends_a_client_with_one_line(client: str) -> None:
    done = fetch(client, SHORT, LATER, probe=outputs.FULL)
    assert outcome(done) == ("", "can't print: No space left on device\n", 1)


@pytest.mark.parametrize(
    "client",
    [
        *("blocking-client", "async-client", "threaded-client", "asyncio-client"),
        *(client for client in EVERY if client != "client-3.0"),  # which tells of no failure
    ],
)
def test_a_failure_that_standard_error_can_t_take_is_a_failure_all_the_same(client: str) -> None:
    done = fetch(client, script.refused(), script.fast(b"short\n"), probe=outputs.ERRORS_FULL)
    assert (done.how, done.status) == ("exit", 1)
    assert done.seconds < 1
    # Where the exception reaches Twisted, the failure is told, and counted, once more.
    if client in PRINTING and client not in ("client-2.1", "client-3.1"):
        assert done.stdout == printed(client, "short\n")


# As true processes.


@pytest.mark.slow
@pytest.mark.parametrize("client", [name for name in PRINTING if name not in RANDOM])
@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("{} | true; exit ${{PIPESTATUS[0]}}", ("", "", 1)),
        ("{} > /dev/full", ("", "can't print: No space left on device\n", 1)),
        ("PYTHONIOENCODING=gbk {}", ("short\n\n" + ESCAPED + "\n", "", 0)),
        ("{} >&-", ("", "", 0)),
    ],
)
def test_typed_in_a_shell_it_is_the_same(
    client: str, line: str, told: tuple[str, str, int]
) -> None:
    with serving(SHORT, script.slow(PERSIAN.encode(), 3, 0.1), script.refused()) as ports:
        # Where nobody transforms, a poem is printed as it came.
        transforming = client in TRANSFORMING
        ports = [*ports[2:], *ports[:2]] if transforming else ports[:2]
        typed = line.format(" ".join([sys.executable, str(STAGES.find(client).file), *ports]))
        status, stdout, stderr = run(["bash", "-c", typed])
    output = stdout.decode().replace(CUMMINGSIFY_FAILED, "")
    assert (output, stderr, status) == told
