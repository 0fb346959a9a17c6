"""The map: what it holds, how a stage is found, and each wrong entry refused with its line."""

from pathlib import Path

import pytest

from companion.tutorial.stages import ROOT, Need, StageMap, UnknownStageError, load_map
from companion.tutorial.toml import TableError
from companion.tutorial.typed import typed

STAGES = load_map()

SERVER = """\
[[stage]]
id = "server"
path = "server.py"
part = 2
kind = "server"
title = { en = "The server", zh = "服务器" }
idea = { en = "It serves.", zh = "提供服务。" }
"""
CLIENT = """
[[stage]]
id = "client"
path = "client.py"
part = 4
kind = "client"
after = "server"
teaches = ["main"]
title.en = "The client"
title.zh = "客户端"
idea = { en = "It asks.", zh = "发出请求。" }
args = ["--fast"]
needs = [{ stage = "server", args = ["--slow"] }, { stage = "server" }]
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("server.py", "client.py"):
        (tmp_path / name).touch()
    return tmp_path


def load(root: Path, text: str) -> StageMap:
    path = root / "stages.toml"
    path.write_text(text, encoding="utf-8")
    return load_map(path)


def refusal(root: Path, text: str) -> str:
    with pytest.raises(TableError) as refused:
        load(root, text)
    return str(refused.value)


def test_an_entry_becomes_a_record(root: Path) -> None:
    client = load(root, SERVER + CLIENT).find("client")
    assert (client.id, client.path, client.part, client.kind) == (
        "client",
        "client.py",
        4,
        "client",
    )
    assert client.title == {"en": "The client", "zh": "客户端"}
    assert client.idea == {"en": "It asks.", "zh": "发出请求。"}
    assert client.args == ("--fast",)
    assert client.needs == (Need("server", ("--slow",)), Need("server", ()))
    assert (client.after, client.teaches, client.flaw) == ("server", ("main",), {})


def test_a_flaw_is_a_text_by_language(root: Path) -> None:
    flawed = CLIENT + 'flaw = { en = "It waits.", zh = "它一直等待。" }\n'
    assert load(root, SERVER + flawed).find("client").flaw == {
        "en": "It waits.",
        "zh": "它一直等待。",
    }


def test_servers_that_several_stages_need_have_a_name(root: Path) -> None:
    named = CLIENT.replace(
        '[{ stage = "server", args = ["--slow"] }, { stage = "server" }]', '"two"'
    )
    servers = '[servers]\ntwo = [{ stage = "server", args = ["--slow"] }, { stage = "server" }]\n'
    assert load(root, servers + SERVER + named) == load(root, SERVER + CLIENT)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("7", "must be a list of { stage, args }"),
        ('"all"', "must be a list of { stage, args }"),
        ('[{ stage = "server", arg = [] }]', "must be a list of { stage, args }"),
        ('[{ stage = "sever" }]', "needs 'sever', which no entry is called"),
    ],
)
@pytest.mark.parametrize("needs", ["", 'needs = "two"\n'], ids=["unused", "used"])
def test_wrong_servers_are_refused_where_they_stand(
    root: Path, needs: str, wrong: str, said: str
) -> None:
    message = refusal(root, f"[servers]\none = []\ntwo = {wrong}\n{SERVER}{needs}")
    assert message.startswith("stages.toml:3: ")
    assert message.endswith(said)


def test_a_script_may_be_run_in_two_ways_but_not_twice_in_one(root: Path) -> None:
    again = SERVER.replace('id = "server"', 'id = "again"')
    assert len(load(root, SERVER + again + 'args = ["--slow"]\n').stages) == 2
    assert len(load(root, SERVER + again + 'run = ["sh", "{path}"]\n').stages) == 2
    twice = again.replace('path = "', 'path = "./')
    assert refusal(root, SERVER + twice) == (
        "stages.toml:10: 'server' runs 'server.py' in the same way"
    )


def test_a_brace_that_is_no_placeholder_stands_twice(root: Path) -> None:
    run = ("awk", "{{ print }}", "{path}")
    stage = load(root, SERVER + f"run = {list(run)}\n").find("server")
    assert stage.run == run
    assert typed(stage) == "awk '{ print }' server.py"


# What is changed in the client's entry, and what is said of it; the entry begins in line 9.
WRONG = [
    ('path = "client.py"', 'path = "nothing.py"', "11: no file 'nothing.py'"),
    ('id = "client"', 'id = "server"', "10: the id 'server' stands twice"),
    ('after = "server"', 'after = "sever"', "14: after 'sever', which no earlier entry is called"),
    (
        'after = "server"',
        'after = "client"',
        "14: after 'client', which no earlier entry is called",
    ),
    ('kind = "client"', 'kind = "thing"', "13: kind 'thing' is none of client, server, "),
    ("part = 4", "part = 23", "12: part 23 is none of 1 to 22"),
    ("part = 4", "part = 0", "12: part 0 is none of 1 to 22"),
    ("part = 4", 'part = "4"', "12: part must be a number"),
    ("part = 4", "part = true", "12: part must be a number"),
    ("part = 4", "pert = 4", "12: unknown key 'pert'"),
    ("part = 4\n", "", "9: an entry without 'part'"),
    ('id = "client"\n', "", "9: an entry without 'id'"),
    ('id = "client"', "id = 7", "10: id must be a text"),
    ('title.zh = "客户端"\n', "", "16: title must be a text in each of en, zh"),
    (', zh = "发出请求。"', ", zh = 1", "18: idea must be a text in each of en, zh"),
    (', zh = "发出请求。"', ', zh = "a", de = "b"', "18: idea must be a text in each of en, zh"),
    ('teaches = ["main"]', 'teaches = "main"', "15: teaches must be a list of texts"),
    ('args = ["--fast"]', "args = [10000]", "19: args must be a list of texts"),
    ('args = ["--fast"]', 'flaw = "It waits."', "19: flaw must be a text in each of en, zh"),
    ('args = ["--fast"]', 'flaw.en = "It waits."', "19: flaw must be a text in each of en, zh"),
    ('{ stage = "server" }', '{ stage = "x" }', "20: needs 'x', which no earlier entry is called"),
    ('{ stage = "server" }', '"server"', "20: needs must be the name of some [servers], or a list"),
    ('{ stage = "server" }', '{ stage = "server", arg = [] }', "20: needs must be the name of"),
    ('{ stage = "server" }', '{ args = ["--slow"] }', "20: needs must be the name of"),
    (
        '[{ stage = "server", args = ["--slow"] }, { stage = "server" }]',
        '"two"',
        "20: no [servers] are called 'two'",
    ),
    *[
        ('id = "client"', f"id = {wrong}", "10: id ")
        for wrong in ('""', '"../client"', '"a b"', '"client\\n"', '"-c"', '"Client"')
    ],
    ('path = "client.py"', 'path = "../client.py"', "11: the path '../client.py' leads out of the"),
    ('path = "client.py"', 'path = "/client.py"', "11: the path '/client.py' leads out of the"),
    ('path = "client.py"', f'path = "{"x" * 5000}"', "11: no file 'xxx"),
    ('path = "client.py"', 'path = ""', "11: no file ''"),
    ('args = ["--fast"]', "budget = -1", "19: budget -1 is below 0"),
    *[
        ('args = ["--fast"]', f"{key} = {wrong}", f"19: {key} {said}")
        for key in ("run", "build")
        for wrong, said in (
            ("[]", "names no command"),
            ('["", "{path}"]', "names no command"),
            ('["{nope}"]', "has '{nope}', where only {python}, {bin}, {path} and {out} are filled"),
            ('["sh", "{"]', "has '{', where only"),
            ('["sh", "a}"]', "has 'a}', where only"),
            ('["{path!r}"]', "has '{path!r}', where only"),
            ('["{}"]', "has '{}', where only"),
        )
    ],
]


@pytest.mark.parametrize(("right", "wrong", "said"), WRONG, ids=[said for _, _, said in WRONG])
def test_a_wrong_entry_is_refused_with_its_line(
    root: Path, right: str, wrong: str, said: str
) -> None:
    assert CLIENT.count(right) == 1
    message = refusal(root, SERVER + CLIENT.replace(right, wrong))
    assert message.startswith(f"stages.toml:{said}")
    assert "\n" not in message


def test_the_line_is_the_wrong_entrys_and_not_an_earlier_ones(root: Path) -> None:
    third = CLIENT.replace('id = "client"', 'id = "third"').replace("part = 4", "part = 99")
    assert refusal(root, SERVER + CLIENT + third).startswith("stages.toml:25: part 99")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (SERVER + "after = server\n", "stages.toml:8: not TOML: Invalid value"),
        (SERVER + 'args = ["', "stages.toml:8: not TOML: Unterminated string"),
    ],
    ids=["no TOML", "no end"],
)
def test_a_text_that_is_no_toml_is_refused_in_one_line(root: Path, text: str, said: str) -> None:
    assert refusal(root, text) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("stage = 1\n", "1: each entry stands under [[stage]]"),
        ("\nstage = [1]\n", "2: each entry stands under [[stage]]"),
        ('[stage]\nid = "a"\n', "1: each entry stands under [[stage]]"),
        ("servers = []\n", "1: servers stand under [servers]"),
        ("servers = {}\n[[stages]]\n", "2: unknown table 'stages'"),
        ("\nstage = [{ id = 'x' }]\n", "2: an entry without 'path'"),
        ("\n[['stage']]\nid = 'x'\n", "2: an entry without 'path'"),
        ("", "1: there is no [[stage]]"),
        ("servers = {}\nstage = []\n", "2: there is no [[stage]]"),
    ],
)
def test_entries_stand_under_their_headings(root: Path, text: str, said: str) -> None:
    assert refusal(root, text) == f"stages.toml:{said}"


def test_a_comment_behind_a_heading_moves_no_line(root: Path) -> None:
    server = SERVER.replace("[[stage]]", "[[stage]]  # the first")
    wrong = CLIENT.replace("part = 4", "part = 99")
    assert refusal(root, server + wrong).startswith("stages.toml:12: part 99")


def test_a_map_that_is_not_utf_8_is_refused_with_its_line(root: Path) -> None:
    (root / "stages.toml").write_bytes(SERVER.encode() + "# naïve\n".encode("latin-1"))
    with pytest.raises(TableError, match=r"^stages\.toml:8: not UTF-8$"):
        load_map(root / "stages.toml")


def test_without_a_map_it_is_said_how_to_install(root: Path) -> None:
    with pytest.raises(TableError, match=r"no map, .*; install with pip install -e \.$"):
        load_map(root / "stages.toml")


@pytest.mark.parametrize(
    ("name", "stage"),
    [
        ("client-3.1", "client-3.1"),
        ("client-2", "client-2.0"),
        ("twisted-client-1/get-poetry.py", "client-1.0"),
        ("twisted-client-1/get-poetry-broken.py", "client-1.0-broken"),
        ("./twisted-client-1/../blocking-client/get-poetry.py", "blocking-client"),
        (str(ROOT / "async-client" / "get-poetry.py"), "async-client"),
        ("blocking-server", "slow-server"),
        ("blocking-server/", "slow-server"),
    ],
)
def test_a_stage_is_found_by_id_path_or_folder(name: str, stage: str) -> None:
    assert STAGES.find(name).id == stage


def test_a_path_may_be_told_from_the_readers_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT / "twisted-client-1")
    assert STAGES.find("get-poetry-broken.py").id == "client-1.0-broken"


def test_a_file_of_the_readers_own_is_not_taken_for_the_stage_at_the_root(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    own = tmp_path / "twisted-client-1" / "get-poetry.py"
    assert STAGES.find("twisted-client-1/get-poetry.py").id == "client-1.0"
    own.parent.mkdir()
    own.write_text("print('mine')")
    with pytest.raises(UnknownStageError):
        STAGES.find("twisted-client-1/get-poetry.py")


@pytest.mark.parametrize("name", ["nix", "poetry/ecstasy.txt", "", ".", "/", "nix\n2", "a" * 5000])
def test_what_is_no_stage_is_refused_in_one_line(name: str) -> None:
    with pytest.raises(UnknownStageError) as refused:
        STAGES.find(name)
    assert str(refused.value) == f"no stage is called {name!r}; companion list shows them all"


@pytest.mark.parametrize("name", ["mine.py", "my/client.py", "mine.tac"])
def test_a_file_that_is_not_there_is_called_a_file(name: str) -> None:
    with pytest.raises(UnknownStageError) as refused:
        STAGES.find(name)
    assert str(refused.value) == f"there is no file {name}, and no stage of that name"


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("4", "client-4.0"),
        ("4.0", "client-4.0"),
        ("Client-4.0", "client-4.0"),
        ("clint-4.0", "client-4.0"),
        ("defer-1.py", "defer-1"),
        ("proxy", "proxy-1.0, proxy-2.0, proxy-3.0"),
        ("basic-twisted/helo.py", "hello"),
        ("twisted-client-4/get-poetry", "client-4.0"),
        ("slowpoetry.py", "slow-server"),
        ("clint", "client-1.0, client-1.0-broken, client-2.0, client-2.1"),
        ("test", "transform-test, poetry-test"),
        ("defer-1.0", "defer-1"),
    ],
)
def test_a_name_that_is_nearly_one_is_told(name: str, meant: str) -> None:
    with pytest.raises(UnknownStageError) as refused:
        STAGES.find(name)
    assert str(refused.value) == f"no stage is called {name!r}; did you mean {meant}?"


def test_the_map_is_in_the_order_of_the_parts() -> None:
    parts = [stage.part for stage in STAGES.stages]
    assert parts == sorted(parts)


def test_a_stage_is_in_no_part_before_the_one_it_is_read_against() -> None:
    for stage in STAGES.stages:
        assert not stage.after or STAGES.by_id[stage.after].part <= stage.part


def test_ids_are_short_words_that_a_shell_takes_as_they_are() -> None:
    for stage in STAGES.stages:
        assert set(stage.id) <= set("abcdefghijklmnopqrstuvwxyz0123456789-.")
        assert len(stage.id) <= 20


def test_every_text_is_a_text_in_its_language() -> None:
    for stage in STAGES.stages:
        for text in filter(None, (stage.title, stage.idea, stage.flaw)):
            assert text["en"].isascii()
            assert not text["zh"].isascii() or text is stage.title
            assert all(line == line.strip() and line for line in text.values())
