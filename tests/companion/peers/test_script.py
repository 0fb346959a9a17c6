"""Scripts: what they say, step by step, and that they can be sent to another process."""

import itertools
import pickle

import pytest

from companion.peers import script
from companion.peers.scenario import Scenario
from companion.peers.script import CLOSE, END, RESET, Action, Script
from companion.tutorial.stages import Need, load_map
from companion.virtual.run import play
from companion.virtual.stand_ins import script_of

STAGES = load_map()


def test_the_slow_server_pauses_after_every_piece_the_last_too() -> None:
    steps = [(round(t, 9), action) for t, action in script.slow(b"1234567", 3, 0.1).steps()]
    assert steps == [(0, b"123"), (0.1, b"456"), (0.2, b"7"), (0.3, CLOSE)]
    assert list(script.slow(b"").steps()) == [(0, CLOSE)]


def test_the_fast_server_sends_all_and_closes() -> None:
    assert list(script.fast(b"poem").steps()) == [(0, b"poem"), (0, CLOSE)]


def test_a_reset_comes_one_delay_after_the_last_piece() -> None:
    assert list(script.reset_at(b"1234567", 4, 3, 0.5).steps()) == [
        (0, b"123"),
        (0.5, b"4"),
        (1.0, RESET),
    ]


def test_an_endless_server_never_stops() -> None:
    steps = itertools.islice(script.endless(b"la", 2).steps(), 1000, 1001)
    assert list(steps) == [(2000, b"la")]


def test_a_sender_sends_each_piece_and_may_close_its_side() -> None:
    client = script.sender(b"a", b"b", every=0.5, end=True, at=3)
    assert (client.at, client.steps) == (3, ((0, b"a"), (0.5, b"b"), (0.5, END)))


@pytest.mark.parametrize(
    ("request_", "reply"),
    [
        (b"18:cummingsify.A POEM,", b"6:a poem,"),
        ("17:cummingsify.CAFÉ,".encode(), "5:café,".encode()),
        (b"12:cummingsify.,", b"0:,"),
        (b"6:nodots,", None),
        (b"7:shout.x,", None),
        (b"18:cummingsify.A POEM;", None),
        (b"poem", None),
        (b"-1:,", None),
    ],
)
def test_a_transform_server_answers_a_whole_request_and_closes(
    request_: bytes, reply: bytes | None
) -> None:
    wanted = ((0.0, CLOSE),) if reply is None else ((0.0, reply), (0.0, CLOSE))
    assert script.transforming(request_) == wanted


@pytest.mark.parametrize("size", range(22))
def test_a_transform_server_waits_for_the_rest(size: int) -> None:
    assert script.transforming(b"18:cummingsify.A POEM,"[:size]) is None


@pytest.mark.parametrize(
    "one",
    [
        script.slow(b"poem"),
        script.fast(b"poem"),
        script.reset_at(b"poem", 2),
        script.endless(),
        script.slow_connect(script.transform(), 3),
        script.silence(),
    ],
)
def test_every_script_can_be_sent_to_another_process(one: Script) -> None:
    sent = pickle.loads(pickle.dumps(one))
    assert sent.connect == one.connect
    assert list(itertools.islice(sent.steps(), 9)) == list(itertools.islice(one.steps(), 9))


def test_a_script_of_closures_plays_as_well() -> None:
    steps: list[tuple[float, Action]] = [(1.0, b"from a closure"), (2.0, CLOSE)]
    one = Script(lambda: iter(steps))
    run = play("client-2.1", Scenario(servers=[one]))
    assert (run.lines[0], run.seconds) == ((2.0, "stdout", "from a closure"), 2.0)


@pytest.mark.parametrize(
    ("need", "seconds", "size", "poem"),
    [
        (Need("slow-server", ("--num-bytes", "30", "poetry/ecstasy.txt")), 10.1, 3003, "ecstasy"),
        (Need("slow-server", ("--delay", "0.5", "poetry/science.txt")), 33.0, 657, "science"),
        (Need("slow-server"), 30.1, 3003, "ecstasy"),
        (Need("fastpoetry-1.0", ("poetry/pond.txt",)), 0.0, 34, "pond"),
        (Need("fastpoetry-3.0"), 0.0, 3003, "ecstasy"),
    ],
)
def test_the_servers_of_the_map_have_scripts(
    need: Need, seconds: float, size: int, poem: str
) -> None:
    one = script_of(need, STAGES)
    *_, (last, action) = one.steps()
    assert (last, action) == (pytest.approx(seconds), CLOSE)
    assert (one.size, one.poem) == (size, poem)


def test_every_server_that_a_stage_needs_has_a_script() -> None:
    for stage in STAGES.stages:
        for need in stage.needs:
            script_of(need, STAGES)
