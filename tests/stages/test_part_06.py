"""Part 6: what a Failure knows of its exception."""

from tests.helpers.demonstrations import played

WORD = "nothing rhymes with"


def test_a_failure_keeps_its_traceback_only_where_it_was_made_while_handling() -> None:
    run = played("failure-examples")
    assert (run.stderr, run.status) == ("", 0)
    bare, handled = run.stdout.split("A Failure made in an except block, and printed after it:\n")
    assert bare == (
        "A Failure around an exception that nobody raised:\n"
        "[Failure instance: Traceback (failure with no frames): "
        f"<class '__main__.RhymeError'>: {WORD} month\n]\n"
    )
    assert [line.rpartition("/")[2] for line in handled.splitlines()] == [
        f"[Failure instance: Traceback: <class '__main__.RhymeError'>: {WORD} orange",
        "failure-examples.py:18:<module>",
        "failure-examples.py:11:find_rhyme",
        "]",
        "Traceback (most recent call last):",
        'failure-examples.py", line 18, in <module>',
        '    find_rhyme("orange")',
        'failure-examples.py", line 11, in find_rhyme',
        '    raise RhymeError(f"nothing rhymes with {word}")',
        f"__main__.RhymeError: {WORD} orange",
        "",
    ]
