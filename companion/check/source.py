"""What stands in a learner's file, by line: read once a run has failed, to say where it comes from.

Nothing here decides whether a file is right.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

# What Twisted calls by its name.
CALLED = (
    *("connectionMade", "connectionLost", "dataReceived", "lineReceived", "stringReceived"),
    *("buildProtocol", "startedConnecting", "clientConnectionFailed", "clientConnectionLost"),
    *("startFactory", "stopFactory", "startService", "stopService", "makeService"),
    *("fileno", "doRead", "logPrefix", "timeoutConnection"),
)
ALIKE = 0.82  # from which ratio on one name is another, misspelt
GROWS = ("append", "extend", "add", "write", "update", "insert")
PIECES = ("dataReceived", "doRead", "lineReceived")  # what is called for each piece
# Methods that are called for what they do: their result is of no account.
DOES = ("stop", "cancel", "callback", "errback", "loseConnection", "abortConnection", "disconnect")
USED_UP = ("map", "filter", "zip", "iter", "reversed", "enumerate")
Function = ast.FunctionDef | ast.AsyncFunctionDef
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True)
class Source:
    """A program's text."""

    text: bytes

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @cached_property
    def nodes(self) -> list[ast.AST]:
        return list(ast.walk(self.tree))

    @cached_property
    def classes(self) -> list[ast.ClassDef]:
        return [node for node in self.nodes if isinstance(node, ast.ClassDef)]

    @cached_property
    def functions(self) -> list[Function]:
        return [node for node in self.nodes if isinstance(node, FUNCTIONS)]

    def calls(self, name: str) -> list[ast.Call]:
        """The calls of a function or method of this name."""
        found = (node for node in self.nodes if isinstance(node, ast.Call))
        return [call for call in found if named(call.func) == name]

    def line(self, *names: str) -> int:
        """The line of the first call of one of these; 0 where there is none."""
        return min((call.lineno for name in names for call in self.calls(name)), default=0)

    def bare_line(self, *names: str) -> int:
        """The line of the first call of one of these without arguments; 0 where there is none."""
        calls = (call for name in names for call in self.calls(name))
        return min((call.lineno for call in calls if not call.args + call.keywords), default=0)

    @cached_property
    def uses(self) -> set[str]:
        """The names that it reads, bare or behind a dot."""
        return {
            named(node)
            for node in self.nodes
            if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Load)
        }

    def around(self, line: int) -> str:
        """The name of the function that this line stands in; "" outside all of them."""
        inner = [one for one in self.functions if one.lineno <= line <= (one.end_lineno or 0)]
        return max(inner, key=lambda one: one.lineno).name if inner else ""


