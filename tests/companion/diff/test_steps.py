"""The steps of the map, and any two scripts against each other."""

from pathlib import Path

import pytest

from companion.diff.definitions import SourceError
from companion.diff.plain import step_json, steps_json, steps_table
from companion.diff.steps import StepError, all_steps, find_step
from companion.diff.words import counts_text
from companion.render.text import columns
from companion.tutorial.stages import ROOT, StageMap, UnknownStageError
from tests.helpers.map_steps import STAGES, STEPS, step_to


def test_every_stage_that_grew_from_another_is_a_step_in_reading_order() -> None:
    assert [one.stage for one in STEPS] == [stage for stage in STAGES.stages if stage.after]
    for one in STEPS:
        assert one.before is not None
        assert one.stage is not None
        assert one.before.id == one.stage.after


def test_one_stage_is_read_against_the_stage_that_it_grew_from() -> None:
    assert find_step(STAGES, ["client-3.1"]) == step_to("client-3.1")


def test_two_stages_are_read_with_the_ideas_of_every_step_between_them() -> None:
    way = find_step(STAGES, ["client-2.1", "client-4"]).way
    assert [stage.id for stage in way] == ["client-3.0", "client-3.1", "client-4.0"]


@pytest.mark.parametrize(
    "names", [["client-4", "client-2.1"], ["simple", "client-4"], ["client-4", "client-4"]]
)
def test_where_one_did_not_grow_from_the_other_no_idea_is_told(names: list[str]) -> None:
    assert find_step(STAGES, names).way == ()


def test_a_readers_own_file_is_read_against_a_stage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text(STAGES.by_id["client-4.0"].file.read_text() + "print('mine')\n")
    found = find_step(STAGES, ["mine.py", "client-4"])
    assert found.name == "mine.py -> client-4.0"
    assert found.title_before("en") == "mine.py"
    assert [line.text for line in found.diff.removed] == ["print('mine')"]
    assert found.diff.added == ()


def test_how_lines_end_is_left_out_and_said_where_they_differ(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = STAGES.by_id["client-4.0"].file.read_text()
    Path("mine.py").write_text(text + "print('mine')\n", newline="\r\n")
    Path("yours.py").write_text(text, newline="\r\n")
    found = find_step(STAGES, ["client-4.0", "mine.py"])
    assert [line.text for line in found.diff.added] == ["print('mine')"]
    assert found.diff.removed == ()
    told = "+1 -0 lines; the lines of mine.py end as on Windows, which is left out"
    assert counts_text(found, "en") == told
    assert "mine.py 的行尾是 Windows 格式" in counts_text(found, "zh")
    assert step_json(found)["line_ends_left_out"] == "mine.py"
    both = find_step(STAGES, ["yours.py", "mine.py"])
    assert counts_text(both, "en") == "+1 -0 lines"
    assert [line.text for line in both.diff.added] == ["print('mine')\r"]


@pytest.mark.parametrize(
    ("names", "error", "message"),
    [
        (
            ["blocking-client"],
            StepError,
            "blocking-client grew from no other stage: name what to read it against, "
            "as in: companion diff slow-server blocking-client",
        ),
        (
            ["README.md"],
            StepError,
            "README.md is not a stage: name the stage to read it against, "
            "as in: companion diff client-4.0 README.md",
        ),
        (
            ["nothing.py", "client-4"],
            UnknownStageError,
            "there is no file nothing.py, and no stage of that name",
        ),
        (["poetry", "client-4"], SourceError, "can't read poetry: Is a directory"),
    ],
)
def test_what_cannot_be_compared_is_refused_in_one_line(
    monkeypatch: pytest.MonkeyPatch, names: list[str], error: type[Exception], message: str
) -> None:
    monkeypatch.chdir(ROOT)
    with pytest.raises(error) as refusal:
        find_step(STAGES, names)
    assert str(refusal.value) == message


def test_a_class_that_is_new_as_a_whole_is_named_once() -> None:
    assert step_to("async-client").definitions == (
        ("SELECT_LIMIT", "new"),
        ("PoetrySocket", "new"),
        ("get_poetry", "changed"),
        ("poetry_main", "changed"),
    )


def test_the_table_has_a_line_for_each_step_and_their_sum() -> None:
    lines = steps_table(STEPS).splitlines()
    assert lines[0].split() == ["part", "step", "+", "-", "budget", "noise", "definitions"]
    assert len(lines) == 1 + len(STEPS) + 1
    assert [line.split()[1:4] for line in lines[1:-1]] == [one.name.split() for one in STEPS]
    changed = sum(len(one.diff.added) + len(one.diff.removed) for one in STEPS)
    assert lines[-1] == f"{len(STEPS)} steps, {changed} changed lines, no noise"


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("width", [80, 100, 160])
def test_the_table_fits_the_terminal_and_loses_nothing(width: int, lang: str) -> None:
    table = steps_table(STEPS, width, lang)
    assert max(map(columns, table.splitlines())) <= width
    for one in STEPS:
        assert all(name.split()[0] in table for name, _ in one.definitions)


def test_the_table_for_a_program_names_every_definition() -> None:
    first = steps_json(STEPS)[0]
    assert first["before"] == {"id": "blocking-client", "path": "blocking-client/get-poetry.py"}
    assert first["stage"] == {"id": "async-client", "path": "async-client/get-poetry.py"}
    assert first["definitions"][0] == {"name": "SELECT_LIMIT", "change": "new"}
    assert first["noise"] == []
    assert "rows" not in first


def test_a_map_without_steps_has_an_empty_table() -> None:
    assert all_steps(StageMap(())) == ()
    assert steps_table(()).splitlines()[-1] == "0 steps, 0 changed lines, no noise"
