"""Part 17: generators, by hand and with inlineCallbacks."""

import pytest

from tests.helpers.demonstrations import gist, played, shown, timed


@pytest.mark.parametrize("name", ["gen-1", "gen-2"])
def test_next_and_stop_iteration_are_what_a_for_loop_does(name: str) -> None:
    assert shown(name) == (
        [
            "The generator starts.",
            "The loop got 1",
            "The generator goes on.",
            "The loop got 2",
            "The generator goes on, to its end.",
            "The loop is done.",
        ],
        0,
    )


def test_two_generators_take_turns() -> None:
    assert shown("gen-3") == (["1", "10", "2", "20", "3", "30", "40"], 0)


def test_values_are_sent_in_and_an_exception_is_thrown_in() -> None:
    assert shown("gen-4") == (["got: 10", "got: 20", "malfunction!", "done"], 0)


def test_a_plain_value_is_back_at_once_and_each_deferred_after_five_seconds() -> None:
    assert timed("inline-callbacks-1") == [
        (0, "The first callback; it yields a plain value"),
        (0, "The second callback got 1"),
        (5, "The third callback got 2"),
        (10, "The fourth callback got Exception(3)"),
    ]
    assert shown("inline-callbacks-1")[1] == 0


def test_two_functions_interleave_one_returns_and_one_raises() -> None:
    assert timed("inline-callbacks-2") == [
        (0, "succeed: first callback"),
        (0, "fail: first callback"),
        (1, "succeed: second callback"),
        (2, "fail: second callback"),
        (3, "succeed: third callback, returns 1"),
        (3, "got result: 1"),
        (4, "fail: third callback, raises"),
        (4, "got error: uh oh"),
        (4, "all done"),
    ]
    assert shown("inline-callbacks-2")[1] == 0


def test_the_stack_after_a_yield_begins_at_reactor_run() -> None:
    run = played("inline-callbacks-tb")
    assert run.stdout == "The stack, after the yield:\n"
    assert gist(run.stderr) == [
        "<module>: reactor.run()",
        "show_stack: traceback.print_stack()",
    ]
    assert "in _inlineCallbacks" in run.stderr, "the generator is driven from Twisted's frames"
    assert run.status == 0
