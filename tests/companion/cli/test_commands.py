"""The command line as a reader sees it: in a pipe, on a terminal, and where it refuses."""

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from companion.cli import commands, params
from companion.render.language import language
from companion.tutorial import listing as view_list
from companion.tutorial import poems
from companion.tutorial.parts import load_parts
from companion.tutorial.stages import ROOT, Stage, load_map
from tests.helpers.fixtures import Typed
from tests.helpers.terminal import Terminal

STAGES = load_map()
COMPANION = [sys.executable, "-m", "companion"]
ESCAPE = re.compile(r"\x1b\[[0-9;]*m")


# list


def test_the_list_is_by_part_an_id_and_a_title_a_line(typed: Typed) -> None:
    status, out, err = typed("list")
    assert (status, err) == (0, "")
    parts = [part.splitlines() for part in out.split("\n\n")]
    assert [part[0] for part in parts] == [
        f"Part {part.number}  {part.title['en']}" for part in load_parts(())
    ]
    assert len(parts) == 22
    assert [line.split(maxsplit=1) for line in parts[1][1:]] == [
        ["slow-server", "The slow poetry server"],
        ["blocking-client", "The blocking client"],
        ["async-client", "The asynchronous client"],
    ]
    listed = [line.split()[0] for part in parts for line in part[1:]]
    assert listed == [stage.id for stage in STAGES.stages]
    for number, (_, *lines) in enumerate(parts, 1):
        assert {STAGES.by_id[line.split()[0]].part for line in lines} <= {number}


def test_titles_begin_in_one_column(typed: Typed) -> None:
    lines = [line for line in typed("list")[1].splitlines() if line.startswith(" ")]
    columns = {line.index(STAGES.by_id[line.split()[0]].title["en"]) for line in lines}
    assert columns == {4 + max(len(stage.id) for stage in STAGES.stages)}


def test_the_list_is_in_chinese_where_it_is_asked_for(typed: Typed) -> None:
    lines = typed("list", "--lang", "zh")[1].splitlines()
    assert lines[2] == "第 2 部分  异步编程初探与 reactor 模式"
    assert lines[3].split(maxsplit=1) == ["slow-server", "慢速的诗歌服务器"]


def test_the_list_is_in_chinese_where_the_locale_is(
    typed: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    chinese, english = typed("list")[1], typed("list", "--lang", "en")[1]
    assert chinese.startswith("第 1 部分  ")
    assert english.startswith("Part 1  ")


@pytest.mark.parametrize(
    ("environment", "lang"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_TW"}, "zh"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": ""}, "zh"),
    ],
)
def test_the_language_is_the_locales_for_messages(environment: dict[str, str], lang: str) -> None:
    assert language(environment) == lang


def test_the_list_for_a_program_is_the_map(typed: Typed) -> None:
    records = json.loads(typed("list", "--json")[1])
    assert [record["id"] for record in records] == [stage.id for stage in STAGES.stages]
    first = records[1]
    assert first["path"] == "blocking-client/get-poetry.py"
    assert first["title"] == {"en": "The blocking client", "zh": "阻塞模式的客户端"}
    assert first["needs"][1] == {"stage": "slow-server", "args": ["poetry/fascination.txt"]}


# show


def test_a_stage_is_shown_with_its_facts_then_its_code(typed: Typed) -> None:
    status, out, err = typed("show", "client-1.0")
    code = (ROOT / "twisted-client-1/get-poetry.py").read_text()
    stage = STAGES.by_id["client-1.0"]
    assert (status, err) == (0, "")
    assert out.startswith(
        f"""\
client-1.0: Client 1.0
The loop is the reactor's now: we hand it objects, and it calls their doRead.

part       4
path       twisted-client-1/get-poetry.py
after      async-client
changes    {", ".join(stage.teaches)}
flaw       {stage.flaw["en"]}
to run it  python blocking-server/slowpoetry.py --port 10000 --num-bytes 30 poetry/ecstasy.txt
           python blocking-server/slowpoetry.py --port 10001 poetry/fascination.txt
           python blocking-server/slowpoetry.py --port 10002 poetry/science.txt
           python twisted-client-1/get-poetry.py 10000 10001 10002

{code}
What you can do with it:
$ companion run client-1.0                   # with its servers
$ companion trace client-1.0                 # what happens in it
$ companion diff client-1.0                  # what has changed
$ companion compare async-client client-1.0  # what it does otherwise
$ companion race async-client client-1.0     # side by side
$ companion check mine.py --as client-1.0    # a file of your own
"""
    )


