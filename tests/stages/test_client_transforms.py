"""Clients 5 to 9 send a poem through an engine that may fail, in simulated time."""

import pytest

from companion.peers import script
from companion.peers.script import CLOSE, RESET, answering
from companion.tutorial.poems import find_poem
from tests.helpers.clients import (
    CUMMINGSIFY_FAILED,
    PATIENT,
    RANDOM,
    REFUSED,
    TRANSFORMING,
    failure,
    fetch,
    outcome,
    printed,
)
from tests.helpers.netstrings import netstring

POEM = "ΜΗΝΙΝ Ἄειδε\r\n不覺曉\n"
LOWER = "μηνιν ἄειδε\r\n不覺曉\n"
NAME = b"cummingsify."


# The engine of client 5, whose outcomes are fixed.


@pytest.mark.parametrize("client", RANDOM)
def test_a_poem_is_in_lower_case_or_as_it_was_or_given_up(client: str) -> None:
    poem = script.fast(POEM.encode())
    assert outcome(fetch(client, poem, choices=["success"])) == (f"{LOWER}\n", "", 0)
    as_it_was = f"{CUMMINGSIFY_FAILED}{POEM}\n"
    assert outcome(fetch(client, poem, choices=["bug"])) == (as_it_was, "", 0)
    given_up = failure(client, 1, "nothing but gibberish")
    assert outcome(fetch(client, poem, choices=["gibberish"])) == ("", given_up, 1)


@pytest.mark.parametrize("client", RANDOM)
def test_each_poem_of_several_has_its_own_outcome_when_it_comes(client: str) -> None:
    servers = [script.slow(f"POEM {number}".encode(), 10 - number) for number in (1, 2, 3)]
    run = fetch(client, *servers, choices=["bug", "gibberish", "success"])
    # In the order of arrival: 1 and 2 take one piece; 3 too. Each piece takes a tenth.
    assert run.stdout == f"{CUMMINGSIFY_FAILED}POEM 1\npoem 3\n"
    assert run.stderr == failure(client, 2, "nothing but gibberish")
    assert run.status == 1


@pytest.mark.parametrize("client", RANDOM)
def test_a_download_that_fails_does_not_reach_the_engine(client: str) -> None:
    for choice in ("success", "gibberish", "bug"):
        run = fetch(client, script.refused(), choices=[choice])
        assert outcome(run) == ("", failure(client, 1, REFUSED), 1)


# The transform server of clients 6 to 9.


UNUSABLE = {
    "refused": script.refused(),
    "unknown host": script.unknown_name(),
    "closes at once": script.schedule((0.0, CLOSE)),
    "resets at once": script.schedule((0.0, RESET)),
    "closes without an answer": answering((1.0, CLOSE)),
    "resets without an answer": answering((1.0, RESET)),
    "closes half-way": answering((0.0, b"100:poem"), (1.0, CLOSE)),
    "resets half-way": answering((0.0, b"100:poem"), (1.0, RESET)),
    "garbage": answering((0.0, b"HTTP/1.0 400 Bad Request\r\n\r\n")),
    "garbage without end": answering(*((0.1 * number, b"la" * 1000) for number in range(100))),
    "a length with a leading 0": answering((0.0, b"04:poem,")),
    "no comma": answering((0.0, b"4:poem!")),
    "too long": answering((0.0, b"100000:la la la")),
    "not UTF-8": answering((0.0, netstring(b"\xff\xfe")), (0.0, CLOSE)),
}


@pytest.mark.parametrize("fault", UNUSABLE)
@pytest.mark.parametrize("client", TRANSFORMING)
def test_without_a_usable_answer_the_poem_is_shown_as_it_was(client: str, fault: str) -> None:
    poem = script.fast(POEM.encode())
    run = fetch(client, poem, transform=UNUSABLE[fault])
    assert outcome(run) == (f"{CUMMINGSIFY_FAILED}{POEM}\n", "", 0)


