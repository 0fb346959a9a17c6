"""The diff of two scripts, to be read: definitions first, then their lines, then the words.

Definitions are matched by name, and by likeness where a name is gone; lines of a matched pair are
matched by difflib, and what it calls replaced is paired by likeness, not by position. Every view
shows the same rows.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from functools import cached_property, lru_cache
from itertools import dropwhile, groupby, takewhile
from typing import Literal

from companion.diff.definitions import LOOSE, Definition, Kind, Source

# From 0 to 1: from here on two lines, or two definitions, count as one that was changed.
LIKE_LINES = 0.5
LIKE_PARTS = 0.4
# A replaced stretch with more pairs of lines than this is not looked through for likeness.
MOST_PAIRS = 40_000

Change = Literal["same", "changed", "new", "gone"]


@dataclass(frozen=True)
class Line:
    """One line on one side: its number from 1, and the stretches of it that changed."""

    number: int
    text: str
    part: Definition
    marks: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class DiffRow:
    """A line of the left, of the right, or of both."""

    left: Line | None
    right: Line | None

    @property
    def text(self) -> str:
        """The line's text, as it is on the right where both sides have it."""
        line = self.right or self.left
        return line.text if line else ""

    @property
    def change(self) -> Change:
        if self.left is None:
            return "new"
        if self.right is None:
            return "gone"
        return "same" if self.left.text == self.right.text else "changed"


@dataclass(frozen=True)
class Section:
    """A definition of the left, of the right, or of both, and its rows."""

    left: Definition | None
    right: Definition | None
    rows: tuple[DiffRow, ...]

    @property
    def name(self) -> str:
        """Its name; `old -> new` where it was renamed."""
        names = [part.name for part in (self.left, self.right) if part]
        return " -> ".join(dict.fromkeys(names))

    @cached_property
    def body(self) -> tuple[DiffRow, ...]:
        """The rows without the blank ones above the definition."""
        return tuple(dropwhile(lambda row: not row.text.strip(), self.rows))

    @property
    def change(self) -> Change:
        if self.left is None:
            return "new"
        if self.right is None:
            return "gone"
        return "changed" if any(row.change != "same" for row in self.body) else "same"


def kind_of(section: Section) -> Kind:
    """The kind of a section: that of its right side, or where it is gone of its left one."""
    part = section.right or section.left
    assert part is not None
    return part.kind


@dataclass(frozen=True)
class Diff:
    """Two scripts side by side."""

    left: Source
    right: Source

    @cached_property
    def sections(self) -> tuple[Section, ...]:
        return tuple(
            Section(old, new, tuple(rows_of(self.left, self.right, old, new)))
            for old, new in match_parts(self.left, self.right)
        )

    @cached_property
    def rows(self) -> tuple[DiffRow, ...]:
        return tuple(row for section in self.sections for row in section.rows)

    @cached_property
    def removed(self) -> tuple[Line, ...]:
        """The lines that the left has and the right has not, as they are counted.

        Blank lines are not counted, and the line that says what the script is is not either.
        """
        lines = (row.left for row in self.rows if row.left and row.change != "same")
        return tuple(line for line in lines if counts(line, self.left))

    @cached_property
    def added(self) -> tuple[Line, ...]:
        """The lines that the right has and the left has not, counted in the same way."""
        lines = (row.right for row in self.rows if row.right and row.change != "same")
        return tuple(line for line in lines if counts(line, self.right))

    @property
    def touched(self) -> tuple[Section, ...]:
        """The definitions that differ; the docstring and the imports define nothing."""
        return tuple(
            section
            for section in self.sections
            if section.change != "same" and kind_of(section) not in ("docstring", "imports")
        )

    @property
    def blocks(self) -> tuple[tuple[Section, ...], ...]:
        """The sections as a reader sees them: loose statements that follow each other are one."""

        def key(numbered: tuple[int, Section]) -> tuple[int, Change]:
            number, section = numbered
            loose = kind_of(section) in ("constant", "main")
            return -1 if loose else number, section.change

        groups = groupby(enumerate(self.sections), key)
        return tuple(tuple(section for _, section in members) for _, members in groups)


