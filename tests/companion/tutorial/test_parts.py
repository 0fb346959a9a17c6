"""The parts: no exercise is lost, every command is one of the map's, and the page is readable."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from companion.check.run import robust
from companion.cli.commands import companion, main
from companion.render.language import LANGUAGES
from companion.render.terminal import Screen
from companion.render.text import CLOSING, OPENING, wrap
from companion.tutorial.exercises import EXERCISES, load_exercises
from companion.tutorial.origin import ADDRESS, figures_text, origin_address, origin_text
from companion.tutorial.part_page import part_lines, part_text
from companion.tutorial.parts import Part, load_parts
from companion.tutorial.stages import ROOT, load_map
from companion.tutorial.toml import TableError

STAGES = load_map()
PARTS = load_parts(load_exercises(STAGES))
TEXTS = {
    path.name: path.read_text(encoding="utf-8")
    for path in (ROOT / "parts.toml", EXERCISES / "exercises.toml")
}

# How many exercises the tutorial sets at the end of each part, from 1 to 21; those of parts 1 and
# 22 are ours.
COUNTS = [2, 3, 2, 2, 2, 3, 3, 2, 2, 2, 5, 6, 5, 4, 4, 4, 7, 5, 6, 6, 3, 4]

each_part = pytest.mark.parametrize("part", PARTS, ids=lambda part: str(part.number))


def texts(part: Part, lang: str) -> list[str]:
    """All the sentences of a part; titles are the tutorial's own and not held to any rule."""
    found = [part.idea[lang], *(step.see[lang] for step in part.tries)]
    for exercise in part.exercises:
        found += [exercise.text[lang], *exercise.hints[lang]]
        found += [exercise.why[lang]] if exercise.why else []
    return found


def commands(part: Part) -> list[str]:
    return [line for step in part.tries for line in (*step.servers, *step.type)]


def test_there_are_the_tutorial_s_parts_and_one_beyond_them() -> None:
    assert [part.number for part in PARTS] == list(range(1, 23))


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_no_two_parts_have_one_title(lang: str) -> None:
    titles = [part.title[lang] for part in PARTS]
    assert len(titles) == len(set(titles))


@each_part
def test_no_exercise_is_lost(part: Part) -> None:
    assert len(part.exercises) == COUNTS[part.number - 1]


@each_part
def test_an_exercise_starts_from_a_stage_that_its_reader_has_met(part: Part) -> None:
    for exercise in part.exercises:
        assert not exercise.start or STAGES.by_id[exercise.start].part <= part.number


def test_no_text_stands_twice() -> None:
    for lang in ("en", "zh"):
        every = [text for part in PARTS for text in texts(part, lang)]
        assert len(every) == len(set(every))


@each_part
def test_english_is_ascii_and_chinese_has_chinese_punctuation(part: Part) -> None:
    for text in texts(part, "en"):
        assert text.isascii()
        assert text[-1] in ".?!"
    for text in texts(part, "zh"):
        assert re.search(r"[\u4e00-\u9fff]", text)
        assert not re.search(r"[\u4e00-\u9fff][,;:?!(]|[,;:?!)][\u4e00-\u9fff]", text), text
        assert not re.search(r"[\u4e00-\u9fff][A-Za-z0-9]|[A-Za-z0-9][\u4e00-\u9fff]", text), text
        assert text[-1] in "。？！"


@each_part
def test_every_script_that_is_typed_is_a_stage(part: Part) -> None:
    paths = {stage.path for stage in STAGES.stages}
    for line in commands(part):
        for word in re.findall(r"(?:\./)?([\w./-]+\.py|[\w-]+/[\w-]+)(?= |$)", line):
            assert word in paths or line.startswith("cd "), line


@each_part
def test_every_poem_that_is_typed_is_in_the_corpus(part: Part) -> None:
    for line in commands(part):
        for word in re.findall(r"poetry/\w+\.txt", line):
            assert (ROOT / word).is_file(), line


