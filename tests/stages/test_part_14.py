"""Part 14: a Deferred may have fired before anybody adds a callback."""

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