def counts(line: Line, source: Source) -> bool:
    """Whether a line counts as changed: blank ones do not, nor does the docstring's first."""
    return bool(line.text.strip()) and line.number != source.doc_line


@lru_cache(256)
def compare(left: Source, right: Source) -> Diff:
    """The diff that turns left into right."""
    return Diff(left, right)


def match_parts(
    left: Source, right: Source
) -> Iterator[tuple[Definition | None, Definition | None]]:
    """The definitions of both scripts in pairs, or alone, in an order that both keep."""
    before = [words(left, part) for part in left.parts]
    after = [words(right, part) for part in right.parts]

    def likeness(i: int, j: int) -> float:
        old, new = left.parts[i], right.parts[j]
        if old.kind != new.kind:
            return 0.0
        if old.name == new.name != LOOSE:
            return 100.0
        if not before[i] + after[j]:
            return 1.0  # blank on both sides
        bonus = 0.3 if old.name.split(".")[-1] == new.name.split(".")[-1] else 0.0
        if alike_at_most(before[i], after[j]) + bonus < LIKE_PARTS:
            return 0.0
        ratio = alike(before[i], after[j]) + bonus
        return ratio if ratio >= LIKE_PARTS else 0.0

    for i, j in align(len(left.parts), len(right.parts), likeness):
        yield (
            left.parts[i] if i is not None else None,
            right.parts[j] if j is not None else None,
        )


def rows_of(
    left: Source, right: Source, old: Definition | None, new: Definition | None
) -> Iterator[DiffRow]:
    """The lines of two definitions beside each other, with the words that changed in them."""
    before, after = lines_of(left, old), lines_of(right, new)
    pairs: Iterable[Pair] = match_lines([one.text for one in before], [one.text for one in after])
    if old and old.kind == "docstring" and len(before) == len(after):
        pairs = zip(range(len(before)), range(len(after)), strict=True)
    for i, j in pairs:
        one = before[i] if i is not None else None
        two = after[j] if j is not None else None
        if one and two and one.text != two.text and line_score(one.text, two.text):
            marks = changed_words(one.text, two.text)
            one, two = replace(one, marks=marks[0]), replace(two, marks=marks[1])
        yield DiffRow(one, two)


def lines_of(source: Source, part: Definition | None) -> list[Line]:
    """The lines of a definition; none where there is none."""
    if part is None:
        return []
    numbers = range(part.first, part.last + 1)
    return [Line(number, source.lines[number - 1], part) for number in numbers]


Pair = tuple[int | None, int | None]


def match_lines(left: Sequence[str], right: Sequence[str]) -> Iterator[Pair]:
    """Which line of the left stands beside which of the right, in order."""
    matcher = SequenceMatcher(lambda line: not line.strip(), left, right, autojunk=False)
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag == "equal":
            yield from zip(range(i1, i2), range(j1, j2), strict=True)
        elif (i2 - i1) * (j2 - j1) > MOST_PAIRS:
            yield from ((i, None) for i in range(i1, i2))
            yield from ((None, j) for j in range(j1, j2))
        else:
            for i, j in pair_lines(left[i1:i2], right[j1:j2]):
                yield i1 + i if i is not None else None, j1 + j if j is not None else None


def pair_lines(left: Sequence[str], right: Sequence[str]) -> list[Pair]:
    """Which line of the right stands for which of the left, by their likeness."""
    return align(len(left), len(right), lambda i, j: line_score(left[i], right[j]))


