"""A diff in a pipe: patch takes it, and a program reads it."""

import json
import subprocess
from pathlib import Path

import pytest

from companion.diff.definitions import Source
from companion.diff.model import compare
from companion.diff.plain import noise_table, step_json, unified
from companion.diff.steps import Step
from tests.helpers.map_steps import STEPS, step_to


def step(left: str, right: str) -> Step:
    return Step(compare(Source("left.py", left), Source("right.py", right)))


def patched(one: Step, folder: Path) -> bytes:
    """What patch makes of the left, given the diff as it comes out of a pipe."""
    (folder / "left").write_bytes(one.diff.left.text.encode())
    subprocess.run(
        ["patch", "--silent", "--fuzz=0", "--output=out", "left"],
        input=(unified(one, "en") + "\n").encode(),
        cwd=folder,
        check=True,
    )
    return (folder / "out").read_bytes()


def test_patch_makes_of_each_stage_the_one_that_grew_from_it(tmp_path: Path) -> None:
    for one in STEPS:
        assert patched(one, tmp_path) == one.diff.right.text.encode(), one.name


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("a\nb", "a\nb\n"),
        ("a\nb\n", "a\nb"),
        ("a\nb", "a\nc"),
        ("", "a\n"),
        ("a\n", ""),
        ("a\r\nb\r\n", "a\r\nc\r\n"),
        ("é\n", "诗\n"),
        ("\n" * 20 + "a\n", "b\n" + "\n" * 20),
    ],
)
def test_patch_takes_a_readers_file_whatever_its_ends_are(
    left: str, right: str, tmp_path: Path
) -> None:
    assert patched(step(left, right), tmp_path) == right.encode()


def test_above_the_diff_stand_the_idea_the_counts_and_the_definitions() -> None:
    one = step_to("client-1.0-broken")
    assert one.stage is not None
    assert unified(one, "en").splitlines()[:5] == [
        "# client-1.0 -> client-1.0-broken",
        f"# {one.stage.idea['en']}",
        f"# +{len(one.diff.added)} -{len(one.diff.removed)} lines: "
        "PoetrySocket.__init__, PoetrySocket.doRead",
        "--- twisted-client-1/get-poetry.py",
        "+++ twisted-client-1/get-poetry-broken.py",
    ]


def test_a_hunk_bears_the_name_of_its_definition_and_what_is_gone_comes_first() -> None:
    before = "class Poem:\n    def read(self):\n        return 1\n        return 2\n"
    after = "class Poem:\n    def read(self):\n        return one\n        return two\n"
    assert unified(step(before, after), "en").splitlines()[1:] == [
        "# +2 -2 lines: Poem.read",
        "--- left.py",
        "+++ right.py",
        "@@ -1,4 +1,4 @@ Poem.read",
        " class Poem:",
        "     def read(self):",
        "-        return 1",
        "-        return 2",
        "+        return one",
        "+        return two",
    ]


def test_two_same_texts_have_no_diff() -> None:
    assert unified(step("a\n", "a\n"), "en") == "# left.py -> right.py\n# no difference"


def test_the_idea_is_in_chinese_where_it_is_asked_for() -> None:
    stage = STEPS[0].stage
    assert stage is not None
    assert unified(STEPS[0], "zh").splitlines()[1] == f"# {stage.idea['zh']}"


def test_a_program_gets_every_row_with_its_marks() -> None:
    found = json.loads(json.dumps(step_json(step("f(one)\n", "f(two)\nx = 1\n"))))
    assert found == {
        "before": {"id": None, "path": "left.py"},
        "stage": {"id": None, "path": "right.py"},
        "part": None,
        "ideas": [],
        "added": 2,
        "removed": 1,
        "budget": None,
        "definitions": [
            {"name": "__main__", "change": "changed"},
            {"name": "x", "change": "new"},
        ],
        "noise": [],
        "rows": [
            {
                "definition": "__main__",
                "change": "changed",
                "left": {"number": 1, "text": "f(one)", "marks": [[2, 5]]},
                "right": {"number": 1, "text": "f(two)", "marks": [[2, 5]]},
            },
            {
                "definition": "x",
                "change": "new",
                "left": None,
                "right": {"number": 2, "text": "x = 1", "marks": []},
            },
        ],
    }


def test_each_noise_line_is_told_with_its_file_and_the_reason() -> None:
    one = step_to("client-2.0-stack")
    right = Source(one.diff.right.path, one.diff.right.text.replace("import os", "import os, re"))
    noisy = Step(compare(one.diff.left, right), one.before, one.stage, one.way)
    assert noise_table([noisy]) == (
        "twisted-client-2/get-poetry-stack.py:5: an import that nothing taught needs: "
        "+import os, re"
    )
