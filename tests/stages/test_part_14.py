"""Part 14: a Deferred may have fired before anybody adds a callback."""

import pytest

from companion.peers import script
from companion.peers.scenario import Scenario
from companion.virtual.run import play
from tests.helpers.demonstrations import shown

CALLBACKS = ["callback_1 got 0", "callback_2 got 1", "callback_3 got 2"]


def test_callbacks_run_as_they_are_added_unless_the_deferred_is_paused() -> None:
    assert shown("defer-11") == (
        [
            "Firing a Deferred that has no callbacks",
            "Adding the callbacks",
            *CALLBACKS,
            "Pausing another, and firing it",
            "Adding the callbacks",
            "Unpausing it",
            *CALLBACKS,
        ],
        0,
    )


@pytest.mark.parametrize("stage", ["proxy-1.0", "proxy-2.0", "proxy-3.0"])
def test_an_empty_poem_is_not_kept_since_a_server_out_of_descriptors_sends_it_too(
    stage: str,
) -> None:
    clients = [script.reader(), script.reader(1.0)]
    run = play(stage, Scenario(servers=[script.fast(b"")], clients=clients))
    assert [(got.data, got.how) for got in run.clients] == [(b"", "done")] * 2
    assert run.stdout.splitlines()[1:] == ["Fetching poem from server."] * 2