@each_part
def test_every_stage_of_a_part_is_spoken_of_there(part: Part) -> None:
    page = part_text(part, STAGES, hints=False).partition(STEPS_BEGIN)[2]
    for stage in STAGES.stages:
        if stage.part == part.number:
            folder = str(Path(stage.path).parent)
            named = [stage.path, f"cd {folder}", f"cd ../{folder}", "twistd fastpoetry"]
            assert any(name in page for name in named), f"no [[part.try]] types {stage.path}"


STEPS_BEGIN = "To type, and what is to be seen"


def test_part_8_speaks_of_the_client_as_it_is() -> None:
    # Client 4.0 names the failed server already, so the exercise is set differently.
    assert "functools.partial" in PARTS[7].exercises[1].text["en"]
    assert "partial(poem_failed, host, port)" in STAGES.by_id["client-4.0"].file.read_text("utf-8")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("number = 3", "number = 4", "number: part 4 where part 3 belongs"),
        ("number = 3", "number = 3.0", "number: part 3.0 where part 3 belongs"),
        ('page = "https://', 'page = "', "page: page 'krondo.com/in-which-we-begin"),
        ('title.zh = "Twisted 理论基础"\n', "", "title.en: title needs a text in each of en, zh"),
        ("part = 3", "part = 4", "part: part 4 where part 3 belongs"),
        ("part = 1", "part = 0", "part: part 0 where part 1 belongs"),
        ('from = "countdown"', 'from = "count"', "from: starts from 'count', which is not on the"),
        ('from = "countdown"', "from = []", "from: starts from [], which is not on the map"),
        ('type = ["ghci"]', "type = []", "type: nothing to type"),
        ('type = ["ghci"]', 'type = "ghci"', "type: type needs a list of lines"),
        ('type = ["ghci"]\n', "", "[[part.try]]: an entry without 'type'"),
        ("hint.en = ", "help.en = ", "help.en: unknown key 'help'"),
        ("see.zh = ", "see.de = ", "see.en: see needs a text in each of en, zh"),
        ('hint.en = ["Nothing', 'hint.en = " "\n# "', "hint.en: hint needs lists of texts"),
        ('hint.en = ["Nothing', 'hint.en = ["More", "N', "hint.en: hint has more lines in one"),
        ('kind = "think"', 'kind = "dream"', "kind: kind 'dream' is none of build, predict"),
    ],
)
def test_a_wrong_entry_is_refused_with_its_line(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    (name,) = (name for name, text in TEXTS.items() if f"\n{old}" in text)
    file = tmp_path / name
    file.write_text(TEXTS[name].replace(f"\n{old}", f"\n{new}", 1), encoding="utf-8")
    with pytest.raises(TableError) as caught:
        load(file)
    told_of, line, told = str(caught.value).split(":", 2)
    wanted, _, rest = message.partition(": ")
    lines = file.read_text(encoding="utf-8").splitlines()
    assert told_of == name
    assert lines[int(line) - 1].startswith(wanted)
    assert told.strip().startswith(rest)


def load(file: Path) -> object:
    return load_parts((), file) if file.name == "parts.toml" else load_exercises(STAGES, file)


def test_the_line_is_right_in_the_second_of_two_equal_tables(tmp_path: Path) -> None:
    file = tmp_path / "exercises.toml"
    before, mark, after = TEXTS[file.name].rpartition('from = "haskell-client-1"')
    file.write_text(f'{before}from = "nothing"{after}', encoding="utf-8")
    with pytest.raises(TableError) as caught:
        load(file)
    assert mark
    line = before.count("\n") + 1
    assert str(caught.value) == (
        f"exercises.toml:{line}: starts from 'nothing', which is not on the map"
    )


def test_an_entry_in_one_line_is_told_by_that_line_and_moves_no_other(tmp_path: Path) -> None:
    first = (
        "[[part]]\nnumber = 1\ntitle = { en = 'One', zh = '一' }\nidea = { en = 'a', zh = 'b' }\n"
    )
    second = first.replace("1", "2") + "[[part.try]]\nsee = { en = 'a', zh = 'b' }\ntype = []\n"
    tries = "try = [{ see = { en = 'a', zh = 'b' }, type = ['ls'] }]\n"
    file = tmp_path / "parts.toml"
    for text, line in ((first + tries + second, 12), (first + tries.replace("'ls'", ""), 5)):
        file.write_text(text, encoding="utf-8")
        with pytest.raises(TableError, match=rf"^parts\.toml:{line}: nothing to type$"):
            load_parts((), file)


@each_part
def test_an_exercise_has_two_or_three_hints_none_of_them_twice(part: Part) -> None:
    for exercise in part.exercises:
        for lang in LANGUAGES:
            hints = exercise.hints[lang]
            assert 2 <= len(set(hints)) == len(hints) <= 3, exercise.id


@each_part
def test_what_nobody_can_judge_is_explained_with_a_command_that_shows_it(part: Part) -> None:
    for exercise in part.exercises:
        if exercise.kind == "think":
            for lang in LANGUAGES:
                assert re.search(r"(companion|trial) [a-z-]", exercise.why[lang]), exercise.id


def test_what_is_typed_in_a_part_is_a_table(tmp_path: Path) -> None:
    file = tmp_path / "parts.toml"
    file.write_text(
        "[[part]]\nnumber = 1\ntitle = { en = 'One', zh = '一' }\n"
        "idea = { en = 'Why.', zh = '为何。' }\ntry = [1]\n",
        encoding="utf-8",
    )
    with pytest.raises(TableError) as caught:
        load_parts((), file)
    assert str(caught.value) == "parts.toml:5: each try stands under [[part.try]]"


@pytest.mark.parametrize(
    ("text", "said"),
    [("[[part]\n", "1: not TOML: Expected ']]'"), ("# None.\n", "1: there is no [[part]]")],
)
def test_a_file_that_is_no_list_of_parts_is_refused(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "parts.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(TableError, match=rf"^parts\.toml:{re.escape(said)}"):
        load_parts((), file)


def test_the_page_of_part_15_in_a_pipe() -> None:
    part = PARTS[14]
    page = part_text(replace(part, exercises=part.exercises[:1]), STAGES, hints=True)
    assert page == (
        "Part 15: Tested Poetry\n"
        "\n"
        f"{part.idea['en']}\n"
        "\n"
        f"{origin_text(part, 'en')}\n"
        f"{ADDRESS}\n"
        "\n"
        "Stages\n"
        f"  poetry-test  {STAGES.by_id['poetry-test'].title['en']}; figure 33\n"
        "\n"
        "To type, and what is to be seen\n"
        "\n"
        "  $ trial tests/test_poetry.py\n"
        f"    {part.tries[0].see['en']}\n"
        "  With the companion:\n"
        "  $ companion run poetry-test  # run it\n"
        "\n"
        "Exercises\n"
        "\n"
        f" 15.1  {part.exercises[0].text['en']}\n"
        "       Starts from poetry-test (tests/test_poetry.py)\n"
        "       $ companion exercise 15.1\n"
        + "\n".join(f"       Hint: {hint}" for hint in part.exercises[0].hints["en"])
        + f"\n\nNext: companion exercise {part.exercises[0].id}"
    )


@pytest.mark.parametrize(
    ("number", "id"),
    [
        (12, "transform-test"),
        (15, "poetry-test"),
        (16, "fastpoetry-3.0"),
        (20, "erlang-client-1"),
        (21, "haskell-client-1"),
        (21, "haskell-client-2"),
    ],
)
def test_under_what_is_started_in_another_way_stands_the_companion_s_command_too(
    number: int, id: str
) -> None:
    page = part_text(PARTS[number - 1], STAGES, hints=False)
    assert f"  $ companion run {id} " in page


def test_a_try_shows_its_servers_first_and_the_lines_to_enter_last() -> None:
    lines = [line.text for line in part_lines(PARTS[1], STAGES, "zh", hints=False)]
    assert lines.index("先各开一个终端运行（按 Ctrl-C 停止）：") < lines.index(
        "python async-client/get-poetry.py 10000 10001 10002"
    )
    text = part_text(PARTS[8], STAGES, hints=False)
    assert (
        "  $ python twisted-deferred/deferred-simulator.py\n"
        "  and enter:\n"
        "  > r poem p\n"
        "  > r None r None\n"
        "  > r None r None\n"
        "  > (an empty line)\n"
    ) in text


def test_each_thing_to_type_has_the_commands_of_its_stage_once() -> None:
    text = part_text(PARTS[7], STAGES, hints=False)
    assert text.count("  $ companion run client-4.0 ") == 1
    assert "  $ companion compare client-3.1 client-4.0  # what it does otherwise\n" in text
    assert text.index("get-poetry.py 10000 10001 10002") < text.index("companion run client-4.0 ")
    assert text.index("companion run client-4.0 ") < text.index("get-poetry-stack.py")


def test_what_to_type_after_a_part_is_its_first_open_exercise_or_the_next_part() -> None:
    part = PARTS[7]
    ids = [exercise.id for exercise in part.exercises]
    ends = [
        part_text(part, STAGES, False, done=frozenset(ids[:count])).splitlines()[-1]
        for count in (0, 1, len(ids))
    ]
    assert ends == [
        f"Next: companion exercise {ids[0]}",
        f"Next: companion exercise {ids[1]}",
        "Next: companion part 9",
    ]
    last = replace(PARTS[-1], exercises=())
    assert part_text(last, STAGES, False).endswith("Next: companion list")


def test_hints_are_shown_only_where_they_are_wanted() -> None:
    part = PARTS[2]
    without = part_text(part, STAGES, hints=False)
    assert not any(exercise.hints["en"][0] in without for exercise in part.exercises)
    assert "With a hint for each exercise: companion part 3 --hints\n" in without
    assert all(
        f"Hint: {exercise.hints['en'][0]}" in part_text(part, STAGES, hints=True)
        for exercise in part.exercises
    )


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("width", [40, 80])
@each_part
def test_on_a_terminal_only_commands_and_an_address_are_wider_than_it(
    part: Part, lang: str, width: int
) -> None:
    shown = part_text(part, STAGES, True, Screen(width, lang=lang))
    rows = {f"  $ {line}" for line in commands(part)}
    address = {origin_address(part)} if origin_text(part, lang) else set()
    assert rows | address <= set(shown.splitlines())
    for row in shown.splitlines():
        assert cell_len(row) <= width or row.startswith("  $ ") or row in address, row
        assert cell_len(row) <= 80 or row in rows, row
    squeezed = re.sub(r"\s", "", part_text(part, STAGES, True, Screen(lang=lang)))
    assert re.sub(r"\s", "", shown) == squeezed


@settings(deadline=None)
@given(st.text(st.sampled_from("ab，。（“”诗歌reactor() 12"), max_size=60), st.integers(8, 30))
def test_wrapped_lines_fit_and_lose_nothing_but_blanks(text: str, width: int) -> None:
    lines = wrap(text, width)
    assert all(0 < cell_len(line) <= width and line == line.strip() for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_a_line_neither_begins_with_a_comma_nor_ends_with_a_bracket() -> None:
    text = "等待事件，再把事件（分派）给“相应”的代码：这就是 reactor 模式。" * 3
    for width in range(8, 60):
        lines = wrap(text, width)
        assert not any(line[0] in CLOSING for line in lines[1:])
        assert not any(line[-1] in OPENING for line in lines[:-1])


def test_words_are_kept_whole_and_chinese_fills_the_line() -> None:
    assert wrap("由 reactor 调用 dataReceived，再返回", 16) == [
        "由 reactor 调用",
        "dataReceived，再",
        "返回",
    ]
    assert wrap("one two three", 8) == ["one two", "three"]
    assert wrap("abcdefghijkl", 8) == ["abcdefgh", "ijkl"]


def run(*args: str) -> str:
    result = CliRunner().invoke(companion, ["part", *args])
    assert result.exit_code == 0
    return result.output


def test_without_a_number_the_parts_are_listed() -> None:
    lines = run("--lang", "zh").splitlines()
    assert len(lines) == 22
    assert lines[0] == " 1  Twisted 理论基础"
    assert lines[20] == "21  惰性不是迟缓：Twisted 和 Haskell"


def test_the_command_prints_the_page_in_the_language_asked_for() -> None:
    asked = robust(4, STAGES, "en")
    assert run("4", "--lang", "en") == part_text(PARTS[3], STAGES, False, robust=asked) + "\n"
    screen = Screen(lang="zh")
    page = part_text(PARTS[3], STAGES, True, screen, robust=robust(4, STAGES, "zh"))
    assert run("4", "--lang", "zh", "--hints") == page + "\n"


def test_a_page_says_what_strict_asks_beyond_the_tutorial() -> None:
    page = run("11", "--lang", "en")
    asked = page.partition("What companion check --strict asks beyond the tutorial\n")[2]
    assert asked.splitlines()[:-2] == [
        "  the file's bytes are sent as they are",
        "  a wrong command line is refused with status 2",
        "  Ctrl-C ends the server at once",
    ]
    assert "companion check --strict 在教程之外还要求的\n  文件的字节原样发出" in run(
        "11", "--lang", "zh"
    )
    assert "--strict" not in run("20", "--lang", "en")  # Erlang has no checks


def test_json_holds_the_stages_both_languages_and_the_hints() -> None:
    record = json.loads(run("2", "--json"))
    assert list(record) == ["number", "title", "idea", "tries", "exercises", "page", "stages"]
    assert record["stages"] == ["slow-server", "blocking-client", "async-client"]
    assert record["tries"][0]["type"] == ["netcat localhost 10000"]
    assert len(record["exercises"]) == 3
    assert set(record["exercises"][0]) == {"id", "kind", "text", "from", "hints"}
    assert json.loads(run("--json"))[1] == record


@pytest.mark.parametrize("number", ["0", "23", "x", "²"])
def test_a_wrong_number_is_refused_in_one_line(
    number: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["companion", "part", number])
    with pytest.raises(SystemExit) as caught:
        main()
    assert caught.value.code == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err == f"companion: no part is called {number!r}; there are parts 1 to 22\n"


@pytest.mark.parametrize(
    ("lang", "figures", "title"),
    [("en", "figures 13, 14", "Dave Peticolas, part 9, “"), ("zh", "图 13、14", "第 9 部分，《")],
)
def test_a_page_names_the_tutorials_own_part_and_its_figures(
    lang: str, figures: str, title: str
) -> None:
    page = part_text(PARTS[8], STAGES, False, Screen(lang=lang))
    assert title + PARTS[8].title[lang] in page
    assert "https://krondo.com/a-second-interlude-deferred/" in page.splitlines()
    for stage in STAGES.stages:
        shown = part_text(PARTS[stage.part - 1], STAGES, False, Screen(lang=lang))
        assert figures_text(stage, lang) in shown
    assert figures == figures_text(STAGES.by_id["client-4.0"], lang)


def test_a_part_of_the_tutorial_has_its_own_address_or_that_of_the_index() -> None:
    pages = [part.page for part in PARTS if part.page]
    assert len(set(pages)) == len(pages) == 16
    for part in PARTS:
        assert origin_address(part) == (part.page or ADDRESS)
        assert origin_address(part).startswith("https://krondo.com/")
    assert ADDRESS in part_text(PARTS[6], STAGES, False).splitlines()


def test_the_part_beyond_the_tutorial_has_no_page_there() -> None:
    assert "krondo" not in part_text(PARTS[21], STAGES, False)
