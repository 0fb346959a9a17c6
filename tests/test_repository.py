"""The repository as a whole: nothing off the map, no machine named, and the READMEs are true."""

import ast
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path
from xml.etree import ElementTree

import click
import pytest

from companion.cli.commands import companion
from companion.tutorial.stages import ROOT, Stage, load_map

STAGES = load_map()
# Folders that hold no stage; tests/test_poetry.py alone is one.
OWN_FOLDERS = {".ci", "bench", "companion", "docs", "exercises", "poetry", "tests"}
READMES = ("README.md", "README.zh-CN.md")
# What would tie the repository to one machine, or to a place to download from.
TELLTALE = re.compile(
    r"/home/\w|/Users/\w|/root/|[A-Z]:\\Users"
    r"|pypi\.org|pythonhosted|npmjs|crates\.io|debian\.org|conda\.(io|org)"
    r"|--(extra-)?index-url|--find-links|--trusted-host|(PIP|UV)_\w*INDEX"
)


def repository_files() -> list[str]:
    """Every file that is tracked, or would be by `git add .`."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no git repository")
    return [name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def unmapped(files: Iterable[str], stages: Iterable[Stage]) -> list[str]:
    """The files that stand where only stages do, and are none."""
    paths = {stage.path for stage in stages}
    return [
        name
        for name in files
        if "/" in name and name.split("/")[0] not in OWN_FOLDERS and name not in paths
    ]


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_every_file_in_a_stage_folder_is_on_the_map() -> None:
    assert unmapped(repository_files(), STAGES.stages) == []


def test_a_file_that_is_not_on_the_map_is_found() -> None:
    files = [
        "README.md",
        "companion/processes/run.py",
        "async-client/get-poetry.py",
        "async-client/notes",
    ]
    assert unmapped(files, STAGES.stages) == ["async-client/notes"]
    assert unmapped(["new-client/get-poetry.py"], STAGES.stages) == ["new-client/get-poetry.py"]


def test_every_file_is_text_in_utf_8_with_plain_line_ends() -> None:
    for name in repository_files():
        data = (ROOT / name).read_bytes()
        assert b"\r" not in data, name
        data.decode("utf-8")


def test_no_file_names_a_machine_or_a_place_to_download_from() -> None:
    here = f"{ROOT}{os.sep}"
    for name in {*repository_files()} - {"tests/test_repository.py"}:
        text = read(name)
        assert here not in text, name
        assert not (found := TELLTALE.search(text)), f"{name}: {found}"


@pytest.mark.parametrize("stage", STAGES.stages, ids=lambda stage: stage.id)
def test_a_stage_imports_the_standard_library_and_twisted_and_nothing_else(stage: Stage) -> None:
    if stage.file.suffix != ".py":
        pytest.skip("not a Python program")
    allowed = {*sys.stdlib_module_names, "twisted", "zope"}
    for node in ast.walk(ast.parse(read(stage.path))):
        if isinstance(node, ast.Import):
            names = {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level
            names = {str(node.module).split(".")[0]}
        else:
            continue
        assert names <= allowed


# Set-up.


def requirements() -> dict[str, list[str]]:
    """What the lock file holds: name==version, and the options after it."""
    text = re.sub(r"\\\n\s*", " ", read("requirements.lock"))
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return {line.split()[0]: re.findall(r"--\S+", line) for line in lines}


def bare(requirement: str) -> str:
    """A requirement's name, as every index spells it."""
    name = re.split(r"[^\w.-]", requirement)[0]
    return re.sub(r"[-_.]+", "-", name).lower()


