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
    """The code in the terminal's own sixteen colours."""
    from pygments import highlight
    from pygments.formatters import TerminalFormatter
    from pygments.lexers import get_lexer_by_name

    lexer = get_lexer_by_name(language_of(path, code), stripnl=False)
    text: str = highlight(code, lexer, TerminalFormatter())
    return text
