"""Whether a file is Python 2, and what in it differs from Python 3, by line."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

# What stands only in Python 2: a pattern, and what to write today, in English and in Chinese.
SYNTAX = (
    (
        r"""^\s*print(\s+[^\s=(.,)\[]|\s*$|\s*>>|\s+\()""",
        ("print is a function: print(...)", "print 是函数：print(...)"),
    ),
    (
        r"^\s*except\s+[\w.()\s,]+?,\s*\w+\s*:",
        ("except ... as err:", "except ... as err:"),
    ),
    (
        r"^\s*raise\s+[\w.]+\s*,\s*\S",
        ('raise with brackets: raise Error("...")', 'raise 要加括号：raise Error("...")'),
    ),
    (
        r"^\s*exec\s+[\w'\"]",
        ("exec is a function: exec(...)", "exec 是函数：exec(...)"),
    ),
    (r"[\w)\]]\s*<>\s*[\w(]", ("!= in place of <>", "用 != 代替 <>")),
    (r"(?<![\w.])0[0-7]+(?![\w.])", ("0o777 in place of 0777", "用 0o777 代替 0777")),
    (r"\bur['\"]", ('no ur"..."', '没有 ur"..."')),
    (
        r"^\s*def\s+\w+\s*\([\w\s,]*\(\w+(\s*,\s*\w+)+\s*\)\s*[,)]|\blambda\s*\([\w\s,]+\)\s*:",
        (
            "a parameter is one name: take the tuple apart inside",
            "参数只能是名字：元组在函数里拆开",
        ),
    ),
)
# A name that no program for Python 3 has, unless it is for both.
OLD = (
    (
        r"\braw_input\s*\(",
        ("input() in place of raw_input()", "用 input() 代替 raw_input()"),
    ),
    (r"\bxrange\s*\(", ("range() in place of xrange()", "用 range() 代替 xrange()")),
    (
        (
            r"^\s*(from|import)\s+(urllib2|urlparse|httplib|c?StringIO|Queue|ConfigParser"
            r"|thread|cPickle|SocketServer|(Base|Simple)HTTPServer|xmlrpclib|Cookie|cookielib|Tkinter)\b"
        ),
        (
            "the module has another name: urllib.request, urllib.parse, io, queue, ...",
            "模块改了名字：urllib.request、urllib.parse、io、queue……",
        ),
    ),
    (
        r"^\s*(zope\.interface\.)?implements\s*\(",
        ("@implementer(...) above the class", "在类的上方写 @implementer(...)"),
    ),
)
NAMES = (
    (r"\.has_key\s*\(", ("key in mapping", "key in mapping")),
    (r"\b(unicode|basestring)\b", ("str, for every text", "文本一律是 str")),
    (
        r"\.(iteritems|itervalues|iterkeys)\s*\(",
        ("items(), values()", "items()、values()"),
    ),
    (r"`\w", ("repr(...) in place of `...`", "用 repr(...) 代替 `...`")),
    (r"\.next\(\s*\)", ("next(...) in place of .next()", "用 next(...) 代替 .next()")),
    (
        r"\b(unichr|reduce|execfile|cmp|file|long|izip|imap|ifilter)\s*\(|\bsys\.maxint\b",
        (
            "there is none any more: chr, functools.reduce, open, int, zip, map, ...",
            "现在没有了：用 chr、functools.reduce、open、int、zip、map……",
        ),
    ),
    (
        r"(?<!\bstd(?:out|err))\.(write|sendall|send|sendLine)\(([^()'\"]*[^\w()'\"])?['\"]",
        (
            'bytes travel, not text: b"..." or .encode()',
            '传输的是字节，不是文本：b"..." 或 .encode()',
        ),
    ),
)
RECEIVED = (
    "what is received is bytes: b'' in place of ''",
    "收到的是字节：用 b'' 代替 ''",
)
READ = (
    'what is sent is bytes: open(..., "rb")',
    '发送的是字节：open(..., "rb")',
)
# A program that knows both.
FOR_BOTH = re.compile(r"except \(?(ImportError|NameError|ModuleNotFoundError)|version_info|\bsix\b")
WORDS = {
    "en": {
        "is": "{file} is Python 2, and this is Python 3. What differs in it:",
        "line": "line {line}: {text}",
        "lines": "lines {line}: {text}",
        "do": (
            "Mend these by hand, or let a program begin: pip install modernize, then"
            " python -m modernize --no-six -w {file}. Poems travel as bytes: decode once, when"
            " a poem is whole."
        ),
    },
    "zh": {
        "is": "{file} 是 Python 2 的程序，而这里是 Python 3。其中不同的地方：",
        "line": "第 {line} 行：{text}",
        "lines": "第 {line} 行：{text}",
        "do": (
            "可以手工修改，也可以先用工具：pip install modernize，然后"
            " python -m modernize --no-six -w {file}。诗是以字节传输的：到齐以后解码一次。"
        ),
    },
}


@dataclass(frozen=True)
class Differs:
    """A line of the file, and what to write there, in English and in Chinese."""

    line: int
    texts: tuple[str, str]


def code_lines(text: str) -> list[str]:
    """The lines without comments, and without what stands in strings of three quotes."""
    kept = re.sub(r"(\"\"\"|''')[\s\S]*?\1", lambda m: '""' + "\n" * m[0].count("\n"), text)
    return [re.sub(r"(^|\s)#.*", "", line) for line in kept.splitlines()]


def differences(text: str) -> list[Differs]:
    """What in a program is Python 2 only, in the order of lines; nothing where it is Python 3."""
    lines = code_lines(text)
    try:
        compile(text, "", "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        syntax = found_in(lines, SYNTAX)
        is_python_2 = bool(syntax)
    else:
        syntax = []  # the compiler takes it
        is_python_2 = bool(found_in(lines, OLD)) and not FOR_BOTH.search(text)
    if not is_python_2:
        return []
    names = found_in(lines, OLD + NAMES)
    return sorted([*syntax, *names, *bytes_as_text(lines)], key=lambda one: one.line)


def bytes_as_text(lines: list[str]) -> list[Differs]:
    """Where received bytes are added to a text, or a file is read as text to be sent."""
    text = "\n".join(lines)
    receives = re.search(r"\.recv\(|def (data|line|string)Received\b", text)
    sends = re.search(r"\.(sendall|send)\(|transport\.write\(", text)
    grown = set(re.findall(r"(\w+)\s*\+=", text)) if receives else set()
    found = []
    for number, line in enumerate(lines, 1):
        begun = re.search(r"(\w+)\s*=\s*(''|\"\")\s*$", line)
        joined = receives and re.search(r"(?<!\w)(''|\"\")\.join\(", line)
        if joined or (begun and begun[1] in grown):
            found.append(Differs(number, RECEIVED))
        if sends and re.search(r"\bopen\(\s*[^,()]+(,\s*['\"]r['\"]\s*)?\)", line):
            found.append(Differs(number, READ))
    return found


def found_in(lines: list[str], table: Sequence[tuple[str, tuple[str, str]]]) -> list[Differs]:
    """What the lines, numbered from 1, have of the patterns of a table."""
    return [
        Differs(number, texts)
        for number, line in enumerate(lines, 1)
        for pattern, texts in table
        if re.search(pattern, line)
    ]


def numbers(lines: list[int]) -> str:
    """Six numbers of lines at the most."""
    return ", ".join(map(str, lines[:6])) + (", …" if lines[6:] else "")


def lines_of(name: str, found: list[Differs], lang: str) -> list[str]:
    """In lines: what the file is, what differs (each thing at its first lines), what to do."""
    words = WORDS[lang]
    by_text: dict[str, list[int]] = {}
    for one in found:
        by_text.setdefault(one.texts[lang == "zh"], []).append(one.line)
    rows = [
        "  " + words["lines" if lines[1:] else "line"].format(line=numbers(lines), text=text)
        for text, lines in by_text.items()
    ]
    return [words["is"].format(file=name), *rows, words["do"].format(file=name)]
