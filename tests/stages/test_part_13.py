"""Part 13: a chain waits for a Deferred that one of its callbacks returned."""

from tests.helpers.demonstrations import shown


def test_the_second_chain_stops_until_the_inner_deferred_is_fired_by_hand() -> None:
    assert shown("defer-10") == (
        [
            "A chain of plain callbacks:",
            "callback_1 got 0",
            "callback_2 got 1",
            "callback_3 got 2",
            "The same, but the second returns a Deferred:",
            "callback_1 got 0",
            "callback_2 got 1",
            "callback_2 returns a Deferred that has not fired",
            "The outer Deferred has paused; now the inner one fires:",
            "callback_3 got 2",
        ],
        0,
    )
