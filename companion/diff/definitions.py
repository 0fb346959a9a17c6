"""The definitions of a script: each of its lines belongs to exactly one part, by name.

Python is read with `ast`. Erlang and Haskell are cut at the names that begin a line; a shell
script, and Python that does not parse, is one part.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

from companion.render.code import language_of

# What stands at module level and defines nothing goes by the name that Python gives a script.
LOOSE = "__main__"
Kind = Literal["docstring", "imports", "constant", "function", "class", "main"]

COMMENTS = {"python": "#", "bash": "#", "erlang": "%", "haskell": "--"}


class SourceError(ValueError):
    """A file can't be read as a script; the message is one line."""


@dataclass(frozen=True)
class Definition:
    """One definition, or the docstring, the imports, or loose statements: lines first to last.

    Lines count from 1; blank lines and comments above a definition are its own. A class is a part
    for its header and attributes and one for each method, named Class.method.
    """

    name: str
    kind: Kind
    first: int
    last: int


@dataclass(frozen=True)
class Import:
    """One name that an import statement binds, and the lines of that statement."""

    module: str
    name: str
    bound: str
    first: int
    last: int

    @property
    def what(self) -> tuple[str, str, str]:
        """What is imported, wherever it stands."""
        return self.module, self.name, self.bound

    def __str__(self) -> str:
        origin = f"from {self.module} import {self.name}" if self.name else f"import {self.module}"
        usual = self.name or self.module.partition(".")[0]
        return origin if self.bound == usual else f"{origin} as {self.bound}"


@dataclass(frozen=True)
class Source:
    """A script as text, and what stands where in it. `path` is as it is shown to a reader."""

    path: str
    text: str

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """The lines, without their ends."""
        lines = self.text.split("\n")
        return tuple(lines if lines[-1] else lines[:-1])

    @cached_property
    def language(self) -> str:
        """python, erlang, haskell, bash or text."""
        return language_of(self.path, self.text)

    @cached_property
    def tree(self) -> ast.Module | None:
        """The syntax tree; None where the text is not Python."""
        if self.language != "python":
            return None
        try:
            return ast.parse(self.text)
        except (SyntaxError, ValueError):
            return None

    @cached_property
    def parts(self) -> tuple[Definition, ...]:
        """Every part, in order; together they hold every line once."""
        if self.tree:
            starts = list(python_parts(self.tree))
        elif self.language in ("erlang", "haskell"):
            starts = list(named_lines(self.lines, self.language))
        else:
            starts = []
        return lay_out(starts, len(self.lines))

    @cached_property
    def by_line(self) -> tuple[Definition, ...]:
        """The part of each line, from index 0."""
        return tuple(part for part in self.parts for _ in range(part.first, part.last + 1))

    @cached_property
    def doc_line(self) -> int:
        """The number of the line that says what the script is; 0 where there is none."""
        if self.tree:
            return self.tree.body[0].lineno if ast.get_docstring(self.tree) is not None else 0
        for number, line in enumerate(self.lines[:3], 1):
            if line.startswith(COMMENTS.get(self.language, "#")) and not line.startswith("#!"):
                return number
        return 0

    @cached_property
    def imports(self) -> tuple[Import, ...]:
        """The names that the module-level imports bind."""
        found = [] if self.tree is None else self.tree.body
        return tuple(bound for node in found for bound in bindings(node))

    @cached_property
    def names_used(self) -> tuple[tuple[str, Definition], ...]:
        """Each name that is read, and the part that reads it."""
        return tuple(
            (node.id, self.by_line[node.lineno - 1])
            for node in (ast.walk(self.tree) if self.tree else ())
            if isinstance(node, ast.Name) and node.lineno <= len(self.by_line)
        )


def read_source(file: Path, path: str) -> Source:
    """Read a script. Raises SourceError where that can't be done."""
    try:
        return Source(path, file.read_bytes().decode("utf-8"))
    except OSError as err:
        raise SourceError(f"can't read {path}: {err.strerror}") from None
    except UnicodeDecodeError as err:
        raise SourceError(f"{path} is not UTF-8 text (byte {err.start})") from None


# A part's name and kind, and the lines of its code, first and last.
Start = tuple[str, Kind, int, int]


def python_parts(tree: ast.Module) -> Iterator[Start]:
    """The definitions of a module, each with its lines, from 1; loose statements are LOOSE."""
    for index, node in enumerate(tree.body):
        first, last = lines_of(node)
        if isinstance(node, ast.ClassDef):
            yield from class_parts(node)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, "function", first, last
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield "imports", "imports", first, last
        elif index == 0 and ast.get_docstring(tree) is not None:
            yield "docstring", "docstring", first, last
        elif name := assigned(node):
            yield name, "constant", first, last
        else:
            yield LOOSE, "main", first, last


