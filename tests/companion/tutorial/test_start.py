"""A folder of the reader's own, and the wheel that makes one without a clone."""

import os
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import venv
from pathlib import Path

import pytest

from companion.processes import run
from companion.tutorial import start as started
from companion.tutorial.stages import ROOT, is_importable, load_map
from companion.tutorial.start import README, start
from tests.helpers.fixtures import Typed

STAGES = load_map()


def type_in(folder: Path, *words: str, path: str = str(ROOT)) -> subprocess.CompletedProcess[str]:
    """Type a command of the companion in a folder."""
    environ = {**os.environ, "PYTHONPATH": path}
    return subprocess.run(
        [sys.executable, "-m", "companion", *words],
        cwd=folder,
        env=environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def git(folder: Path, *words: str) -> str:
    return subprocess.run(
        ["git", *words], cwd=folder, capture_output=True, text=True, check=True
    ).stdout


def test_it_holds_every_stage_and_is_under_git(tmp_path: Path, typed: Typed) -> None:
    mine = tmp_path / "deep" / "mine"
    status, out, err = typed("start", str(mine))
    assert (status, err) == (0, "")
    assert out == (
        f"{mine} holds the stages, the poems and the map, under git\n"
        f"type: cd {mine}, and then: companion race\n"
    )
    for stage in STAGES.stages:
        assert (mine / stage.path).read_bytes() == stage.file.read_bytes()
        assert os.access(mine / stage.path, os.X_OK) == os.access(stage.file, os.X_OK)
    assert (mine / "README.md").read_text() == README["en"]
    assert not list(mine.rglob("__pycache__"))
    assert not (mine / "companion").exists()
    assert git(mine, "status", "--porcelain") == ""
    assert git(mine, "log", "--format=%s") == "The stages as they are\n"


def test_commands_that_are_typed_in_it_take_its_files(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    start(mine, "en")
    client = mine / "blocking-client" / "get-poetry.py"
    client.write_text(client.read_text().replace("Got {len(poems)} poems", "These are all"))
    for folder in (mine, client.parent):
        done = type_in(folder, "run", "--virtual", "blocking-client")
        assert (done.returncode, done.stderr) == (0, "22.900 s of simulated time\n")
        assert done.stdout.endswith("These are all in 0:00:22.900000\n")
    done = type_in(tmp_path, "run", "--virtual", "blocking-client")
    assert done.stdout.endswith("Got 3 poems in 0:00:22.900000\n")


def test_a_folder_with_something_in_it_is_left_as_it_is(tmp_path: Path, typed: Typed) -> None:
    (tmp_path / "note").write_text("mine")
    status, out, err = typed("start", str(tmp_path))
    assert (status, out) == (1, "")
    assert err == f"companion: {tmp_path} is not empty; name a folder that is not there yet\n"
    assert os.listdir(tmp_path) == ["note"]


def test_a_folder_that_can_not_be_made_is_told_in_one_line(tmp_path: Path, typed: Typed) -> None:
    (tmp_path / "file").touch()
    status, out, err = typed("start", str(tmp_path / "file" / "mine"))
    assert (status, out) == (1, "")
    assert err == f"companion: can't write {tmp_path}/file/mine: Not a directory\n"


def test_without_git_there_is_the_folder_alone_in_chinese_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    told = start(tmp_path / "mine", "zh")
    assert told.startswith(f"{tmp_path}/mine 里有各个阶段、诗歌和地图\n")
    assert not (tmp_path / "mine" / ".git").exists()
    assert (tmp_path / "mine" / "README.md").read_text() == README["zh"]


def test_what_twistd_needs_to_find_a_plugin_is_said_where_python_does_not_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert is_importable()
    assert not is_importable(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    assert is_importable(tmp_path)
    monkeypatch.chdir(ROOT)
    told: list[str] = []
    monkeypatch.setattr(run, "is_importable", lambda: False)
    monkeypatch.setattr(run.StageProcess, "wait", lambda self, command, cwd: 0)
    for name in ("fastpoetry-3.0", "fastpoetry-2.0", "client-4.0"):
        run.run_stage(STAGES.by_id[name], (), STAGES, told.append)
    assert told[:2] == [
        "export PYTHONPATH=.",
        "twistd --nodaemon --pidfile= fastpoetry --poem poetry/ecstasy.txt",
    ]
    assert told.count("export PYTHONPATH=.") == 1


def test_of_a_folder_that_is_no_clone_all_is_taken_but_the_reader_s_own_and_what_was_made(
    tmp_path: Path,
) -> None:
    for name in ("stages.toml", ".git", "my", "build", "_trial_temp-1", "twistd.log.1"):
        (tmp_path / name).touch()
    assert started.contents(tmp_path) == ["stages.toml"]


def test_what_the_wheel_holds_beside_the_tool_is_all_that_the_map_names() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    held = project["tool"]["hatch"]["build"]["targets"]["wheel"]["shared-data"]
    for name, place in held.items():
        assert (ROOT / name).exists()
        assert place == f"share/twisted-companion/{name}"
    files = [*(stage.path for stage in STAGES.stages), "stages.toml", "parts.toml"]
    files += ["poetry/poems.toml", "exercises/8.1/checks.py", "tests/recorded/simple.txt"]
    for file in files:
        assert {file, *map(str, Path(file).parents)} & set(held), file


@pytest.mark.slow
def test_from_the_wheel_the_companion_works_in_an_empty_folder(tmp_path: Path) -> None:
    # In an environment of its own, with the packages of this one but not with this companion.
    wheels, home, empty = tmp_path / "wheels", tmp_path / "venv", tmp_path / "empty"
    empty.mkdir()
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(wheels)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    venv.create(home, with_pip=True)
    python = home / "bin" / "python"
    ask = [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    site = subprocess.run(ask, capture_output=True, text=True, check=True).stdout.strip()
    Path(site, "packages.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
    (wheel,) = wheels.iterdir()
    install = [str(python), "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*install, str(wheel)], check=True)
    environ = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}

    def type_it(*words: str, folder: Path = empty) -> str:
        done = subprocess.run(
            [str(home / "bin" / "companion"), *words],
            cwd=folder,
            env=environ,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert (done.returncode, done.stderr.partition("\n")[0]) in ((0, ""), (0, TOOK)), done
        return done.stdout

    assert "poems whole" in type_it("race", "--num-bytes", "500")
    assert "D1 fires with" in type_it("trace", "client-4.0")
    assert type_it("run", "--virtual", "blocking-client").endswith("0:00:22.900000\n")
    assert "client-9.0" in type_it("list")
    assert "PoetryProtocol.connectionMade" in type_it("trace", "fastpoetry-3.0")
    type_it("start", "mine")
    shutil.rmtree(home / "share")
    assert "get_poetry" in type_it("trace", "asyncio-client", folder=empty / "mine")


TOOK = "22.900 s of simulated time"