def test_a_file_of_the_readers_own_is_shown_as_it_is(
    typed: Typed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.tac").write_text("application = None\n")
    assert typed("show", "mine.tac") == (
        0,
        """\
mine.tac

path       mine.tac
to run it  twistd --nodaemon --pidfile= --python mine.tac

application = None

What you can do with it:
$ companion run mine.tac    # run it
$ companion trace mine.tac  # what happens in it
""",
        "",
    )


def test_a_stage_is_shown_in_chinese(typed: Typed) -> None:
    lines = typed("show", "slow-server", "--lang", "zh")[1].splitlines()
    assert lines[:7] == [
        "slow-server：慢速的诗歌服务器",
        "用普通阻塞套接字写成的服务器：它为一个客户端睡眠时，其他客户端都在等待。",
        "",
        "部分  2",
        "路径  blocking-server/slowpoetry.py",
        f"缺陷  {STAGES.find('slow-server').flaw['zh']}",
        "运行  python blocking-server/slowpoetry.py --port 10000 poetry/ecstasy.txt",
    ]
    assert lines[-1] == "$ companion check mine.py --as slow-server  # 检查你自己的文件"


def test_the_output_that_is_recorded_is_there_for_a_program(
    typed: Typed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(view_list, "RECORDED", tmp_path)
    (tmp_path / "blocking-client.txt").write_text("Task 1: 一首诗\n", encoding="utf-8")
    assert json.loads(typed("show", "blocking-client", "--json")[1])["output"] == "Task 1: 一首诗\n"


def test_a_stage_for_a_program_has_its_commands_and_its_code(typed: Typed) -> None:
    record = json.loads(typed("show", "blocking-client/get-poetry.py", "--json")[1])
    assert record["id"] == "blocking-client"
    assert record["commands"][-1] == "python blocking-client/get-poetry.py 10000 10001 10002"
    assert record["flaw"] == STAGES.find("blocking-client").flaw
    assert record["code"] == (ROOT / "blocking-client/get-poetry.py").read_text()


def test_a_flaw_for_a_program_is_in_both_languages(typed: Typed) -> None:
    flaw = json.loads(typed("show", "transform-server", "--json")[1])["flaw"]
    assert flaw["en"].startswith("Half a request is waited for without end, up to 99,999 bytes")
    assert flaw["zh"].startswith("请求只来了一半时，它会无休止地等下去")


@pytest.mark.parametrize("stage", STAGES.stages, ids=lambda stage: stage.id)
def test_every_stage_can_be_shown(typed: Typed, stage: Stage) -> None:
    status, out, _ = typed("show", stage.id)
    assert status == 0
    assert out.startswith(f"{stage.id}: {stage.title['en']}\n{stage.idea['en']}\n\n")
    assert stage.file.read_text(encoding="utf-8").rstrip() in out


@pytest.mark.parametrize("option", [[], ["--json"]])
def test_a_stage_that_is_not_utf_8_is_told_in_one_line(
    typed: Typed, option: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "latin.py").write_bytes(b"print(1)\n# caf\xe9\n")
    stage = replace(STAGES.by_id["hello"], path=str(tmp_path / "latin.py"))
    monkeypatch.setattr(params, "load_map", lambda: replace(STAGES, stages=(stage,)))
    assert typed("show", "hello", *option) == (1, "", "companion: latin.py:2: not UTF-8\n")


def test_on_a_terminal_code_has_colours_and_texts_keep_to_the_width() -> None:
    with Terminal([*COMPANION, "show", "client-1.0", "--lang", "en"], columns=50) as terminal:
        seen = terminal.read_all()
        assert terminal.status() == 0
    plain = ESCAPE.sub("", seen)
    code = (ROOT / "twisted-client-1/get-poetry.py").read_text()
    assert plain.count(code) == 1
    head, _, typed = plain.partition(code)[0].partition("to run it")
    assert max(map(len, head.splitlines())) <= 50
    assert (
        "       python blocking-server/slowpoetry.py --port 10001 poetry/fascination.txt\n" in typed
    )
    assert STAGES.by_id["client-1.0"].flaw["en"] in re.sub(r"\s+", " ", head)
    assert re.search(r"\x1b\[\d+mimport", seen)


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_a_terminal_without_colours_gets_none(environment: dict[str, str]) -> None:
    with Terminal([*COMPANION, "show", "slow-server"], None, 80, **environment) as terminal:
        seen = terminal.read_all()
        assert terminal.status() == 0
    assert "\x1b" not in seen
    assert "import argparse" in seen


def test_in_a_pipe_there_are_no_escapes() -> None:
    out = subprocess.check_output([*COMPANION, "show", "client-1.0"], text=True)
    assert "\x1b" not in out
    assert (ROOT / "twisted-client-1/get-poetry.py").read_text() in out


# Refusals, and the ends of the pipe.


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nothing"], "no command is called 'nothing'; companion help shows them all"),
        (["help", "nothing"], "no command is called 'nothing'; companion help shows them all"),
        (["help", "lisst"], "No such command 'lisst'. Did you mean 'list'?"),
        (["list", "--nothing"], "No such option '--nothing'."),
        (["list", "more"], "Got unexpected extra argument (more)"),
        (["list", "--lang", "de"], "Invalid value for '--lang': 'de' is not one of en, zh"),
        (["show"], "Missing argument 'STAGE'."),
        (["run"], "Missing argument 'STAGE'."),
        *(
            (
                [command, "nix"],
                "no stage is called 'nix'; companion list shows them all",
            )
            for command in ("show", "run")
        ),
        *(
            ([*words, "--svg", "a", "--html", "./a"], "--svg and --html both name a")
            for words in (["trace", "client-4.0"], ["compare", "client-2.0", "client-2.1"])
        ),
        *(
            (
                [*words, "--html", "client-4.0"],
                "--html takes a file to write to, and client-4.0 is a program",
            )
            for words in (
                ["trace", "client-4.0"],
                ["compare", "client-2.0", "client-2.1"],
                ["diff", "client-4.0"],
            )
        ),
        (
            ["trace", "client-4.0", "clint-5.0"],
            "no stage is called 'clint-5.0'; did you mean client-5.0?",
        ),
        (
            ["trace", "client-4.0", "--with", "late"],
            "Invalid value for '--with': 'late' is not one of "
            "'REFUSED', 'RESET', 'SILENT', 'SPLIT'.",
        ),
        (["race", "--poem", "Ecstacy"], "no poem is called 'Ecstacy'; did you mean ecstasy?"),
        (
            ["run", "--as", "fastpoetry-3.0", __file__],
            "twistd finds a plugin by its name, not by its file: companion run --virtual"
            f" {__file__} --as fastpoetry-3.0",
        ),
        (["exercise", "8.9"], "no exercise is called '8.9'; part 8 has 8.1, 8.2"),
    ],
)
def test_wrong_usage_is_refused_in_one_line(typed: Typed, words: list[str], said: str) -> None:
    assert typed(*words) == (2, "", f"companion: {said}\n")


