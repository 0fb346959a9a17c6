"""Carry an edit of one stage to every later stage of its tree: git merges, all or nothing.

The edit is what the stage's file holds now against what git knows. Each stage that grew from it
takes the edit as its parent took it, so that a merge is always between two neighbours. So do the
solutions of exercises; one of them that can't take it stops no stage, and is named.
"""

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from tempfile import TemporaryDirectory

from companion.render.language import say
from companion.tutorial.stages import ROOT, Stage, StageMap

NAMES = ("ours", "base", "theirs")


class CarryError(RuntimeError):
    """The edit can't be carried; no file was changed. The message is one line."""


class Conflict(CarryError):
    """A file does not take the edit; `places` are its lines."""

    def __init__(self, stage: Stage, places: str) -> None:
        self.places = places
        super().__init__(
            f"{stage.id} does not take the edit, and nothing was changed: conflict at "
            f"{stage.path}:{places}; make the edit there by hand, then: companion carry {stage.id}"
        )


@dataclass(frozen=True)
class Tree:
    """The stages as files under root, and the commit that holds their old text; and each solution
    of an exercise, as a stage that grew from the one that the exercise starts from."""

    stages: StageMap
    since: str = "HEAD"
    root: Path = ROOT
    solutions: tuple[Stage, ...] = ()

    def file(self, stage: Stage) -> Path:
        return self.root / stage.path


@dataclass(frozen=True)
class Merge:
    """A stage, where it is, its text, and its text with the edit in it; for a solution that does
    not take it, the lines that keep it from that."""

    stage: Stage
    file: Path
    before: bytes
    after: bytes
    places: str = ""

    @property
    def changed(self) -> bool:
        return self.before != self.after


def carry(stage: Stage, tree: Tree, *, dry_run: bool = False) -> tuple[Merge, ...]:
    """Carry what changed in a stage since a commit. Returns every later stage of its tree.

    Raises CarryError, with the file and its lines, where one stage does not take the edit cleanly:
    then none is changed.
    """
    if not has_commit(tree):
        raise CarryError(f"git: no commit is called {tree.since!r}")
    old, new = known_text(stage, tree), tree.file(stage).read_bytes()
    if old is None:
        raise CarryError(f"git has no {stage.path} at {tree.since}: commit it before you edit it")
    merges = tuple(merge_children(stage, without_title(old, new), new, tree))
    if not dry_run:
        write_all([merge for merge in merges if merge.changed])
    return merges


def merge_children(stage: Stage, old: bytes, new: bytes, tree: Tree) -> Iterator[Merge]:
    """The stages that grew from this one, which changed from old to new, and theirs in turn."""
    for child in tree.stages.stages:
        if child.after != stage.id:
            continue
        before = tree.file(child).read_bytes()
        after = merge_texts(child, before, old, new)
        yield Merge(child, tree.file(child), before, after)
        if before == after:
            # It has the edit already, perhaps by hand: then its own children may not.
            known = known_text(child, tree)
            before = before if known is None else without_title(known, before)
        yield from merge_children(child, before, after, tree)
    for child in tree.solutions:
        if child.after == stage.id:
            yield merge_solution(child, old, new, tree)


def merge_solution(solution: Stage, old: bytes, new: bytes, tree: Tree) -> Merge:
    """An edit of a stage merged into an exercise's solution; where it does not apply, that stays as
    it is, with the places of its conflicts. Raises CarryError."""
    file = tree.file(solution)
    before = file.read_bytes()
    try:
        return Merge(solution, file, before, merge_texts(solution, before, old, new))
    except Conflict as conflict:
        return Merge(solution, file, before, before, conflict.places)


def has_commit(tree: Tree) -> bool:
    """Whether git knows the tree's commit; True where there is no repository, as git says next."""
    commit = f"{tree.since}^{{commit}}"
    verify = "rev-parse", "--verify", "--quiet", "--end-of-options", commit
    return run_git(tree.root, *verify).returncode != 1


def known_text(stage: Stage, tree: Tree) -> bytes | None:
    """The stage's text at the tree's commit; None where it had no such file."""
    listed = git(tree.root, "ls-tree", "--name-only", tree.since, "--", stage.path)
    return git(tree.root, "show", f"{tree.since}:./{stage.path}") if listed else None


