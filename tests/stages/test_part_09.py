"""Part 9: an error that nobody takes; the simulator's tests stand in test_simulator.py."""

from tests.helpers.demonstrations import UNHANDLED, gist, played


def test_an_unhandled_error_is_told_when_the_deferred_is_thrown_away_after_the_end() -> None:
    run = played("defer-unhandled")
    assert run.stdout == "Finished\n"
    assert gist(run.stderr) == [
        UNHANDLED,
        "Traceback (most recent call last):",
        'break_down: raise Exception("Nobody caught me.")',
        "builtins.Exception: Nobody caught me.",
    ]
    assert next(text for _, _, text in run.lines) == "Finished"
    assert run.status == 0
