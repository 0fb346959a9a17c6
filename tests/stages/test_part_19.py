"""Part 19: cancelling."""

import pytest

from tests.helpers.demonstrations import UNHANDLED, gist, played, played_with, shown, timed

CANCELLED = "No poem: CancelledError"
TOO_LATE = "Got a poem: Four lines, too late."


def test_cancelled_without_an_errback_the_error_is_unhandled_after_the_end() -> None:
    run = played("defer-cancel-1")
    assert run.stdout == "Done\n"
    assert gist(run.stderr) == [
        UNHANDLED,
        "Traceback (most recent call last):",
        "Failure: twisted.internet.defer.CancelledError:",
    ]
    assert next(text for _, _, text in run.lines) == "Done"
    assert run.status == 0


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        pytest.param("defer-cancel-2", [CANCELLED], id="an errback catches it"),
        pytest.param("defer-cancel-3", [TOO_LATE], id="after the firing it has no effect"),
        pytest.param("defer-cancel-4", [CANCELLED], id="a later firing is ignored"),
        pytest.param(
            "defer-cancel-5",
            ["Stopping the work", CANCELLED],
            id="the canceller runs before the errback",
        ),
        pytest.param(
            "defer-cancel-6",
            ["Stopping the work", "Got a poem: Half a line."],
            id="the canceller may fire a result",
        ),
        pytest.param(
            "defer-cancel-7",
            ["Stopping the work", "No poem: ConnectionError"],
            id="the canceller may fire another error",
        ),
        pytest.param("defer-cancel-8", [TOO_LATE], id="fired first, no canceller is called"),
        pytest.param(
            "defer-cancel-12",
            [
                "The outer callback returns the inner Deferred",
                "The canceller of the inner Deferred",
                "The outer Deferred failed: CancelledError",
            ],
            id="of a waiting chain only the inner canceller runs",
        ),
    ],
)
def test_cancelling(name: str, lines: list[str]) -> None:
    assert shown(name) == ([*lines, "Done"], 0)


@pytest.mark.parametrize(
    ("name", "call", "lines"),
    [
        ("defer-cancel-3", 'd.callback("Four lines, too late.")\n', [CANCELLED]),
        ("defer-cancel-4", "d.cancel()\n", [TOO_LATE]),
        (
            "defer-cancel-8",
            'd.callback("Four lines, too late.")\n',
            ["Stopping the work", CANCELLED],
        ),
    ],
)
def test_without_the_first_of_two_calls_the_second_takes_effect(
    name: str, call: str, lines: list[str]
) -> None:
    assert played_with(name, call, "").stdout.splitlines() == [*lines, "Done"]


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        (
            "defer-cancel-9",
            [(5, "5 s: Sending poem"), (5, "5 s: Got a poem: A poem that took its time.")],
        ),
        ("defer-cancel-10", [(2, f"2 s: {CANCELLED}"), (5, "5 s: Sending poem")]),
        ("defer-cancel-11", [(2, f"2 s: {CANCELLED}")]),
    ],
)
def test_cancelled_at_two_seconds_the_poem_is_sent_at_five_unless_a_canceller_stops_it(
    name: str, lines: list[tuple[float, str]]
) -> None:
    assert timed(name) == lines
    assert shown(name)[1] == 0
    assert round(played(name).seconds, 1) == 10
