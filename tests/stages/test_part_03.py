"""Part 3: the reactor waits, calls our code, stops; what the tutorial says is to be seen."""

import pytest

from tests.helpers.demonstrations import gist, played, shown, timed

HELLO = [
    "Hello! The reactor is running, and it has called me.",
    "It does nothing else until I return.",
]


def waits_for_ever(name: str) -> bool:
    return played(name).how == "waits for ever"


@pytest.mark.parametrize("name", ["simple", "simple-poll"])
def test_the_simplest_program_prints_nothing_and_waits_for_ever(name: str) -> None:
    run = played(name)
    assert (run.stdout, run.stderr) == ("", "")
    assert waits_for_ever(name)


def test_the_reactor_is_started_first_and_then_says_hello_and_waits_for_ever() -> None:
    run = played("hello")
    assert run.stdout.splitlines() == ["Starting the reactor.", *HELLO]
    assert run.stderr == ""
    assert waits_for_ever("hello")


def test_the_stack_goes_from_reactor_run_down_to_our_function() -> None:
    run = played("stack")
    assert run.stdout.splitlines() == [
        "Starting the reactor.",
        "The stack, while our callback runs:",
    ]
    assert gist(run.stderr) == [
        "<module>: reactor.run()",
        "show_stack: traceback.print_stack()",
    ]
    assert "in startRunning" in run.stderr, "Twisted's own frames stand between the two"
    assert waits_for_ever("stack")


def test_the_countdown_takes_five_seconds_and_ends() -> None:
    assert timed("countdown") == [
        (0, "Start!"),
        (0, "5"),
        (1, "4"),
        (2, "3"),
        (3, "2"),
        (4, "1"),
        (5, "Stop!"),
    ]
    assert shown("countdown")[1] == 0


def test_an_exception_is_logged_and_the_next_callback_runs() -> None:
    run = played("exception")
    assert run.stdout.splitlines() == ["Starting the reactor.", "And the reactor goes on."]
    assert gist(run.stderr) == [
        "While calling system event trigger handler",
        "Traceback (most recent call last):",
        'fall: raise Exception("I fall down.")',
        "builtins.Exception: I fall down.",
    ]
    assert run.status == 0
    texts = [text for _, _, text in run.lines]
    assert texts.index("builtins.Exception: I fall down.") < texts.index("And the reactor goes on.")
