"""Part 8: a Deferred makes nothing asynchronous."""

from tests.helpers.demonstrations import played, shown, timed


def test_a_callback_that_sleeps_holds_up_the_firing_for_eleven_and_a_half_seconds() -> None:
    assert timed("defer-block") == [
        (0.0, "Starting the reactor"),
        (0.0, "Firing the Deferred"),
        (0.0, "Start of the chain"),
        (0.0, "While I write this verse"),
        (2.3, "nothing else is done:"),
        (4.6, "one thread, one loop,"),
        (6.9, "and the loop is gone."),
        (9.2, "Now it may go on."),
        (11.5, "End of the chain"),
        (11.5, "Firing finished"),
        (11.5, "Done"),
    ]
    assert shown("defer-block")[1] == 0
    assert round(played("defer-block").seconds, 1) == 11.5
