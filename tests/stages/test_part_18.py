"""Part 18: lists of Deferreds."""

from tests.helpers.demonstrations import UNHANDLED, gist, played, shown

TWO = ["The list holds two Deferreds.", "Adding the callback."]
BOTH = "The results: [(True, 'result 1'), (True, 'result 2')]"
ONE_FAILED = (
    "The results: [(True, 'result 1'), "
    "(False, <twisted.python.failure.Failure builtins.Exception: failure 2>)]"
)


def test_an_empty_list_fires_while_its_callback_is_added() -> None:
    lines = ["The list is empty.", "Adding the callback.", "The results: []"]
    assert shown("deferred-list-1") == (lines, 0)


def test_a_list_of_one_fires_with_success_and_result() -> None:
    lines = [
        "The list holds one Deferred.",
        "Adding the callback.",
        "Firing d1.",
        "The results: [(True, 'result 1')]",
    ]
    assert shown("deferred-list-2") == (lines, 0)


def test_a_list_of_two_waits_for_both() -> None:
    assert shown("deferred-list-3") == ([*TWO, "Firing d1.", "Firing d2.", BOTH], 0)


def test_fired_in_reverse_the_results_keep_the_order_of_the_list() -> None:
    assert shown("deferred-list-4") == ([*TWO, "Firing d2.", "Firing d1.", BOTH], 0)


def test_one_that_fails_stands_in_the_list_and_its_error_is_consumed() -> None:
    assert shown("deferred-list-5") == ([*TWO, "Firing d1.", "Failing d2.", ONE_FAILED], 0)


def test_without_consuming_the_same_error_is_unhandled_besides() -> None:
    run = played("deferred-list-6")
    assert run.stdout == played("deferred-list-5").stdout
    assert gist(run.stderr) == [
        UNHANDLED,
        "Traceback (most recent call last):",
        "Failure: builtins.Exception: failure 2",
    ]
    assert run.status == 0


def test_an_errback_of_its_own_handles_the_error_after_the_list_has_seen_it() -> None:
    assert shown("deferred-list-7") == (
        [*TWO, "Firing d1.", "Failing d2.", ONE_FAILED, "The errback of d2: failure 2"],
        0,
    )
