"""A Python 2 file is told as a whole, by line; one for both, or for Python 3, is not."""

import json
from pathlib import Path

import pytest

from companion.check.python2 import differences, lines_of
from tests.helpers.fixtures import Typed

OLD = """\
# print nothing
import urllib2
from zope.interface import implements

class Poet:
    implements(IPoet)
    def speak(self):
        print "a leaf falls"
        try:
            self.transport.write('snow')
        except IOError, err:
            raise ValueError, "no poem"
        for n in xrange(010):
            print
"""


def test_each_thing_that_differs_is_told_by_its_lines() -> None:
    lines = lines_of("old.py", differences(OLD), "en")
    assert lines[0] == "old.py is Python 2, and this is Python 3. What differs in it:"
    assert "  lines 8, 14: print is a function: print(...)" in lines
    assert "  line 11: except ... as err:" in lines
    assert '  line 12: raise with brackets: raise Error("...")' in lines
    assert "  line 13: range() in place of xrange()" in lines
    assert "  line 13: 0o777 in place of 0777" in lines
    assert "  line 6: @implementer(...) above the class" in lines
    assert any(line.startswith("  line 2: the module has another name") for line in lines)
    assert any(line.startswith("  line 10: bytes travel, not text") for line in lines)
    assert "modernize" in lines[-1]


BYTES = """\
import socket, sys
poem = ''
title = ''
sock = socket.create_connection(('', 10000))
while 1:
    bytes = sock.recv(1024)
    if not bytes: break
    poem += bytes
sys.stdout.write('read')
text = open('snow.txt').read()
sock.sendall(text)
sock.send('%d' % len(poem))
print ''.join(chunks)
print `it.next()`, reduce(f, map(lambda (a, b): a, x))
"""


def test_bytes_that_were_text_are_told_by_their_lines() -> None:
    assert lines_of("old.py", differences(BYTES), "en")[1:-1] == [
        "  lines 2, 13: what is received is bytes: b'' in place of ''",
        '  line 10: what is sent is bytes: open(..., "rb")',
        '  line 12: bytes travel, not text: b"..." or .encode()',
        "  lines 13, 14: print is a function: print(...)",
        "  line 14: a parameter is one name: take the tuple apart inside",
        "  line 14: repr(...) in place of `...`",
        "  line 14: next(...) in place of .next()",
        "  line 14: there is none any more: chr, functools.reduce, open, int, zip, map, ...",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "print('a leaf falls')\n",
        "def f(:\n",  # wrong, and no Python 2 either
        "def f((host, port):\n    pass\n",
        "x = 'a `quoted` word\n",
        "'''\nprint 'in a text'\n'''\n",
        "try:\n    input = raw_input\nexcept NameError:\n    pass\nraw_input()\n",
        "print (1)\nx = 0\n",
    ],
)
def test_a_file_for_python_3_is_none(text: str) -> None:
    assert differences(text) == []


def test_a_tuple_among_the_parameters_is_python_2() -> None:
    assert [one.line for one in differences("def f(a, (b, c)):\n    pass\n")] == [1]


def test_names_alone_are_enough_where_the_compiler_takes_the_file() -> None:
    assert [one.line for one in differences("x = 1\nfor n in xrange(3): pass\n")] == [2]


def test_the_command_says_so_in_both_languages(typed: Typed, tmp_path: Path) -> None:
    file = tmp_path / "old.py"
    file.write_text(OLD)
    status, out, err = typed("check", str(file), "--as", "client-4.0")
    assert (status, err) == (1, "")
    assert out.startswith("old.py is Python 2")
    status, out, _ = typed("check", str(file), "--as", "client-4.0", "--lang", "zh", "--json")
    assert status == 1
    assert json.loads(out)["python2"][0].startswith("old.py 是 Python 2 的程序")
