"""Which stretches of a script are keywords, strings, comments: what both views colour."""

from functools import cache, lru_cache
from itertools import pairwise
from typing import NamedTuple

from companion.diff.definitions import Source

# From and to, in characters of the line, and what it is.
Span = tuple[int, int, str]
# The first that holds names the stretch; the names are the HTML view's classes too.
NAMES = (
    ("Token.Literal.String", "string"),
    ("Token.Comment", "comment"),
    ("Token.Literal.Number", "number"),
    ("Token.Keyword", "keyword"),
    ("Token.Operator.Word", "keyword"),
    ("Token.Name.Decorator", "decorator"),
    ("Token.Name.Function", "name"),
    ("Token.Name.Class", "name"),
)


class Piece(NamedTuple):
    """A stretch of a line in one colour, and whether it is a changed word."""

    text: str
    colour: str
    marked: bool


def spans(source: Source) -> tuple[tuple[Span, ...], ...]:
    """The coloured stretches of each line, in order; what is plain is in none."""
    return spans_of(source.language, source.text)


@lru_cache(256)  # most stages are in two steps: each is the one before of another
def spans_of(language: str, text: str) -> tuple[tuple[Span, ...], ...]:
    """Line by line the coloured stretches of a text, as pygments names them."""
    from pygments.lexers import get_lexer_by_name

    lines: list[list[Span]] = [[]]
    column = 0
    for _, token, value in get_lexer_by_name(language).get_tokens_unprocessed(text):
        name = name_of(token)
        for number, piece in enumerate(value.split("\n")):
            if number:
                lines.append([])
                column = 0
            if piece and name:
                lines[-1].append((column, column + len(piece), name))
            column += len(piece)
    return tuple(tuple(line) for line in lines)


@cache
def name_of(token: object) -> str:
    """What a kind of token is, of those in NAMES, or nothing."""
    return next((name for prefix, name in NAMES if str(token).startswith(prefix)), "")


def pieces(text: str, colours: tuple[Span, ...], marks: tuple[tuple[int, int], ...]) -> list[Piece]:
    """A line cut after its indentation, and wherever its colour or its being marked changes."""
    cuts = {0, len(text) - len(text.lstrip(" ")), len(text)}
    cuts.update(cut for start, stop, _ in colours for cut in (start, stop))
    cuts.update(cut for mark in marks for cut in mark)
    edges = sorted(cut for cut in cuts if cut <= len(text))
    names, marked = [""] * len(text), [False] * len(text)  # by character
    for begin, end, name in colours:
        names[begin:end] = [name] * (end - begin)
    for begin, end in marks:
        marked[begin:end] = [True] * (end - begin)
    return [Piece(text[start:stop], names[start], marked[start]) for start, stop in pairwise(edges)]