def test_a_wrong_map_is_told_in_one_line(
    typed: Typed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "stages.toml").write_text('[[stage]]\nid = "a"\n')
    monkeypatch.setattr(commands, "load_map", lambda: load_map(tmp_path / "stages.toml"))
    assert typed("list") == (1, "", "companion: stages.toml:1: an entry without 'path'\n")


def test_a_wrong_poem_is_told_in_one_line_before_a_race(
    typed: Typed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "poetry").mkdir()
    (tmp_path / "poetry" / "poems.toml").write_text('[[poem]]\nname = "a"\n')
    load_poems = poems.load_poems
    monkeypatch.setattr(poems, "load_poems", lambda: load_poems(tmp_path))
    assert typed("race") == (1, "", "companion: poems.toml:1: an entry without 'title'\n")


def test_alone_it_shows_its_commands(typed: Typed) -> None:
    status, out, err = typed()
    assert (status, err) == (2, "")
    assert out == typed("--help")[1]
    assert {"list", "show", "run"} <= {line.split()[0] for line in out.splitlines() if line}


@pytest.mark.parametrize("name", sorted(commands.companion.commands))
def test_every_command_has_help_that_begins_with_a_sentence(typed: Typed, name: str) -> None:
    status, out, _ = typed(name, "--help")
    assert status == 0
    assert out.startswith(f"Usage: companion {name} ")
    assert "Traceback" not in out
    help_line = commands.companion.commands[name].get_short_help_str(limit=200)
    assert help_line[0].isupper()


