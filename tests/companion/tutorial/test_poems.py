"""The corpus: every poem is what its entry and the tutorial say, and a wrong entry is refused."""

import unicodedata
from pathlib import Path

import pytest

from companion.tutorial.poems import Poem, UnknownPoemError, find_poem, load_poems
from companion.tutorial.stages import ROOT
from companion.tutorial.toml import TableError

POEMS = load_poems()
FOLDER = ROOT / "poetry"

each_poem = pytest.mark.parametrize("poem", POEMS, ids=lambda poem: poem.name)


def splits_a_character(poem: Poem, num_bytes: int = 10) -> bool:
    # In UTF-8 every byte of a character but its first begins with the bits 10.
    return any(poem.data[end] & 0xC0 == 0x80 for end in range(num_bytes, poem.size, num_bytes))


def test_every_file_has_an_entry_and_every_entry_a_file() -> None:
    assert {poem.path for poem in POEMS} == set(FOLDER.glob("*.txt"))


def test_nothing_but_poems_and_their_entries_is_in_the_folder() -> None:
    assert {file.suffix for file in FOLDER.iterdir()} == {".txt", ".toml"}


def test_the_three_poems_of_the_tutorial_come_first() -> None:
    assert [poem.name for poem in POEMS[:3]] == ["ecstasy", "fascination", "science"]


def test_there_are_nine_poems_and_more_beside_them() -> None:
    assert len(POEMS) >= 12


@each_poem
def test_a_name_is_a_short_word_in_small_letters(poem: Poem) -> None:
    assert poem.name.isascii()
    assert poem.name.isalpha()
    assert poem.name.islower()
    assert len(poem.name) <= 12


@each_poem
def test_a_poem_is_composed_utf_8_without_a_byte_order_mark(poem: Poem) -> None:
    assert not poem.text.startswith("\ufeff")
    assert unicodedata.is_normalized("NFC", poem.text)


@each_poem
def test_lines_end_with_a_newline_and_nothing_before_it(poem: Poem) -> None:
    assert "\r" not in poem.text
    assert "\t" not in poem.text
    assert all(line == line.rstrip() for line in poem.text.split("\n"))
    assert poem.text == poem.text.lstrip("\n")
    assert not poem.text.endswith("\n\n")


def test_one_poem_alone_has_no_final_newline() -> None:
    assert [poem.name for poem in POEMS if not poem.text.endswith("\n")] == ["hope"]
    assert find_poem("hope").note == "no final newline"


@each_poem
def test_an_entry_says_where_the_text_is_from_and_why_it_may_be_shared(poem: Poem) -> None:
    assert poem.source
    assert poem.rights.endswith(".")
    assert poem.died < 1900 or poem.name == "fascination"


def test_the_ecstasy_has_the_3003_bytes_that_the_tutorial_logs() -> None:
    assert find_poem("ecstasy").size == 3003
    assert find_poem("ecstasy").chunks(30) == 101


def test_the_short_poems_of_the_tutorial_take_6_seconds_and_a_half_more() -> None:
    assert find_poem("fascination").chunks(10) == 62
    assert find_poem("science").chunks(10) == 66


def test_the_tutorials_three_servers_send_229_times() -> None:
    sent = find_poem("ecstasy").chunks(30)
    assert sent + find_poem("fascination").chunks() + find_poem("science").chunks() == 229


def test_the_tutorials_three_poems_are_ascii() -> None:
    assert all(poem.text.isascii() for poem in POEMS[:3])


def test_there_are_poems_in_many_languages_and_scripts() -> None:
    languages = {poem.language.split("-")[0] for poem in POEMS}
    assert languages >= {"en", "zh", "ja", "fa", "ru", "it", "de", "grc"}
    assert sum(poem.language.startswith("zh-Hant") for poem in POEMS) >= 2


def test_one_poem_is_a_single_line() -> None:
    assert [poem.name for poem in POEMS if poem.text.count("\n") == 1] == ["pond"]


def test_one_poem_is_longer_than_20_kb() -> None:
    assert [poem.name for poem in POEMS if poem.size > 20 * 1024] == ["paradise"]
    assert find_poem("paradise").text.count("\n") == 798