def test_the_lock_file_holds_exact_versions_with_hashes_and_no_address() -> None:
    assert len(requirements()) > 20
    for requirement, options in requirements().items():
        assert re.fullmatch(r"[\w.-]+==[\w.]+", requirement)
        assert options
        assert all(re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", option) for option in options)
    assert "://" not in read("requirements.lock")


def test_the_lock_file_holds_all_that_the_project_asks_for_and_what_builds_it() -> None:
    project = tomllib.loads(read("pyproject.toml"))
    extras = project["project"]["optional-dependencies"].values()
    wanted = [
        *project["project"]["dependencies"],
        *project["build-system"]["requires"],
        *(requirement for extra in extras for requirement in extra),
    ]
    locked = {bare(requirement) for requirement in requirements()}
    assert {bare(requirement) for requirement in wanted} <= locked


def test_the_licence_is_mit_in_both_places() -> None:
    assert read("LICENSE").startswith("MIT License\n")
    assert tomllib.loads(read("pyproject.toml"))["project"]["license"] == "MIT"


def test_what_ci_runs_is_a_script_that_calls_make_test() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    for target in ("test", "test-slow", "test-twisted", "lint"):
        assert f"\nmake {target}\n" in script.read_text()
    subprocess.run(["bash", "-n", script], check=True)


def test_make_help_lists_every_target_with_a_line() -> None:
    [phony] = re.findall(r"^\.PHONY: (.*)", read("Makefile"), re.MULTILINE)
    listed = subprocess.run(
        ["make", "--silent", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert [line.split(None, 1)[0] for line in listed] == phony.split()
    assert all(len(line.split(None, 1)[1]) > 10 and len(line) <= 100 for line in listed)


# What the READMEs show.


def spans(name: str) -> list[str]:
    """What stands in code style in a text: spans, and the lines of its blocks."""
    text = read(name)
    blocks = re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    lines = [line.split(" #")[0].strip() for block in blocks for line in block.splitlines()]
    return [
        *lines,
        *re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)),
    ]


def test_both_readmes_show_the_same_commands() -> None:
    english, chinese = ({*spans(name)} for name in READMES)
    assert english == chinese


@pytest.mark.parametrize("name", [*READMES, "CONTRIBUTING.md"])
def test_every_companion_command_that_a_text_shows_is_one(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").touch()
    (tmp_path / "docs").symlink_to(ROOT / "docs")
    shown = [span.split() for span in spans(name) if span.startswith("companion ")]
    assert shown
    for _, word, *args in shown:
        command = companion.commands[word]
        if not args:
            continue
        stand_in = ["client-2.1" if arg == "STAGE" else arg for arg in args]
        command.make_context(word, stand_in, parent=click.Context(companion))


@pytest.mark.parametrize("name", READMES)
def test_every_option_that_a_readme_names_beside_a_command_is_its(name: str) -> None:
    rows = [line for line in read(name).splitlines() if line.startswith("| `companion ")]
    assert len(rows) > 5
    for row in rows:
        word = row.split()[2].strip("`")
        options = {option for param in companion.commands[word].params for option in param.opts}
        assert set(re.findall(r"(--[\w-]+)", row)) <= options


@pytest.mark.parametrize("name", READMES)
def test_a_readme_shows_every_command(name: str) -> None:
    shown = {span.split()[1] for span in spans(name) if span.startswith("companion ")}
    assert shown == set(companion.commands)


@pytest.mark.parametrize("name", [*READMES, "CONTRIBUTING.md"])
def test_every_make_target_that_a_text_shows_is_one(name: str) -> None:
    targets = re.findall(r"^([\w-]+):", read("Makefile"), re.MULTILINE)
    shown = [span.split()[1] for span in spans(name) if span.startswith("make ")]
    assert shown
    assert set(shown) <= set(targets)


@pytest.mark.parametrize("name", [*READMES, "CONTRIBUTING.md"])
def test_every_file_that_a_text_names_is_there(name: str) -> None:
    links = re.findall(r"\]\(([^)#]+)\)", read(name))
    typed = [
        word
        for span in spans(name)
        for word in span.split()
        if re.fullmatch(r"[\w.-]+/[\w./-]*", word) and "NN" not in word
    ]
    assert links or typed
    for target in [*links, *typed]:
        if "://" not in target:
            assert (ROOT / target).exists(), target


def test_the_pictures_that_the_readmes_show_are_svg() -> None:
    for name in READMES:
        pictures = re.findall(r"!\[.+\]\(([^)]+)\)", read(name))
        assert pictures
        for picture in pictures:
            assert ElementTree.parse(ROOT / picture).getroot().tag.endswith("}svg")


def test_every_key_of_the_map_is_documented() -> None:
    section = read("CONTRIBUTING.md").partition("## The map")[2].partition("\n## ")[0]
    first = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    keys = {key for cell in first for key in re.findall(r"`(\w+)`", cell)}
    assert keys == set(Stage.__dataclass_fields__)


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_the_output_that_a_readme_shows_is_the_recorded_one(name: str) -> None:
    shown = re.findall(
        r"^\$ companion run --virtual (\S+)\n(.*?)^```",
        (ROOT / name).read_text(encoding="utf-8"),
        re.MULTILINE | re.DOTALL,
    )
    assert shown
    for stage, output in shown:
        recorded = (ROOT / "tests" / "recorded" / f"{stage}.txt").read_text(encoding="utf-8")
        lines = [line.partition(" | ")[2] for line in recorded.splitlines() if " | " in line]
        assert output.splitlines() == lines
