"""Code to be read: which language it is in, and its colours on a terminal."""

import re
from pathlib import Path

LANGUAGES = {".py": "python", ".tac": "python", ".hs": "haskell", ".erl": "erlang", ".sh": "bash"}
SHEBANGS = {"python": "python", "escript": "erlang", "sh": "bash", "bash": "bash"}


def language_of(path: str, text: str) -> str:
    """python, erlang, haskell, bash or text, by the file's suffix or its first line."""
    if known := LANGUAGES.get(Path(path).suffix):
        return known
    if match := re.match(r"#!.*?(\w+?)[\d.]*\s*$", text.partition("\n")[0]):
        return SHEBANGS.get(match[1], "text")
    return "text"


def coloured(path: str, code: str) -> str:
    """The code in those of the terminal's own colours that read on white and on black."""
    from pygments import highlight
    from pygments.formatters import TerminalFormatter
    from pygments.lexers import get_lexer_by_name
    from pygments.token import Comment, Keyword, Number, String, Token

    lexer = get_lexer_by_name(language_of(path, code), stripnl=False)
    names = {Comment: "cyan", String: "green", Keyword: "magenta", Number: "cyan"}
    scheme = {token: (name, name) for token, name in names.items()} | {Token: ("", "")}
    text: str = highlight(code, lexer, TerminalFormatter(colorscheme=scheme))
    return text