@pytest.mark.parametrize("name", ["moonlight", "spring", "pond", "cupbearer", "loved", "midnight"])
def test_a_chunk_of_ten_bytes_ends_inside_a_character(name: str) -> None:
    assert splits_a_character(find_poem(name))


def test_an_unknown_name_is_refused_with_the_names_that_there_are() -> None:
    with pytest.raises(UnknownPoemError, match=r"no poem is called 'ode'; there are ecstasy, .*"):
        find_poem("ode")


ENTRY = """\
[[poem]]
name = "ode"
title = "Ode"
author = "Anon"
died = -8
year = "c. 20 BC"
language = "la"
source = "a book"
checked = ""
rights = "Old."
"""


def refusal(root: Path, toml: str) -> str:
    folder = root / "poetry"
    folder.mkdir()
    (folder / "ode.txt").write_bytes("Ōdī\n".encode())
    (folder / "poems.toml").write_text(toml, encoding="utf-8")
    with pytest.raises(TableError) as caught:
        load_poems(root)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_right_entry_is_read_with_its_file(tmp_path: Path) -> None:
    (tmp_path / "poetry").mkdir()
    (tmp_path / "poetry" / "ode.txt").write_bytes("Ōdī\n".encode())
    (tmp_path / "poetry" / "poems.toml").write_text(ENTRY, encoding="utf-8")
    (ode,) = load_poems(tmp_path)
    assert (ode.text, ode.size, ode.chunks(5), ode.note) == ("Ōdī\n", 6, 2, "")


def test_a_missing_file_is_refused_at_the_name(tmp_path: Path) -> None:
    toml = ENTRY + "\n" + ENTRY.replace('"ode"', '"elegy"')
    assert refusal(tmp_path, toml) == "poems.toml:13: no file 'elegy.txt'"


def test_a_missing_key_is_refused_at_the_entry(tmp_path: Path) -> None:
    toml = ENTRY + "\n" + ENTRY.replace('rights = "Old."\n', "")
    assert refusal(tmp_path, toml) == "poems.toml:12: an entry without 'rights'"


def test_an_unknown_key_is_refused_at_its_line(tmp_path: Path) -> None:
    assert refusal(tmp_path, ENTRY + 'metre = "?"\n') == "poems.toml:11: unknown key 'metre'"


def test_an_entry_cannot_name_its_own_path(tmp_path: Path) -> None:
    assert refusal(tmp_path, ENTRY + 'path = "x"\n') == "poems.toml:11: unknown key 'path'"


def test_a_name_that_stands_twice_is_refused(tmp_path: Path) -> None:
    message = refusal(tmp_path, ENTRY + "\n" + ENTRY)
    assert message == "poems.toml:13: the name 'ode' stands twice"


@pytest.mark.parametrize(("value", "told"), [('"long ago"', "'long ago'"), ("false", "False")])
def test_a_value_of_the_wrong_kind_is_refused(value: str, told: str, tmp_path: Path) -> None:
    message = refusal(tmp_path, ENTRY.replace("died = -8", f"died = {value}"))
    assert message == f"poems.toml:5: died can't be {told}"


def test_a_file_that_is_not_toml_is_refused_with_its_line(tmp_path: Path) -> None:
    said = refusal(tmp_path, ENTRY + "[[poem\n")
    assert said.startswith("poems.toml:11: not TOML: Expected ']]'")


@pytest.mark.parametrize("name", ["", "../ode", "Ode", "an ode"])
def test_a_name_that_is_no_word_is_refused(tmp_path: Path, name: str) -> None:
    message = refusal(tmp_path, ENTRY.replace('"ode"', f'"{name}"'))
    assert message.startswith(f"poems.toml:2: name {name!r} must have only a to z, 0 to 9, . and -")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"ode"', f'"{"o" * 5000}"', "2: no file 'ooo"),
        (ENTRY, "", "1: there is no [[poem]]"),
    ],
    ids=["name", "empty"],
)
def test_what_no_entry_can_hold_is_refused_with_its_line(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    assert refusal(tmp_path, ENTRY.replace(old, new)).startswith(f"poems.toml:{said}")