def named(node: ast.expr) -> str:
    """The name, or what stands behind the last dot."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def is_own(node: ast.AST, name: str = "") -> bool:
    """Whether it is self.NAME."""
    return (
        isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "self"
        and (not name or node.attr == name)
    )


def misspelt(source: Source) -> Iterator[tuple[ast.FunctionDef, str]]:
    """Methods that nobody calls, and the name that Twisted would have called."""
    for owner in source.classes if b"twisted" in source.text else ():
        methods = [node for node in owner.body if isinstance(node, ast.FunctionDef)]
        has = {one.name for one in methods}
        for method in methods:
            if method.name in CALLED or method.name in source.uses:
                continue
            name = max(CALLED, key=lambda known: alike(known, method.name))
            if name not in has and alike(name, method.name) >= ALIKE:
                yield method, name


def alike(one: str, other: str) -> float:
    """How alike two names are, from 0 to 1, whatever their case."""
    from difflib import SequenceMatcher  # much to load, if all is well

    return SequenceMatcher(None, one.casefold(), other.casefold()).ratio()


def not_called(source: Source) -> ast.expr | None:
    """A function that is named in a line of its own, or in all of a lambda, without the brackets
    that call it."""
    own = {one.name for one in source.functions}
    values = {
        named(target)
        for one in source.nodes
        if isinstance(one, ast.Assign) and isinstance(one.value, ast.Call)
        for target in one.targets
    }
    for node in source.nodes:
        if not isinstance(node, ast.Expr):
            continue
        name = named(node.value)
        if name in own or (isinstance(node.value, ast.Attribute) and name not in values):
            return node.value
    for node in source.nodes:
        if (
            isinstance(node, ast.Lambda)
            and isinstance(node.body, ast.Attribute)
            and node.body.attr in DOES
        ):
            return node.body
    return None


def not_yielded(source: Source, function: str) -> int:
    """The line in which a generator calls for what it then returns, without waiting for it; 0 where
    there is none."""
    for one in (one for one in source.functions if one.name == function):
        nodes = list(ast.walk(one))
        given = {named(node.value) for node in nodes if isinstance(node, ast.Return) and node.value}
        given |= {
            named(word)
            for node in nodes
            if isinstance(node, ast.Call) and named(node.func) == "returnValue"
            for word in node.args
        }
        for node in nodes:
            called = isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)
            if isinstance(node, ast.Assign) and called and named(node.targets[0]) in given:
                return node.lineno
    return 0


def computed_only(source: Source) -> ast.Expr | None:
    """A sum, a difference or a comparison in a line of its own, which nothing keeps."""
    for node in source.nodes:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.BinOp | ast.Compare):
            compares = isinstance(node.value, ast.Compare)
            ops = node.value.ops if isinstance(node.value, ast.Compare) else [node.value.op]
            if isinstance(ops[0], ast.Eq if compares else ast.Add | ast.Sub):
                return node
    return None


def own_errors(source: Source) -> set[str]:
    """The names of the exceptions that the file itself makes."""
    return {one.name for one in source.classes if any("E" in named(base) for base in one.bases)}


def tested_failure(source: Source) -> ast.Call | None:
    """An isinstance in an errback that asks whether its Failure is an exception of the file's."""
    handlers = {
        named(call.args[place])
        for name, place in (("addErrback", 0), ("addCallbacks", 1))
        for call in source.calls(name)
        if len(call.args) > place
    }
    errors = own_errors(source)
    for one in source.functions:
        if one.name not in handlers or not one.args.args:
            continue
        first = [word.arg for word in one.args.args if word.arg != "self"][:1]
        for call in ast.walk(one):
            if isinstance(call, ast.Call) and named(call.func) == "isinstance":
                names = [named(word) for word in call.args]
                if names[0] in first and names[-1] in errors:
                    return call
    return None


def returned_error(source: Source) -> int:
    """The line of a return whose value is an exception of the file's own; 0 where there is none."""
    errors = own_errors(source)
    for node in source.nodes:
        value = node.value if isinstance(node, ast.Return) else None
        if isinstance(value, ast.Call) and named(value.func) in errors:
            return value.lineno
    return 0


def shared(source: Source) -> tuple[int, str] | None:
    """What all protocols of a class, or of a factory, keep their pieces in: the line, the name."""
    for owner in source.classes:
        inside = list(ast.walk(owner))
        if not any(isinstance(node, FUNCTIONS) and node.name in PIECES for node in inside):
            continue
        made_anew = {
            target.attr
            for node in inside
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Attribute) and is_own(target)
        }
        pieces = (node for node in inside if isinstance(node, FUNCTIONS) and node.name in PIECES)
        for node in (one for piece in pieces for one in ast.walk(piece)):
            held = grown(node)
            if held is None:
                continue
            if isinstance(held.value, ast.Name) and held.value.id in (owner.name, "cls"):
                return held.lineno, held.attr
            if isinstance(held.value, ast.Attribute) and is_own(held.value, "factory"):
                return held.lineno, held.attr
            if is_own(held) and held.attr not in made_anew and not isinstance(node, ast.AugAssign):
                for line in owner.body:
                    if isinstance(line, ast.Assign) and named(line.targets[0]) == held.attr:
                        return line.lineno, held.attr
    return None