def without_title(old: bytes, new: bytes) -> bytes:
    """The old text under the new first line: the docstring that says what the stage is."""
    old_title, new_title = (text.partition(b"\n")[0] for text in (old, new))
    return new_title + old[len(old_title) :] if b'"""' in new_title else old


def merge_texts(stage: Stage, ours: bytes, base: bytes, theirs: bytes) -> bytes:
    """Ours with the edit from base to theirs in it. Raises Conflict, or CarryError."""
    with TemporaryDirectory() as folder:
        for name, text in zip(NAMES, (ours, base, theirs), strict=True):
            (Path(folder) / name).write_bytes(text)
        # The style is named, or a reader's own setting would put a third text into it.
        done = run_git(Path(folder), "-c", "merge.conflictStyle=merge", "merge-file", "-p", *NAMES)
    if done.returncode:
        if not 0 < done.returncode < 128:
            raise CarryError(first_line(done.stderr))
        raise Conflict(stage, ", ".join(conflicts(ours, done.stdout)))
    return done.stdout


def git(root: Path, *arguments: str) -> bytes:
    """What git answers. Raises CarryError with its own words."""
    done = run_git(root, *arguments)
    if done.returncode:
        raise CarryError(first_line(done.stderr))
    return done.stdout


def run_git(folder: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """Run git in a folder, its output as bytes. Raises CarryError where there is no git."""
    try:
        return subprocess.run(["git", *arguments], cwd=folder, capture_output=True, check=False)
    except FileNotFoundError:
        raise CarryError("git is not installed, and it does the merging") from None


def first_line(errors: bytes) -> str:
    """The first line of what git says is wrong."""
    return f"git: {errors.decode(errors='replace').strip().partition(chr(10))[0]}"


def conflicts(ours: bytes, merged: bytes) -> Iterator[str]:
    """The lines of ours that the conflicts in a merged text stand on, as `12-14`."""
    kept: list[bytes] = []
    spans: list[tuple[int, int]] = []
    start, skipping = 0, False
    for line in merged.splitlines():
        if line.startswith(b"<<<<<<< "):
            start = len(kept)
        elif line == b"=======":
            spans.append((start, len(kept)))
            skipping = True
        elif line.startswith(b">>>>>>> "):
            skipping = False
        elif not skipping:
            kept.append(line)
    numbers: dict[int, int] = {}
    for block in SequenceMatcher(None, kept, ours.splitlines(), False).get_matching_blocks():
        numbers.update((block.a + n, block.b + n + 1) for n in range(block.size))
    for first, last in spans:
        found = [numbers[n] for n in range(first, last) if n in numbers]
        if not found:  # ours has nothing there: the line above
            found = [max((numbers[n] for n in range(first) if n in numbers), default=1)]
        yield f"{found[0]}-{found[-1]}" if len(found) > 1 else f"{found[0]}"


def write_all(merges: list[Merge]) -> None:
    """Write every file, or put back what was written and raise CarryError."""
    written: list[Merge] = []
    try:
        for merge in merges:
            written.append(merge)
            merge.file.write_bytes(merge.after)
    except OSError as err:
        for done in written[:-1]:
            done.file.write_bytes(done.before)
        path = written[-1].stage.path
        raise CarryError(f"can't write {path}, nothing was changed: {err.strerror}") from None


def summary(stage: Stage, merges: tuple[Merge, ...], dry_run: bool, lang: str = "en") -> str:
    """What was carried where, or would be, a stage a line."""
    text = "would change {} ({})" if dry_run else "changed {} ({})"
    lines = [say(lang, text, one.stage.id, one.stage.path) for one in merges if one.changed]
    by_hand = "{} does not take the edit: make it by hand at {}:{}"
    lines += [
        say(lang, by_hand, one.stage.id, one.stage.path, one.places) for one in merges if one.places
    ]
    return "\n".join(lines) or say(
        lang, "nothing to carry from {}: no later stage lacks its edit", stage.id
    )
