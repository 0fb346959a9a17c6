"""What the companion says, found in its source: the templates of errors and of checks."""

import ast
from collections.abc import Iterator
from pathlib import Path

OWN = ("NotImplementedError", "LookupError", "ValueError")  # for whoever develops the tool
ENDS = ("end", "finish", "not_covered")
CALLS = ("refusal", "expect", "served", "Unmet", "Stuck", "NotCovered", "fail")


def template(node: ast.expr | None) -> str:
    """A text of the source with {} for each value in it; "" where it is no text."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    if isinstance(node, ast.JoinedStr):
        return "".join(
            str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values
        )
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return template(node.left) + template(node.right)
    return ""


def texts(node: ast.expr, function: ast.AST) -> Iterator[str]:
    """The texts that an argument may be: itself, either of two, or what its name was given."""
    if isinstance(node, ast.IfExp):
        yield from texts(node.body, function)
        yield from texts(node.orelse, function)
    elif isinstance(node, ast.Name):
        for one in ast.walk(function):
            if isinstance(one, ast.Assign) and any(
                isinstance(target, ast.Name) and target.id == node.id for target in one.targets
            ):
                yield from texts(one.value, function)
    elif text := template(node):
        yield text


def said_in(path: Path) -> Iterator[str]:
    """Every text that a file raises as an error, or holds against a learner's file."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    for function in functions:
        for node in ast.walk(function):
            call = node.exc if isinstance(node, ast.Raise) else node
            if not isinstance(call, ast.Call):
                continue
            name = ast.unparse(call.func).rpartition(".")[2]
            if (isinstance(node, ast.Raise) and name not in OWN) or name in CALLS:
                for argument in call.args:
                    yield from texts(argument, function)


def ended_in(path: Path) -> Iterator[str]:
    """Every text that a file ends a simulated run with, and what it refuses there."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
        for node in ast.walk(function):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            if ast.unparse(node.func).rpartition(".")[2] in ENDS:
                yield from texts(node.args[-1], function)


def spoken_in(path: Path) -> Iterator[str]:
    """Every text that a file says in a language by its name, as say(lang, text, ...); none where
    its say is that of a view's own table."""
    source = path.read_text(encoding="utf-8")
    if "from companion.render.language import" not in source or "def say(" in source:
        return
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "say" and len(node.args) > 1:
            yield from texts(node.args[1], node)