def grown(node: ast.AST) -> ast.Attribute | None:
    """The attribute that this adds to, if it does."""
    target: ast.AST | None = None
    if isinstance(node, ast.AugAssign):
        target = node.target
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        target = node.func.value if node.func.attr in GROWS else None
    return target if isinstance(target, ast.Attribute) else None


def guessed_end(source: Source) -> int:
    """The line in which the end of a poem is looked for in a piece; 0 where there is none."""
    for function in source.functions:
        if function.name in PIECES:
            for node in ast.walk(function):
                ends = isinstance(node, ast.Call) and named(node.func) == "endswith"
                if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.In):
                    ends = isinstance(node.left, ast.Constant)
                if ends and isinstance(node, ast.expr):
                    return node.lineno
    return 0


def late_bound(source: Source) -> tuple[int, str] | None:
    """A lambda in a loop that looks at the loop's own name when called: the line, the name."""
    for loop in source.nodes:
        if not isinstance(loop, ast.For):
            continue
        names = {node.id for node in ast.walk(loop.target) if isinstance(node, ast.Name)}
        for node in ast.walk(loop):
            if isinstance(node, ast.Lambda):
                own = {one.arg for one in node.args.args}
                for one in ast.walk(node.body):
                    if isinstance(one, ast.Name) and one.id in names - own:
                        return node.lineno, one.id
    return None


def holder(source: Source, attribute: str) -> str:
    """The class that has this attribute; "" where none has."""
    for owner in source.classes:
        for node in ast.walk(owner):
            if isinstance(node, ast.Attribute) and node.attr == attribute and is_stored(node):
                return owner.name
            if isinstance(node, FUNCTIONS) and node.name == attribute:
                return owner.name
    return ""


def bases(source: Source, owner: ast.ClassDef) -> Iterator[ast.ClassDef]:
    """The classes of the file that a class stands on, the nearest first."""
    for base in owner.bases:
        for found in (one for one in source.classes if one.name == named(base) and one != owner):
            yield found
            yield from bases(source, found)


def setter(owner: ast.ClassDef, attribute: str) -> str:
    """The method of a class that sets self.ATTRIBUTE; "" where none does."""
    for method in owner.body:
        if isinstance(method, FUNCTIONS):
            for node in ast.walk(method):
                if isinstance(node, ast.Attribute) and node.attr == attribute and is_stored(node):
                    return method.name
    return ""


def attributes(owner: ast.ClassDef) -> list[str]:
    """What an object of this class has by the class's own text."""
    stored = (one for one in ast.walk(owner) if isinstance(one, ast.Attribute) and is_stored(one))
    return [one.attr for one in stored] + [
        node.name for node in owner.body if isinstance(node, FUNCTIONS)
    ]


def is_stored(node: ast.Attribute) -> bool:
    """Whether this sets self.NAME."""
    return is_own(node) and isinstance(node.ctx, ast.Store)


def overwritten(source: Source) -> int:
    """The line in which each piece takes the place of the one before; 0 where there is none."""
    for function in source.functions:
        if function.name not in PIECES:
            continue
        for node in ast.walk(function):
            if isinstance(node, ast.Assign) and any(is_own(one) for one in node.targets):
                kept = {named(one) for one in node.targets}
                read = [one for one in ast.walk(node.value) if isinstance(one, ast.Name)]
                again = any(is_own(one, name) for one in ast.walk(node.value) for name in kept)
                if not again and any(one.id not in ("self", "True", "None") for one in read):
                    return node.lineno
    loops = (node for node in source.nodes if isinstance(node, ast.While))
    for loop in loops:
        for node in ast.walk(loop):
            if (
                isinstance(node, ast.Assign)
                and isinstance(node.value, ast.Call)
                and named(node.value.func) == "recv"
                and not adds(loop)
            ):
                return node.lineno
    return 0