def class_parts(node: ast.ClassDef) -> Iterator[Start]:
    """A class as its header and attributes, and one for each of its methods."""
    first, last = lines_of(node)
    yield node.name, "class", first, lines_of(node.body[0])[0] - 1
    for inner in node.body:
        first, last = lines_of(inner)
        if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{node.name}.{inner.name}", "function", first, last
        else:
            yield node.name, "class", first, last


def assigned(node: ast.stmt) -> str:
    """The name that a module-level statement gives a value, where it is just one."""
    targets = node.targets if isinstance(node, ast.Assign) else []
    if isinstance(node, ast.AnnAssign):
        targets = [node.target]
    return targets[0].id if len(targets) == 1 and isinstance(targets[0], ast.Name) else ""


def lines_of(node: ast.stmt) -> tuple[int, int]:
    """The first and the last line of a statement, its decorators included."""
    decorators = getattr(node, "decorator_list", [])
    first = min([node.lineno, *(decorator.lineno for decorator in decorators)])
    return first, node.end_lineno or node.lineno


def named_lines(lines: tuple[str, ...], language: str) -> Iterator[Start]:
    """Where a name begins a line, a definition of that name begins; it goes on to the next one.

    Blank lines and comments before the next are not its own.
    """
    firsts = [number for number, line in enumerate(lines, 1) if name_of(line, language)]
    for first, following in zip(firsts, [*firsts[1:], len(lines) + 1], strict=True):
        last = following - 1
        while last > first and re.match(rf"\s*$|{COMMENTS[language]}", lines[last - 1]):
            last -= 1
        name = name_of(lines[first - 1], language)
        yield name, "imports" if name == "imports" else "function", first, last


def name_of(line: str, language: str) -> str:
    """The name that a line begins with; `imports` where it is a directive, empty for none."""
    match = re.match(r"-?[a-z]\w*'*", line)
    if match is None or match[0] in ("end", "where"):
        return ""
    directive = match[0] in ("import", "module") or match[0].startswith("-")
    return "imports" if directive else match[0]


def lay_out(starts: list[Start], count: int) -> tuple[Definition, ...]:
    """Parts that hold count lines: each reaches back to the end of the one before it."""
    parts: list[Definition] = []
    for name, kind, first, last in starts:
        before = parts[-1] if parts else None
        if before and (before.name, before.kind) == (name, kind):
            parts[-1] = Definition(name, kind, before.first, max(before.last, last))
        elif last > (begin := before.last if before else 0):
            parts.append(Definition(name, kind, begin + 1, max(last, first)))
    if not parts:
        return (Definition(LOOSE, "main", 1, count),) if count else ()
    parts[-1] = Definition(parts[-1].name, parts[-1].kind, parts[-1].first, count)
    return tuple(parts)


def bindings(node: ast.stmt) -> Iterator[Import]:
    """The names that an import statement binds; none for any other statement."""
    first, last = lines_of(node)
    if isinstance(node, ast.Import):
        for alias in node.names:
            bound = alias.asname or alias.name.partition(".")[0]
            yield Import(alias.name, "", bound, first, last)
    elif isinstance(node, ast.ImportFrom):
        module = "." * node.level + (node.module or "")
        for alias in node.names:
            yield Import(module, alias.name, alias.asname or alias.name, first, last)


@dataclass(frozen=True)
class Statement:
    """A statement as text, and the lines that it stands on."""

    text: str
    numbers: range


def argument_statements(source: Source) -> dict[str, Statement]:
    """The statements of parse_args that make a parser and add to it, by what they add.

    That is the name of an argument (`--port`, `addresses`); the parser itself goes by
    `ArgumentParser`.
    """
    found = {}
    for node in source.tree.body if source.tree else ():
        if isinstance(node, ast.FunctionDef) and node.name.startswith("parse_"):
            for statement in node.body:
                if key := what_is_added(statement):
                    first, last = lines_of(statement)
                    text = "\n".join(source.lines[first - 1 : last])
                    found[key] = Statement(text, range(first, last + 1))
    return found


def what_is_added(statement: ast.stmt) -> str:
    """The first name of the argument that a statement adds to a parser; "" where it adds none."""
    call = getattr(statement, "value", None)
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
        return ""
    if call.func.attr == "ArgumentParser":
        return call.func.attr
    first = call.args[0] if call.func.attr == "add_argument" and call.args else None
    return str(first.value) if isinstance(first, ast.Constant) else ""