@pytest.mark.parametrize("client", TRANSFORMING)
def test_two_poems_with_no_transform_server_both_come_as_they_were(client: str) -> None:
    servers = script.slow(b"SECOND"), script.refused(), script.fast(b"FIRST")
    run = fetch(client, *servers, transform=script.refused())
    text = f"{CUMMINGSIFY_FAILED}FIRST\n{CUMMINGSIFY_FAILED}SECOND\n"
    assert outcome(run) == (text, failure(client, 2, REFUSED), 1)


@pytest.mark.parametrize("client", TRANSFORMING)
def test_the_request_is_one_netstring_with_the_name_the_dot_and_the_poem(client: str) -> None:
    wanted = netstring(NAME + POEM.encode())
    transform = answering((0.0, netstring(b"as it should be")), request=wanted)
    run = fetch(client, script.fast(POEM.encode()), transform=transform)
    assert outcome(run) == ("as it should be\n", "", 0)


@pytest.mark.parametrize("client", TRANSFORMING)
def test_an_answer_may_come_byte_by_byte_and_whatever_follows_it_is_left(client: str) -> None:
    reply = netstring(LOWER.encode()) + b"9:more,garbage"
    steps = [(number / 10, reply[number : number + 1]) for number in range(len(reply))]
    run = fetch(client, script.fast(POEM.encode()), transform=answering(*steps))
    assert outcome(run) == (f"{LOWER}\n", "", 0)
    run = fetch(client, script.fast(POEM.encode()), transform=answering((0.0, reply)))
    assert outcome(run) == (f"{LOWER}\n", "", 0)


@pytest.mark.parametrize("client", TRANSFORMING[-1:])
def test_a_poem_too_long_for_a_transform_server_is_shown_as_it_was(client: str) -> None:
    poem = "LONG\n" * 20_000  # a netstring may have 99,999 bytes
    run = fetch(client, script.fast(poem.encode()), transform=answering((0.0, CLOSE)))
    assert outcome(run) == (f"{CUMMINGSIFY_FAILED}{poem}\n", "", 0)


@pytest.mark.parametrize("client", TRANSFORMING)
def test_an_empty_poem_is_transformed_too(client: str) -> None:
    transform = answering((0.0, netstring(b"")), request=netstring(NAME))
    assert outcome(fetch(client, script.fast(b""), transform=transform)) == ("\n", "", 0)


@pytest.mark.parametrize("client", TRANSFORMING)
def test_a_poem_that_is_transformed_does_not_wait_for_another(client: str) -> None:
    slow, fast = find_poem("loved").text, find_poem("pond").text
    run = fetch(client, script.slow(slow.encode(), 100, 1.0), script.fast(fast.encode()))
    assert outcome(run) == (printed(client, fast, slow), "", 0)
    assert [t for t, _, _ in run.lines][:1] == [0.0]
    assert run.seconds == 5.0


PENDING = {
    "silent": script.silence(),
    "connecting": script.slow_connect(script.transform(), 20),
    "half an answer": answering((0.5, b"9:half")),
}


@pytest.mark.parametrize("client", TRANSFORMING)
def test_ctrl_c_during_a_transform_ends_it_at_once_without_a_word(client: str) -> None:
    for transform in PENDING.values():
        poems = script.fast(b"POEM"), script.slow(b"OTHER POEM\n", 1, 1.0)
        run = fetch(client, *poems, transform=transform, signals=[(2.0, "SIGINT")])
        assert outcome(run) == ("", "", 1)
        assert run.seconds == 2.0


@pytest.mark.parametrize("client", [client for client in TRANSFORMING if client in PATIENT])
def test_a_silent_transform_server_is_waited_for(client: str) -> None:
    run = fetch(client, script.fast(b"POEM"), transform=script.silence())
    assert (run.how, run.stdout, run.stderr) == ("waits for ever", "", "")
