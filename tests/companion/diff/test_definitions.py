"""The parts of a script: every line in one, under the name that a reader knows it by."""

from pathlib import Path

import pytest

from companion.diff.definitions import (
    Definition,
    Source,
    SourceError,
    argument_statements,
    read_source,
)
from companion.tutorial.stages import load_map

SCRIPT = '''\
"""What it is."""

import sys
from functools import partial as part

# How many.
LIMIT = 3
count: int = 0


@final
class Poem:
    lines = 0

    @property
    def title(self):
        return self.lines

    alias = title


def main():
    def inner():
        pass


if __name__ == "__main__":
    main()
main()
'''


def parts(text: str, path: str = "mine.py") -> list[tuple[str, str, int, int]]:
    return [(one.name, one.kind, one.first, one.last) for one in Source(path, text).parts]


def test_each_line_belongs_to_the_definition_that_a_reader_sees_it_in() -> None:
    assert parts(SCRIPT) == [
        ("docstring", "docstring", 1, 1),
        ("imports", "imports", 2, 4),
        ("LIMIT", "constant", 5, 7),
        ("count", "constant", 8, 8),
        ("Poem", "class", 9, 13),
        ("Poem.title", "function", 14, 17),
        ("Poem", "class", 18, 19),
        ("main", "function", 20, 24),
        ("__main__", "main", 25, 29),
    ]


def test_the_parts_of_a_stage_hold_every_line_once() -> None:
    for stage in load_map().stages:
        source = read_source(stage.file, stage.path)
        numbers = [n for part in source.parts for n in range(part.first, part.last + 1)]
        assert numbers == list(range(1, len(source.lines) + 1)), stage.id


def test_python_that_does_not_parse_is_one_part() -> None:
    assert parts("def broken(:\n    pass\n") == [("__main__", "main", 1, 2)]


def test_a_decorated_method_keeps_its_decorator() -> None:
    text = "class A:\n    @property\n    def f(self):\n        return 1\n"
    assert parts(text) == [("A", "class", 1, 1), ("A.f", "function", 2, 4)]


def test_an_empty_file_has_no_parts() -> None:
    assert parts("") == []


def test_two_statements_on_a_line_are_in_one_part() -> None:
    assert parts("import sys; LIMIT = 3\n") == [("imports", "imports", 1, 1)]


def test_haskell_is_cut_at_the_names_that_begin_a_line() -> None:
    text = (
        "-- What.\nimport Data.List\n\n"
        "-- How.\ngo' :: IO ()\ngo' = do\n  x\n\n"
        "-- Why.\nmain = go'\n"
    )
    assert parts(text, "get-poetry.hs") == [
        ("imports", "imports", 1, 2),
        ("go'", "function", 3, 7),
        ("main", "function", 8, 10),
    ]


def test_an_escript_is_read_as_erlang_by_its_first_line() -> None:
    text = "#!/usr/bin/escript\n%% What.\n-export([main/1]).\nmain(_) ->\n  ok.\nend_it() -> ok.\n"
    assert Source("get-poetry", text).language == "erlang"
    assert [name for name, *_ in parts(text, "get-poetry")] == ["imports", "main", "end_it"]


@pytest.mark.parametrize(
    ("path", "text", "line"),
    [
        ("a.py", '"""What."""\n', 1),
        ("a.py", '#!/usr/bin/python\n"""What."""\n', 2),
        ("a.py", "import sys\n", 0),
        ("a.py", "", 0),
        ("a.hs", "-- What.\nmain = x\n", 1),
        ("a", "#!/bin/sh\n# What.\necho\n", 2),
    ],
)
def test_the_line_that_says_what_a_script_is_is_known(path: str, text: str, line: int) -> None:
    assert Source(path, text).doc_line == line


def test_imports_are_told_as_they_are_written() -> None:
    told = [str(one) for one in Source("a.py", SCRIPT).imports]
    assert told == ["import sys", "from functools import partial as part"]


def test_a_name_is_known_with_the_part_that_reads_it() -> None:
    used = {(name, part.name) for name, part in Source("a.py", SCRIPT).names_used}
    assert ("final", "Poem") in used
    assert ("property", "Poem.title") in used
    assert ("main", "__main__") in used


def test_the_arguments_of_a_script_are_found_by_what_they_are_called() -> None:
    text = """\
def parse_args():
    parser = argparse.ArgumentParser(description="Serve.")
    parser.add_argument(
        "--port", type=int
    )
    parser.add_argument("poem_file")
    return parser.parse_args()
"""
    found = argument_statements(Source("a.py", text))
    assert {key: list(one.numbers) for key, one in found.items()} == {
        "ArgumentParser": [2],
        "--port": [3, 4, 5],
        "poem_file": [6],
    }
    assert found["poem_file"].text == '    parser.add_argument("poem_file")'


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (None, "can't read mine.py: No such file or directory"),
        (b"a\xff", "mine.py is not UTF-8 text (byte 1)"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_in_one_line(
    tmp_path: Path, data: bytes | None, message: str
) -> None:
    file = tmp_path / "mine.py"
    if data is not None:
        file.write_bytes(data)
    with pytest.raises(SourceError) as error:
        read_source(file, "mine.py")
    assert str(error.value) == message


def test_line_ends_are_kept_as_they_are() -> None:
    source = Source("mine.py", "LIMIT = 1\r\nCOUNT = 2")
    assert source.lines == ("LIMIT = 1\r", "COUNT = 2")
    assert source.parts == (
        Definition("LIMIT", "constant", 1, 1),
        Definition("COUNT", "constant", 2, 2),
    )