def align(count: int, other: int, score: Callable[[int, int], float]) -> list[Pair]:
    """Pairs in order, none crossing, so that the sum of their scores is the greatest.

    A score of 0 never pairs. What has no partner stands beside None, the left's before the right's.
    """
    scores = [[score(i, j) for j in range(other)] for i in range(count)]
    best = [[0.0] * (other + 1) for _ in range(count + 1)]
    for i in reversed(range(count)):
        for j in reversed(range(other)):
            paired = scores[i][j] + best[i + 1][j + 1] if scores[i][j] else 0.0
            best[i][j] = max(paired, best[i + 1][j], best[i][j + 1])
    pairs: list[Pair] = []
    i = j = 0
    while i < count and j < other:
        if scores[i][j] and best[i][j] == scores[i][j] + best[i + 1][j + 1]:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            pairs.append((i, None))
            i += 1
        else:
            pairs.append((None, j))
            j += 1
    return [*pairs, *((k, None) for k in range(i, count)), *((None, k) for k in range(j, other))]


@lru_cache(maxsize=100_000)
def line_score(left: str, right: str) -> float:
    """How much is won by showing two lines in one row."""
    if left == right:
        return 1.5 if left.strip() else 0.1
    one, two = tuple(TOKEN.findall(left)), tuple(TOKEN.findall(right))
    if alike_at_most(one, two) < LIKE_LINES:
        return 0.0
    ratio = alike(one, two)
    return ratio if ratio >= LIKE_LINES else 0.0


TOKEN = re.compile(r"\w+|[^\w\s]")
WITH_SPACE = re.compile(r"\w+|\s+|[^\w\s]")


def words(source: Source, part: Definition) -> tuple[str, ...]:
    """The words of a definition, in their order."""
    return tuple(re.findall(r"\w+", "\n".join(source.lines[part.first - 1 : part.last])))


def alike(left: tuple[str, ...], right: tuple[str, ...]) -> float:
    """How much of two texts is the same, from 0 to 1: characters in the words that both share."""
    total = sum(map(len, left)) + sum(map(len, right))
    if not total:
        return 0.0
    blocks = SequenceMatcher(None, left, right, autojunk=False).get_matching_blocks()
    same = sum(len(word) for block in blocks for word in left[block.a : block.a + block.size])
    return 2 * same / total


def alike_at_most(left: tuple[str, ...], right: tuple[str, ...]) -> float:
    """What `alike` can't be more than, found out faster: it does not look at the order."""
    total = sum(map(len, left)) + sum(map(len, right))
    if not total:
        return 0.0
    here, there = set(left), set(right)
    same = min(
        sum(len(word) for word in left if word in there),
        sum(len(word) for word in right if word in here),
    )
    return 2 * same / total


Marks = tuple[tuple[int, int], ...]


def changed_words(left: str, right: str) -> tuple[Marks, Marks]:
    """The stretches of two lines, from and to, that are not in the other; never the indentation.

    What both begin with and end with is set aside first: so `f(a())` and `f(b)` differ by `a()`.
    """
    one, two = WITH_SPACE.findall(left), WITH_SPACE.findall(right)
    skip = [sum(1 for _ in takewhile(str.isspace, line)) for line in (one, two)]
    old, new = one[skip[0] :], two[skip[1] :]
    begin = common(old, new)
    end = common(old[begin:][::-1], new[begin:][::-1])
    old, new = old[begin : len(old) - end], new[begin : len(new) - end]
    opcodes = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    changed = [code for code in opcodes if code[0] != "equal"]
    at, to = skip[0] + begin, skip[1] + begin
    return (
        stretches(one, [(at + i1, at + i2) for _, i1, i2, _, _ in changed]),
        stretches(two, [(to + j1, to + j2) for _, _, _, j1, j2 in changed]),
    )


def common(one: Sequence[str], two: Sequence[str]) -> int:
    """How many tokens two sequences begin with alike."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, two, strict=False)))


def stretches(tokens: list[str], spans: list[tuple[int, int]]) -> Marks:
    """Spans of tokens as spans of characters; spans with only space between them are one."""
    marks: list[tuple[int, int]] = []
    text = "".join(tokens)
    for begin, end in spans:
        start, stop = len("".join(tokens[:begin])), len("".join(tokens[:end]))
        if start == stop:
            continue
        if marks and not text[marks[-1][1] : start].strip():
            marks[-1] = (marks[-1][0], stop)
        else:
            marks.append((start, stop))
    return tuple(marks)
