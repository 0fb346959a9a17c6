"""The rooms of the tool: their arrows run down only, and their files run in no circle."""

import re
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import companion
from companion.tutorial.stages import ROOT
from docs.house import FILES, HOUSE, imported, module_of, sign

# Who stands further down knows nothing of who stands above; rooms on one level know not each other.
LEVELS = (
    ("__main__",),
    ("cli",),
    ("guide",),
    ("learn",),
    ("check", "trace", "race", "probe"),
    ("virtual",),
    ("processes", "diff"),
    ("tutorial",),
    ("peers", "render"),
    ("event",),
)
LEVEL = {room: number for number, rooms in enumerate(LEVELS) for room in rooms}


def room_of(module: str) -> str:
    return module.split(".")[1]


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_a_room_imports_from_the_rooms_below_it_alone(path: Path) -> None:
    module = module_of(path)
    if module == "companion":
        return
    up = {
        other
        for other in imported(path)
        if room_of(other) != room_of(module) and LEVEL[room_of(other)] <= LEVEL[room_of(module)]
    }
    assert up == set()


def test_the_files_import_each_other_in_no_circle() -> None:
    TopologicalSorter({module_of(path): imported(path) for path in FILES}).prepare()


@pytest.mark.parametrize("room", sorted({path.parent for path in FILES}), ids=str)
def test_each_room_has_a_sign_on_its_door(room: Path) -> None:
    words = sign(room)
    assert words
    assert room == HOUSE or ("May import" in words and "Runs in" in words)


def test_contributing_has_every_room_and_no_other() -> None:
    table = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("| room |")[2]
    listed = re.findall(r"^\| `([\w.]+)` \|", table.partition("\n\n")[0], re.MULTILINE)
    rooms = {".".join(path.parent.relative_to(HOUSE).parts) for path in FILES}
    assert sorted(listed) == sorted(rooms - {""})


def test_every_file_that_internals_names_is_there() -> None:
    named = re.findall(r"`([\w/]+\.py)`", (ROOT / "docs" / "internals.md").read_text("utf-8"))
    assert len(named) > 8
    for name in named:
        assert (HOUSE / name).is_file() or (ROOT / name).is_file(), name


def test_the_page_of_the_house_has_the_arrow_line() -> None:
    line = " > ".join(" | ".join(rooms) for rooms in LEVELS[:-1])
    assert f"{line} > event.py" in " ".join((companion.__doc__ or "").split())
