"""Part 16: Twisted's log."""

from demonstrations import gist, played


def test_the_log_holds_everything_but_what_came_before_it_was_started() -> None:
    run = played("log")
    assert (run.stderr, run.status) == ("", 0)
    assert gist(run.stdout) == [
        "[-] Log opened.",
        "[-] A message.",
        "[-] 'An error that is only a text.'",
        "[-] Unhandled Error",
        "Traceback (most recent call last):",
        '<module>: raise RuntimeError("raised in a try")',
        "builtins.RuntimeError: raised in a try",
        "[-] Unhandled Error",
        "Traceback (most recent call last):",
        'break_down: raise RuntimeError("raised in a callback")',
        "builtins.RuntimeError: raised in a callback",
    ]