def test_a_reader_that_leaves_the_pipe_hears_nothing() -> None:
    script = f"{' '.join(COMPANION)} show client-1.0 | head -1"
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("client-1.0: Client 1.0\n", "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_a_full_disk_is_told_in_one_line() -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [*COMPANION, "list"], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert (done.returncode, done.stderr) == (1, "companion: No space left on device\n")


def test_help_and_list_load_nothing_heavy() -> None:
    code = (
        "import sys, atexit\n"
        "heavy = {'twisted', 'rich', 'pygments', 'jinja2'}\n"
        "atexit.register(lambda: print(*heavy & {*sys.modules}))\n"
        "from companion.cli.commands import main\n"
        "main()\n"
    )
    for words in (["list"], ["--help"]):
        out = subprocess.check_output([sys.executable, "-c", code, *words], text=True)
        assert out.endswith("\n\n")


def test_ctrl_c_while_the_command_is_loaded_ends_it_without_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "click.py").write_text("import os\nos.kill(os.getpid(), 2)\n")
    done = subprocess.run(
        [*COMPANION, "list"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")


def test_the_installed_command_works_from_any_folder(tmp_path: Path) -> None:
    command = Path(sys.executable).parent / "companion"
    if not command.exists():
        pytest.skip("the package is not installed beside this Python")
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    out = subprocess.check_output([command, "list"], cwd=tmp_path, env=environment, text=True)
    assert out.startswith("Part 1  In Which We Begin")


@pytest.mark.parametrize(
    "words",
    [
        ("--lang", "zh", "part", "2"),
        ("part", "2", "--lang", "zh_CN"),
        ("--lang", "zh_CN.UTF-8", "part", "2"),
    ],
)
def test_the_language_stands_before_or_after_the_command(
    typed: Typed, words: tuple[str, ...]
) -> None:
    status, out, err = typed(*words)
    assert (status, err) == (0, "")
    assert out.startswith("第 2 部分")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_command_has_one_line_of_80_columns_in_the_list(typed: Typed, lang: str) -> None:
    out = typed("--lang", lang, "--help")[1]
    _, _, listed = out.partition("Commands:\n" if lang == "en" else "命令：\n")
    names = [line.split()[0] for line in listed.splitlines()]
    assert names == sorted(commands.companion.commands)


def test_help_is_a_command_too(typed: Typed) -> None:
    assert typed("help")[1] == typed("--help")[1]
    assert typed("help", "trace") == typed("trace", "--help")
    line = "companion: no command is called 'nix'; companion help shows them all\n"
    assert typed("help", "nix") == (2, "", line)


def test_a_server_is_not_compared_with_a_client(typed: Typed) -> None:
    line = "companion: slow-server is a server, and the other is none: companion trace slow-server"
    status, out, err = typed("compare", "client-4.0", "slow-server")
    assert (status, out) == (2, "")
    assert err.startswith(line)
