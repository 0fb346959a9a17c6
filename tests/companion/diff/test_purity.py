"""Every step of the map changes what it teaches and nothing else; and that is found out."""

import pytest

from companion.diff.definitions import Source
from companion.diff.model import compare
from companion.diff.purity import BUDGET, changed_lines, complaints, covers, noise, unlike_arguments
from companion.diff.steps import Step
from companion.tutorial.stages import Stage, StageMap
from tests.helpers.map_steps import STAGES, STEPS

TEXTS = {"en": "x", "zh": "x"}

BEFORE = '''\
"""One: what it is."""

import argparse
import sys


def parse_args():
    parser = argparse.ArgumentParser(description="Download.")
    parser.add_argument("addresses", help="a server")
    return parser.parse_args()


class Poem:
    title = ""

    def read(self):
        return 1

    def close(self):
        return 2


def main():
    print(parse_args(), file=sys.stderr)
'''


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_a_step_changes_only_what_it_teaches(step: Step) -> None:
    assert not complaints(step), "\n".join(complaints(step))


def test_the_argument_block_is_the_same_to_the_letter_in_every_stage() -> None:
    assert not unlike_arguments(STAGES), "\n".join(unlike_arguments(STAGES))


def test_no_step_of_the_map_has_a_line_of_noise() -> None:
    assert [(step.name, noise(step)) for step in STEPS if noise(step)] == []


def stage(name: str, *teaches: str, after: str = "", budget: int = 0) -> Stage:
    return Stage(
        name, f"{name}.py", 2, "client", TEXTS, TEXTS, after=after, teaches=teaches, budget=budget
    )


def step(after: str, *teaches: str, budget: int = 0) -> Step:
    """The step from BEFORE to another text."""
    diff = compare(Source("one.py", BEFORE), Source("two.py", after))
    two = stage("two", *teaches, after="one", budget=budget)
    return Step(diff, stage("one"), two, (two,))


def reasons(one: Step) -> list[tuple[str, str]]:
    return [(found.reason, found.sign + found.line.text.strip()) for found in noise(one)]


SHOW = (
    "give both the same text (companion diff two shows it, "
    "companion carry one takes an edit of one along), or name it in `teaches`"
)


def test_an_untaught_definition_that_differs_is_named_with_what_to_do() -> None:
    edited = step(
        BEFORE.replace("return 1", "return 3").replace("return 2", "return 4"), "Poem.read"
    )
    assert complaints(edited) == (
        f"two: Poem.close differs from one (+1 -1), and `teaches` does not name it: {SHOW}",
    )
    assert reasons(edited) == [("untaught", "-return 2"), ("untaught", "+return 4")]


def test_a_class_that_is_taught_is_taught_with_all_that_is_in_it() -> None:
    assert covers(["Poem"], "Poem.read")
    assert not covers(["Poem.read"], "Poem.close")
    assert not covers(["Poem.read"], "Poem")
    assert complaints(step(BEFORE.replace("return 1", "return 3"), "Poem")) == ()


def test_a_blank_line_within_an_untaught_definition_is_a_difference() -> None:
    edited = step(BEFORE.replace("class Poem:\n", "class Poem:\n\n"))
    assert complaints(edited) == (
        f"two: Poem differs from one (+1 -0), and `teaches` does not name it: {SHOW}",
    )


def test_a_definition_that_is_gone_must_be_taught_too() -> None:
    edited = step(BEFORE.replace("\n    def close(self):\n        return 2\n", ""))
    assert complaints(edited) == (
        f"two: Poem.close differs from one (+0 -2), and `teaches` does not name it: {SHOW}",
    )


def test_what_is_taught_and_does_not_differ_is_taken_off_the_map() -> None:
    assert complaints(step(BEFORE, "main")) == (
        "two: `teaches` names main, which does not differ from one: take it off the map",
    )


def test_a_docstring_of_more_than_a_line_is_noise() -> None:
    edited = step(BEFORE.replace('is."""', 'is.\n\nMore.\n"""'))
    assert complaints(edited) == (
        "two: the docstring differs from one beyond its first line, in 2 lines: "
        "leave it at one line",
    )
    assert reasons(edited) == [("docstring", "+More."), ("docstring", '+"""')]


