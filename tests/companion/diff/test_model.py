"""The rows of a diff: nothing lost, replaced lines beside what they are like, words marked."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from companion.diff.definitions import Source
from companion.diff.model import Diff, compare
from tests.helpers.map_steps import STEPS


def diff(left: str, right: str) -> Diff:
    return compare(Source("left.py", left), Source("right.py", right))


def shown(found: Diff) -> list[tuple[str, str | None, str | None]]:
    return [
        (row.change, row.left.text if row.left else None, row.right.text if row.right else None)
        for row in found.rows
    ]


def holds_both_sides(found: Diff) -> bool:
    left = [row.left.text for row in found.rows if row.left]
    right = [row.right.text for row in found.rows if row.right]
    return (tuple(left), tuple(right)) == (found.left.lines, found.right.lines)


def test_the_rows_of_a_step_hold_both_stages_line_by_line() -> None:
    for step in STEPS:
        assert holds_both_sides(step.diff), step.name
        for row in step.diff.rows:
            same = row.left and row.right and row.left.text == row.right.text
            assert (row.change == "same") == bool(same)


SNIPPETS = [
    "",
    "x = 1",
    "def f():",
    "    return x",
    "class A:",
    "    def g(self):",
    "f()",
    '"""d"""',
]
texts = st.lists(st.sampled_from(SNIPPETS), max_size=12).map("\n".join)


@settings(max_examples=150, deadline=None)
@given(texts, texts)
def test_no_line_is_lost_or_moved_whatever_the_texts_are(left: str, right: str) -> None:
    assert holds_both_sides(diff(left, right))


@settings(max_examples=50, deadline=None)
@given(texts)
def test_a_text_against_itself_is_the_same_throughout(text: str) -> None:
    assert all(section.change == "same" for section in diff(text, text).sections)


def test_a_replaced_line_stands_beside_the_one_that_it_is_like() -> None:
    before = "def f():\n    print(poem)\n    reactor.stop()\n"
    after = "def f():\n    poems.append(poem)\n    if reactor.running:\n        reactor.stop()\n"
    assert shown(diff(before, after)) == [
        ("same", "def f():", "def f():"),
        ("gone", "    print(poem)", None),
        ("new", None, "    poems.append(poem)"),
        ("new", None, "    if reactor.running:"),
        ("changed", "    reactor.stop()", "        reactor.stop()"),
    ]


def test_lines_of_one_definition_never_stand_beside_those_of_another() -> None:
    before = "def one():\n    return 1\n\n\ndef two():\n    return 2\n"
    after = "def two():\n    return 2\n"
    found = diff(before, after)
    assert [(section.name, section.change) for section in found.sections] == [
        ("one", "gone"),
        ("two", "same"),
    ]


def test_a_definition_under_a_new_name_stands_beside_the_old_one() -> None:
    body = "    for poem in poems:\n        print(poem)\n        count(poem)\n"
    found = diff(f"def report(poems):\n{body}", f"def tell(poems):\n{body}")
    assert [(section.name, section.change) for section in found.sections] == [
        ("report -> tell", "changed")
    ]


def test_definitions_that_have_nothing_in_common_are_not_taken_for_one() -> None:
    found = diff("def one(a):\n    return a + 1\n", "def two(poem):\n    print(poem)\n")
    assert [section.name for section in found.sections] == ["one", "two"]


def marked(left: str, right: str) -> tuple[list[str], list[str]]:
    row = diff(left, right).rows[0]
    assert row.left is not None
    assert row.right is not None
    return (
        [row.left.text[start:stop] for start, stop in row.left.marks],
        [row.right.text[start:stop] for start, stop in row.right.marks],
    )


@pytest.mark.parametrize(
    ("left", "right", "old", "new"),
    [
        ("def get_poetry(host):", "def get_poetry(host, errback):", [], [", errback"]),
        ("finished(poem.decode())", "finished(text)", ["poem.decode()"], ["text"]),
        ("d.addCallback(got_poem)", "d.addErrback(got_poem)", ["addCallback"], ["addErrback"]),
        ("f(one, kept, two)", "f(three, kept, four)", ["one", "two"], ["three", "four"]),
    ],
)
def test_the_words_that_changed_are_marked(
    left: str, right: str, old: list[str], new: list[str]
) -> None:
    assert marked(left, right) == (old, new)


def test_a_line_that_only_moved_in_has_no_words_marked() -> None:
    found = diff("def f():\n    stop()\n", "def f():\n        stop()\n").rows[1]
    assert found.change == "changed"
    assert found.left is not None
    assert found.right is not None
    assert found.left.marks == found.right.marks == ()


def test_docstrings_stand_side_by_side_however_unlike() -> None:
    found = diff('"""Client 1.0: one."""\n', '"""Nothing in common here."""\n')
    assert [row.change for row in found.rows] == ["changed"]


def test_blank_lines_and_the_docstrings_first_line_are_not_counted() -> None:
    found = diff('"""One."""\n\nx = 1\n', '"""Two."""\n\n\n\nx = 1\ny = 2\n')
    assert [line.text for line in found.added] == ["y = 2"]
    assert found.removed == ()


def test_a_second_line_of_the_docstring_is_counted() -> None:
    found = diff('"""One."""\n', '"""One.\n\nMore.\n"""\n')
    assert [line.text for line in found.added] == ["More.", '"""']


def test_the_docstring_and_the_imports_are_no_definitions_touched() -> None:
    found = diff('"""One."""\nimport sys\n', '"""Two."""\nimport os\nLIMIT = 1\n')
    assert [section.name for section in found.touched] == ["LIMIT"]


def test_blank_lines_above_a_definition_do_not_make_it_differ() -> None:
    found = diff("def f():\n    pass\n", "\n\ndef f():\n    pass\n")
    assert found.touched == ()
    assert [row.change for row in found.rows] == ["new", "new", "same", "same"]


def test_loose_statements_are_read_as_one_block() -> None:
    found = diff("", "d = Deferred()\nd.callback(1)\nprint('done')\n")
    assert [[section.name for section in block] for block in found.blocks] == [["d", "__main__"]]


def test_a_text_of_thousands_of_lines_is_compared_in_a_moment() -> None:
    left = "".join(f"call({number})\n" for number in range(1000))
    right = "".join(f"other({number})\n" for number in range(1000))
    assert len(diff(left, right).rows) == 2000