def adds(loop: ast.While) -> bool:
    """Whether anything grows in it."""
    return any(
        isinstance(node, ast.AugAssign)
        or (isinstance(node, ast.Call) and named(node.func) in GROWS)
        or (isinstance(node, ast.Assign) and isinstance(node.value, ast.BinOp))
        for node in ast.walk(loop)
    )


def run_in_a_loop(source: Source) -> int:
    """The line of a reactor.run() in a for or while loop; 0 where there is none."""
    for loop in source.nodes:
        if not isinstance(loop, ast.For | ast.While):
            continue
        for node in ast.walk(loop):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == "run"
                and named(node.func.value) == "reactor"
            ):
                return node.lineno
    return 0


def used_up(source: Source) -> tuple[int, str] | None:
    """An iterator that is gone through twice: the line where it is made, and its name."""
    for node in source.nodes:
        if not (isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)):
            continue
        made = node.value
        once = isinstance(made, ast.GeneratorExp) or (
            isinstance(made, ast.Call) and named(made.func) in USED_UP
        )
        name = node.targets[0].id
        reads = sum(
            isinstance(one, ast.Name) and one.id == name and isinstance(one.ctx, ast.Load)
            for one in source.nodes
        )
        if once and reads > 1:
            return node.lineno, name
    return None


def codec(source: Source) -> tuple[int, str] | None:
    """What bytes are decoded with where that is not UTF-8, or not strict: the line, and which."""
    for call in source.calls("decode") + source.calls("str"):
        words = [*call.args, *(keyword.value for keyword in call.keywords)]
        for word in words:
            if isinstance(word, ast.Constant) and isinstance(word.value, str):
                plain = word.value.lower().replace("-", "").replace("_", "")
                if plain not in ("utf8", "utf8sig", "strict"):
                    return call.lineno, word.value
    return None


def spread_list(source: Source) -> int:
    """The line of a DeferredList of Deferreds that are in no list; 0 where there is none."""
    for call in source.calls("DeferredList"):
        plain = [one for one in call.args if not isinstance(one, ast.Constant)]
        if len(plain) > 1 or any(isinstance(one, ast.Starred) for one in plain):
            return call.lineno
    return 0


def daemon(source: Source) -> int:
    """The line in which a thread is made a daemon; 0 where there is none."""
    for node in source.nodes:
        made = isinstance(node, ast.keyword) and node.arg == "daemon"
        is_set = isinstance(node, ast.Attribute) and node.attr == "daemon"
        if (made or is_set) and isinstance(node, ast.keyword | ast.Attribute):
            return node.lineno
    return 0


def common_deferred(source: Source) -> int:
    """The line of a Deferred that is made in a class's body, or in no function and then returned by
    one; 0 where there is none."""
    returned = {
        named(node.value)
        for node in source.nodes
        if isinstance(node, ast.Return) and node.value is not None
    }
    places: list[ast.Module | ast.ClassDef] = [source.tree, *source.classes]
    for outside in places:
        for node in outside.body:
            if not (isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)):
                continue
            names = {named(target) for target in node.targets}
            inside = isinstance(outside, ast.ClassDef)
            if named(node.value.func) == "Deferred" and (inside or names & returned):
                return node.lineno
    return 0


def takes_values(source: Source) -> bool:
    """Whether a yield stands where its value is used."""
    bare = {id(node.value) for node in source.nodes if isinstance(node, ast.Expr)}
    return any(isinstance(node, ast.Yield) and id(node) not in bare for node in source.nodes)


def bare_deferred(source: Source, line: int) -> bool:
    """Whether the Deferred that is made in this line has no canceller."""
    return any(
        call.lineno == line and not call.args and not call.keywords
        for call in source.calls("Deferred")
    )


def returns(function: Function, name: str) -> bool:
    """Whether it returns what has this name."""
    return any(
        isinstance(node, ast.Return) and node.value is not None and named(node.value) == name
        for node in ast.walk(function)
    )