def test_the_docstrings_first_line_may_be_another() -> None:
    edited = step(BEFORE.replace("One: what", "Two: what else"))
    assert complaints(edited) == ()
    assert changed_lines(edited) == 0


def test_an_import_that_nothing_taught_uses_is_noise() -> None:
    edited = step(BEFORE.replace("import sys", "import os\nimport sys"))
    assert complaints(edited) == (
        "two: imports `import os`, which nothing that the step teaches uses: "
        "import the same names as one",
    )
    assert reasons(edited) == [("import", "+import os")]


def test_an_import_follows_what_is_taught() -> None:
    more = BEFORE.replace("import sys", "import os\nimport sys").replace("return 1", "return os")
    assert complaints(step(more, "Poem.read")) == ()
    less = BEFORE.replace("import sys\n", "").replace(", file=sys.stderr", "")
    assert complaints(step(less, "main")) == ()


def test_an_import_of_an_untaught_definition_is_noise_with_it() -> None:
    edited = BEFORE.replace("import sys", "import os\nimport sys").replace("return 1", "return os")
    assert [line.split()[1] for line in complaints(step(edited))] == ["Poem.read", "imports"]


def test_an_import_that_only_moved_is_noise() -> None:
    edited = step(BEFORE.replace("import argparse\nimport sys", "import sys\nimport argparse"))
    assert complaints(edited) == (
        "two: imports the same names as one in other words (`import sys`): give both the same text",
    )


def test_what_both_share_of_the_argument_block_is_not_reworded_even_where_it_is_taught() -> None:
    edited = step(BEFORE.replace("a server", "one server"), "parse_args")
    assert complaints(edited) == (
        "two: takes addresses in other words than one: "
        "what both share of the argument block is the same to the letter",
    )
    assert [reason for reason, _ in reasons(edited)] == ["usage", "usage"]


def test_a_stage_may_take_one_argument_more() -> None:
    more = '    parser.add_argument("transform")\n    parser.add_argument("addresses"'
    edited = BEFORE.replace('    parser.add_argument("addresses"', more)
    assert complaints(step(edited, "parse_args")) == ()
    assert reasons(step(edited)) == [("usage", '+parser.add_argument("transform")')]


@pytest.mark.parametrize(("budget", "allowed"), [(0, BUDGET), (40, 40)])
def test_a_step_stays_within_its_budget(budget: int, allowed: int) -> None:
    lines = "\n".join(f"    print({number})\n" for number in range(allowed))
    assert complaints(step(BEFORE + lines, "main", budget=budget)) == ()
    assert complaints(step(BEFORE + lines + "    print()\n", "main", budget=budget)) == (
        f"two: {allowed + 1} lines differ from one and its budget is {allowed}: make the step "
        "smaller, or raise `budget` on the map where the tutorial makes the step large",
    )


def test_two_scripts_that_are_no_step_of_the_map_have_no_noise() -> None:
    diff = compare(Source("one.py", BEFORE), Source("mine.py", ""))
    assert noise(Step(diff, stage("one"))) == ()


def test_a_stage_edited_alone_is_found_in_both_steps_that_it_stands_in() -> None:
    def edited(source: Source) -> Source:
        if source.path != "twisted-client-3/get-poetry.py":
            return source
        return Source(source.path, source.text.replace("if text.isascii() and ", "if "))

    found: list[str] = []
    for one in STEPS:
        diff = compare(edited(one.diff.left), edited(one.diff.right))
        found += complaints(Step(diff, one.before, one.stage, one.way))
    assert [line for line in found if "parse_port" in line] == [
        f"{two}: parse_port differs from {one} (+1 -1), and `teaches` does not name it: give both "
        f"the same text (companion diff {two} shows it, companion carry {one} takes an edit of "
        f"{one} along), or name it in `teaches`"
        for one, two in (("client-2.1", "client-3.0"), ("client-3.0", "client-3.1"))
    ]


def test_an_argument_block_that_is_not_the_others_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    texts = {"one": BEFORE, "two": BEFORE, "three": BEFORE.replace("a server", "one server")}
    monkeypatch.setattr(
        "companion.diff.purity.read_source", lambda file, path: Source(path, texts[path[:-3]])
    )
    assert unlike_arguments(StageMap(tuple(stage(name) for name in texts))) == (
        "three: addresses reads otherwise than in one: "
        "its text is the same to the letter in every client",
    )
