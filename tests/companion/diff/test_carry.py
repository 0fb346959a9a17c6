"""An edit of one stage, carried to the later stages of its tree: everywhere, or nowhere."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from companion.check.exercise import grown_from
from companion.diff.carry import CarryError, Conflict, Tree, carry, merge_texts, summary
from companion.tutorial.stages import Stage, StageMap, load_map

STAGES = load_map()
TEXTS = {"en": "x", "zh": "x"}
LATER = ["3.0", "3.1", "4.0", "4.0-stack", "5.0", "5.1", "6.0", "7.0", "8.0", "9.0"]


def git(folder: Path, *words: str) -> None:
    identity = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
    subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True)


def repository(root: Path, texts: dict[str, str]) -> None:
    for path, text in texts.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    git(root, "init", "-q")
    git(root, "add", ".")
    git(root, "commit", "-qm", "x")


@pytest.fixture
def copy(tmp_path: Path) -> Tree:
    """All stages as they are, in a repository of their own."""
    texts = {stage.path: stage.file.read_text(encoding="utf-8") for stage in STAGES.stages}
    repository(tmp_path, texts)
    return Tree(STAGES, root=tmp_path)


def small(root: Path, *texts: str) -> Tree:
    """Stages a, b, c..., each grown from the one before."""
    stages: list[Stage] = []
    for name, text in zip("abcd", texts, strict=False):
        after = stages[-1].id if stages else ""
        stages.append(Stage(name, f"{name}.py", 1, "client", TEXTS, TEXTS, after=after))
        (root / f"{name}.py").write_text(text)
    repository(root, {})
    return Tree(StageMap(tuple(stages)), root=root)


def edit(tree: Tree, name: str, old: str, new: str) -> Stage:
    stage = tree.stages.by_id[name]
    text = tree.file(stage).read_text(encoding="utf-8")
    assert old in text
    tree.file(stage).write_text(text.replace(old, new), encoding="utf-8")
    return stage


def texts(tree: Tree) -> dict[str, str]:
    return {stage.id: tree.file(stage).read_text("utf-8") for stage in tree.stages.stages}


def test_an_edit_of_client_2_1_arrives_in_3_0_to_9_0_and_nowhere_else(copy: Tree) -> None:
    before = texts(copy)
    stage = edit(copy, "client-2.1", "text.isdigit()", "text.isdecimal()")
    merges = carry(stage, copy)
    changed = [merge.stage.id for merge in merges if merge.changed]
    assert changed == [f"client-{version}" for version in LATER]
    for name, text in texts(copy).items():
        if name in changed or name == stage.id:
            assert text == before[name].replace("text.isdigit()", "text.isdecimal()")
        else:
            assert text == before[name]
    assert summary(stage, merges, False).splitlines()[0] == (
        "changed client-3.0 (twisted-client-3/get-poetry.py)"
    )


def test_a_dry_run_says_what_would_change_and_changes_nothing(copy: Tree) -> None:
    stage = edit(copy, "client-2.1", "text.isdigit()", "text.isdecimal()")
    before = texts(copy)
    merges = carry(stage, copy, dry_run=True)
    assert texts(copy) == before
    assert summary(stage, merges, True).splitlines()[0] == (
        "would change client-3.0 (twisted-client-3/get-poetry.py)"
    )
    assert len(summary(stage, merges, True).splitlines()) == len(LATER)


def test_where_one_stage_conflicts_it_is_told_where_and_none_is_changed(copy: Tree) -> None:
    # Client 4.0 has another factory; 3.0, which comes before it, would take the edit.
    stage = edit(copy, "client-3.0", "self.callback(poem)", "self.callback(poem.strip())")
    before = texts(copy)
    with pytest.raises(CarryError) as error:
        carry(stage, copy)
    assert texts(copy) == before
    source = before["client-4.0"].splitlines()
    place = str(error.value).partition("get-poetry.py:")[2].partition(";")[0]
    first = int(place.partition("-")[0])
    assert str(error.value) == (
        "client-4.0 does not take the edit, and nothing was changed: conflict at "
        f"twisted-client-4/get-poetry.py:{place}; make the edit there by hand, "
        "then: companion carry client-4.0"
    )
    assert any("d.callback(poem)" in line for line in source[first - 1 : first + 3])


BASE = "one\ntwo\nthree\nfour\nfive\nsix\nseven\n"


def test_an_edit_passes_through_a_stage_that_has_it_already_by_hand(tmp_path: Path) -> None:
    tree = small(tmp_path, BASE, BASE, BASE)
    edit(tree, "b", "four", "FOUR")
    merges = carry(edit(tree, "a", "four", "FOUR"), tree)
    assert [(merge.stage.id, merge.changed) for merge in merges] == [("b", False), ("c", True)]
    assert "FOUR" in texts(tree)["c"]


def test_carrying_twice_changes_nothing_the_second_time(tmp_path: Path) -> None:
    tree = small(tmp_path, BASE, BASE, BASE)
    stage = edit(tree, "a", "four", "FOUR")
    carry(stage, tree)
    once = texts(tree)
    merges = carry(stage, tree)
    assert texts(tree) == once
    assert summary(stage, merges, False) == "nothing to carry from a: no later stage lacks its edit"


def test_a_stages_own_first_line_is_not_carried(tmp_path: Path) -> None:
    tree = small(tmp_path, f'"""A."""\n{BASE}', f'"""B."""\n{BASE}', f'"""C."""\n{BASE}')
    edit(tree, "a", '"""A."""', '"""A, mended."""')
    carry(edit(tree, "a", "four", "FOUR"), tree)
    assert texts(tree)["c"] == f'"""C."""\n{BASE}'.replace("four", "FOUR")


def test_a_conflict_is_told_by_the_lines_of_the_file_as_it_is(tmp_path: Path) -> None:
    tree = small(tmp_path, BASE, BASE.replace("four\nfive", "FOUR\nFIVE"))
    edit(tree, "a", "one\n", "one\nand a half\n")
    with pytest.raises(CarryError, match=r"conflict at b\.py:4-5;"):
        carry(edit(tree, "a", "four", "4"), tree)


def test_a_conflict_where_the_stage_has_nothing_left_is_told_by_the_line_above(
    tmp_path: Path,
) -> None:
    tree = small(tmp_path, BASE, BASE.replace("four\n", ""))
    with pytest.raises(CarryError, match=r"conflict at b\.py:3;"):
        carry(edit(tree, "a", "four", "4"), tree)


def test_a_readers_own_style_of_conflicts_changes_nothing_of_that(tmp_path: Path) -> None:
    tree = small(tmp_path, BASE, BASE.replace("four", "FOUR"))
    git(tmp_path, "config", "merge.conflictStyle", "diff3")
    with pytest.raises(CarryError, match=r"conflict at b\.py:4;"):
        carry(edit(tree, "a", "four", "4"), tree)


def test_an_edit_that_was_committed_is_carried_since_an_older_commit(tmp_path: Path) -> None:
    tree = small(tmp_path, BASE, BASE)
    stage = edit(tree, "a", "four", "FOUR")
    git(tmp_path, "commit", "-qam", "x")
    assert not any(merge.changed for merge in carry(stage, tree))
    carry(stage, Tree(tree.stages, "HEAD~1", tmp_path))
    assert "FOUR" in texts(tree)["b"]


def test_a_stage_that_git_does_not_know_is_refused(tmp_path: Path) -> None:
    tree = small(tmp_path, BASE, BASE)
    new = Stage("new", "new.py", 1, "client", TEXTS, TEXTS)
    (tmp_path / "new.py").write_text(BASE)
    with pytest.raises(CarryError) as error:
        carry(new, tree)
    assert str(error.value) == "git has no new.py at HEAD: commit it before you edit it"


@pytest.mark.parametrize("since", ["nowhere", "--help"])
def test_a_commit_that_git_does_not_know_is_refused_in_one_line(tmp_path: Path, since: str) -> None:
    tree = Tree(small(tmp_path, BASE, BASE).stages, since, tmp_path)
    with pytest.raises(CarryError) as error:
        carry(tree.stages.stages[0], tree)
    assert str(error.value).startswith("git: ")
    assert "\n" not in str(error.value)


def test_outside_a_repository_git_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    tree = small(tmp_path, BASE, BASE)
    (tmp_path / ".git").rename(tmp_path / "gone")
    with pytest.raises(CarryError, match=r"^git: fatal: not a git repository"):
        carry(tree.stages.stages[0], tree)


def test_without_git_it_is_told_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = small(tmp_path, BASE, BASE)
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(CarryError, match=r"^git is not installed, and it does the merging$"):
        carry(tree.stages.stages[0], tree)


def test_solutions_of_exercises_take_the_edit_and_one_that_cannot_is_named(tmp_path: Path) -> None:
    tree = small(tmp_path, BASE, BASE)
    later = tree.stages.stages[1]
    solved, stuck = (
        replace(later, id="9.9", path=f"{name}.py", after="b") for name in ("solved", "stuck")
    )
    (tmp_path / "solved.py").write_text(BASE + "mine\n")
    (tmp_path / "stuck.py").write_text(BASE.replace("four", "mine"))
    tree = replace(tree, solutions=(solved, stuck))
    merges = carry(edit(tree, "a", "four", "FOUR"), tree)
    assert (tmp_path / "solved.py").read_text() == BASE.replace("four", "FOUR") + "mine\n"
    assert (tmp_path / "stuck.py").read_text() == BASE.replace("four", "mine")
    assert summary(tree.stages.stages[0], merges, dry_run=False).splitlines() == [
        "changed b (b.py)",
        "changed 9.9 (solved.py)",
        "9.9 does not take the edit: make it by hand at stuck.py:4",
    ]


def test_an_edit_of_what_all_clients_share_reaches_the_solutions_of_exercises() -> None:
    solutions = grown_from(STAGES)
    paths = {one.path for one in solutions}
    assert {"exercises/8.1/get-poetry.py", "exercises/8.1/wrong-open.py"} <= paths
    assert {"exercises/12.6/fastpoetry.py", "exercises/16.4/poetry_proxy_plugin.py"} <= paths
    shared, edited = b"is not a port from 1 to 65535", b"is no port"
    stuck, count = set(), 0
    for one in solutions:
        start, ours = STAGES.by_id[one.after].file.read_bytes(), one.file.read_bytes()
        if shared not in start or "wrong" in one.path:
            continue
        try:
            merged = merge_texts(one, ours, start, start.replace(shared, edited))
        except Conflict:
            stuck.add(one.id)
        else:
            assert merged == ours.replace(shared, edited)
            count += 1
    # A tac file, a plugin, and servers that grew from clients: they read other arguments.
    assert stuck == {"16.2", "16.4", "20.6", "21.3"}
    assert count > 20


@pytest.fixture
def unwritable(monkeypatch: pytest.MonkeyPatch) -> str:
    write = Path.write_bytes

    def refuse(path: Path, data: bytes) -> int:
        if path.name == "c.py":
            raise PermissionError(13, "Permission denied")
        return write(path, data)

    monkeypatch.setattr(Path, "write_bytes", refuse)
    return "c.py"


def test_where_a_file_cannot_be_written_the_others_are_put_back(
    tmp_path: Path, unwritable: str
) -> None:
    tree = small(tmp_path, BASE, BASE, BASE)
    stage = edit(tree, "a", "four", "FOUR")
    before = texts(tree)
    with pytest.raises(CarryError) as error:
        carry(stage, tree)
    assert str(error.value) == f"can't write {unwritable}, nothing was changed: Permission denied"
    assert texts(tree) == before
