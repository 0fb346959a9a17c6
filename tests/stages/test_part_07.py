"""Part 7: a Deferred runs one of its two sides, at once, and only once."""

import pytest

from tests.helpers.demonstrations import gist, played, played_with, shown

POEM = ["Here is your poem:", "One leaf falls;", "the rest are told."]
FAILED = ["No poem today: <class 'twisted.python.failure.Failure'>", "The ink has run dry."]


def test_firing_is_synchronous_the_callback_runs_before_finished() -> None:
    assert shown("defer-1") == ([*POEM, "Finished"], 0)


@pytest.mark.parametrize("name", ["defer-2", "defer-3"])
def test_an_errback_gets_a_failure_made_by_hand_or_of_a_plain_exception(name: str) -> None:
    assert shown(name) == ([*FAILED, "Finished"], 0)


@pytest.mark.parametrize(
    ("name", "first", "second"),
    [
        ("defer-4", POEM, 'd.callback("Another leaf.")'),
        ("defer-5", POEM, 'd.errback(Exception("The branch is bare."))'),
        ("defer-6", FAILED, 'd.errback(Exception("The branch is bare."))'),
        ("defer-7", FAILED, 'd.callback("Another leaf.")'),
    ],
)
def test_a_second_firing_raises_and_finished_is_never_printed(
    name: str, first: list[str], second: str
) -> None:
    run = played(name)
    assert run.stdout.splitlines() == first
    assert gist(run.stderr) == [
        "Traceback (most recent call last):",
        f"<module>: {second}",
        "twisted.internet.defer.AlreadyCalledError",
    ]
    assert run.status == 1


@pytest.mark.parametrize("name", ["defer-8", "defer-9"])
def test_the_reactor_fires_a_deferred_whose_ends_stop_it(name: str) -> None:
    assert shown(name) == (["Another short poem."], 0)


@pytest.mark.parametrize("name", ["defer-8", "defer-9"])
def test_its_other_end_prints_a_haiku_on_standard_error_and_stops_it_too(name: str) -> None:
    run = played_with(name, 'd.callback, "Another short poem."', 'd.errback, Exception("late")')
    assert run.stdout == ""
    assert run.stderr == "The server is still.\nA blank page, and snow on it:\nno poem today.\n"
    assert run.status == 0


@pytest.mark.parametrize(("name", "how"), [("defer-8", "waits for ever"), ("defer-9", "exit")])
def test_a_callback_that_raises_never_stops_it_but_add_both_does(name: str, how: str) -> None:
    run = played_with(name, "print(poem)", 'raise Exception("torn")')
    assert run.how == how
