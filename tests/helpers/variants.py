"""Right variants of a stage: programs that do the same, as other people would write it.

Each function takes a stage's text, and gives another that is as right by the tutorial, or the same
where it finds nothing to rewrite.
"""

import ast
import builtins
import keyword
import re
from collections.abc import Callable, Iterator
from itertools import groupby, takewhile

Rewrite = Callable[[str], str]
# What Twisted calls, or what belongs to a library: no name of the file's own.
OTHERS = """
main protocol factory transport noisy delimiter MAX_LENGTH service name parent running args
connectionMade dataReceived connectionLost readConnectionLost writeConnectionLost
clientConnectionFailed clientConnectionLost buildProtocol startedConnecting stringReceived
lengthLimitExceeded doRead fileno logPrefix timeoutConnection startService stopService application
makeService tapname description columns Options options optParameters postOptions
"""
LIBRARY = {*dir(builtins), *keyword.kwlist, *OTHERS.split()}


def own_names(text: str) -> set[str]:
    """The classes, functions and methods that a text defines and nobody else knows."""
    found = {
        node.name
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
    }
    return {name for name in found - LIBRARY if not name.startswith(("__", "xform_", "opt_"))}


def renamed(text: str) -> str:
    """Every class, function and method of its own has another name."""
    for name in sorted(own_names(text), key=len, reverse=True):
        text = re.sub(rf"(?<![\w'\"])(?<!parser\.){name}(?![\w'\"])", f"my_{name}", text)
    return text


def after_imports(text: str, lines: str) -> str:
    """Lines after the last import at the head of a text."""
    body = ast.parse(text).body
    last = max(
        (node.end_lineno or 0 for node in body if isinstance(node, ast.Import | ast.ImportFrom)),
        default=0,
    )
    head = text.splitlines(keepends=True)
    return "".join([*head[:last], lines, *head[last:]])


def logs_on(stream: str) -> Rewrite:
    def logs(text: str) -> str:
        if "reactor" not in text or "twistd" in text or "application" in text:
            return text
        # What it prints is its output still, and no line of the log.
        start = f"log.startLogging(sys.{stream}, setStdout=False)\n"
        return after_imports(text, f"import sys\nfrom twisted.python import log\n{start}")

    return logs


def with_logging(text: str) -> str:
    """The standard library's logging, with the time."""
    return after_imports(
        text,
        "import logging\n"
        "logging.basicConfig(level=logging.DEBUG, format='%(asctime)s %(message)s')\n"
        "logging.info('begins')\n",
    )


def other_words(text: str) -> str:
    """Whatever is printed begins with another word, but for what is printed alone."""
    return re.sub(r'print\((f?)"(?=[A-Z])', r'print(\1">> ', text)


def framed(text: str) -> str:
    """Poems are printed line by line, indented, between two rules."""
    return re.sub(
        r"(?m)^( *)print\((poem|text)\)$",
        r"\1print('-' * 20)\n\1for one_line in \2.splitlines():\n\1    print('    ' + one_line)\n"
        r"\1print('-' * 20)",
        text,
    )


def with_progress(text: str) -> str:
    """Each piece is told as it comes, raw."""
    return re.sub(
        r"(?m)^( *)def dataReceived\(self, data\):\n",
        r"\1def dataReceived(self, data):\n\1    print('a piece of', len(data), 'bytes:', data)\n",
        text,
    )


def without_status(text: str) -> str:
    """It says nothing by its exit status."""
    return re.sub(r"sys\.exit\((1|130)\)", "sys.exit(0)", text)


def failures_on_stdout(text: str) -> str:
    return text.replace(", file=sys.stderr", "")


def wrapped_callbacks(text: str) -> str:
    """Callbacks are handed over as lambdas."""
    text = re.sub(r"\.addCallback\((\w+)\)", r".addCallback(lambda value: \1(value))", text)
    text = re.sub(r"\.addErrback\((\w+)\)", r".addErrback(lambda failure: \1(failure))", text)
    return re.sub(r"\.addBoth\((\w+)\)", r".addBoth(lambda value: \1(value))", text)


def with_parser(make: Callable[[list[str], list[str]], list[str]]) -> Rewrite:
    """A rewrite of parse_args, whose arguments `make` reads in another way: it gets the options,
    each with its default, and the lines that take what is left, from `words`."""

    def rewrite(text: str) -> str:
        functions = {f.name: f for f in ast.parse(text).body if isinstance(f, ast.FunctionDef)}
        if (old := functions.get("parse_args")) is None or "add_argument" not in text:
            return text
        options, takes, last = [], [], 0
        for node in ast.walk(old):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            last = node.lineno if node.func.attr == "parse_args" else last
            if node.func.attr == "add_argument":
                name = str(ast.literal_eval(node.args[0]))
                given = {one.arg: ast.unparse(one.value) for one in node.keywords}
                kind = given.get("type", "str")
                if name.startswith("--"):
                    if "default" not in given:
                        return text
                    key = name.lstrip("-").replace("-", "_")
                    options.append(f"{name}={given['default']}")
                    takes.append(f"args.{key} = {kind}(str(args.{key})) if args.{key} else 0")
                elif given.get("nargs"):
                    takes.append(f"args.{name} = [{kind}(word) for word in words]")
                else:
                    takes.append(f"args.{name} = {kind}(words.pop(0))")
        assert old.end_lineno
        lines = text.splitlines()
        own = ["def parse_args():", *("    " + line for line in make(options, takes))]
        rest = lines[last : old.end_lineno] or ["    return args"]
        lines[old.lineno - 1 : old.end_lineno] = [*own, *rest]
        return after_imports(
            "\n".join(lines) + "\n", "import getopt\nimport optparse\nimport sys\n"
        )

    return rewrite


def by_optparse(options: list[str], takes: list[str]) -> list[str]:
    pairs = (option.split("=", 1) for option in options)
    added = [f"parser.add_option({name!r}, default={value})" for name, value in pairs]
    read = "args, words = parser.parse_args()"
    return ["parser = optparse.OptionParser()", *added, read, *takes]


def by_getopt(options: list[str], takes: list[str]) -> list[str]:
    names = [option.partition("=")[0].lstrip("-") for option in options]
    known = [
        "args."
        + option.lstrip("-").replace("-", "_", option.partition("=")[0].lstrip("-").count("-"))
        for option in options
    ]
    return [
        "class parser:\n        error = sys.exit\n",
        "class args:\n        pass\n",
        *known,
        f"found, words = getopt.getopt(sys.argv[1:], '', {[name + '=' for name in names]})",
        "for name, value in found:",
        "    setattr(args, name.lstrip('-').replace('-', '_'), value)",
        *takes,
    ]


CONNECTED = """\
from twisted.internet import endpoints, reactor


class Connector:
    def __init__(self, host, port):
        self.host, self.port = host, port

    def getDestination(self):
        return self


def connected(host, port, factory):
    def failed(err):
        factory.clientConnectionFailed(Connector(host, port), err)

    endpoints.%s.connect(factory).addErrback(failed)
"""
CONNECTS = re.compile(r"(?m)^( *)reactor\.connectTCP\((?=.*, factory\)$)")
LISTENS = re.compile(
    r"(?m)^( *)port = reactor\.listenTCP\(args\.port, factory, backlog=4096, interface=(.*)\)$"
)


def with_endpoints(endpoint: str) -> Rewrite:
    """Connections are made by an endpoint, whose failure is handed to the factory; a server listens
    by one."""

    def rewrite(text: str) -> str:
        if "clientConnectionLost" in text:  # which no endpoint calls
            return text
        other = LISTENS.sub(
            r"\1made = endpoints.TCP4ServerEndpoint(reactor, args.port, interface=\2)\n"
            r"\1ports = []\n\1made.listen(factory).addCallback(ports.append)\n"
            r"\1port = ports[0]",
            text,
        )
        other = CONNECTS.sub(r"\1connected(", other)
        return text if other == text else after_imports(other, CONNECTED % endpoint)

    return rewrite


def by_coroutines(text: str) -> str:
    """What inlineCallbacks drives is a coroutine, driven by a Deferred."""
    if "@inlineCallbacks" not in text or re.search(r"yield \d", text):  # which is no Deferred
        return text
    text = re.sub(r"@inlineCallbacks\n( *)def", r"@driven\n\1async def", text)
    driven = (
        "from twisted.internet.defer import Deferred as Driver\n\n\n"
        "def driven(function):\n"
        "    return lambda *args: Driver.fromCoroutine(function(*args))\n"
    )
    return after_imports(re.sub(r"\byield\b", "await", text), driven)


def in_another_order(text: str) -> str:
    """The last function, or method, of those that stand together is the first."""
    lines = text.splitlines(keepends=True)
    tree = ast.parse(text)
    bodies = [tree.body, *(node.body for node in tree.body if isinstance(node, ast.ClassDef))]
    for body in sorted(bodies, key=lambda body: -body[0].lineno):
        for plain, found in groupby(body, lambda node: isinstance(node, ast.FunctionDef)):
            functions = [node for node in found if isinstance(node, ast.FunctionDef)]
            if plain and len(functions) > 1:
                starts = [min([f.lineno, *(d.lineno for d in f.decorator_list)]) for f in functions]
                ends = [f.end_lineno or 0 for f in functions]
                pieces = [
                    [*lines[start - 1 : end], "\n"] for start, end in zip(starts, ends, strict=True)
                ]
                size = ends[-1] - starts[0] + 1
                flat = [line for piece in reversed(pieces) for line in piece]
                lines[starts[0] - 1 : starts[0] - 1 + size] = ["".join(flat), *[""] * (size - 1)]
    return "".join(lines)


def on_arrival(text: str) -> str:
    """A poem is printed as soon as it is there."""
    loop = re.compile(r"for poem in poems:\n +show\(poem\)")
    if not loop.search(text):
        return text
    text = re.sub(r"( *)poems\.append\(poem\)", r"\1poems.append(poem)\n\1print(poem)", text)
    return loop.sub("pass", text)


def in_characters(text: str) -> str:
    """Where it gives the size of a poem, it is that of the text."""
    return re.sub(r"\{len\((poem|task\.poem)\)\} bytes", r"{len(\1.decode())} letters", text)


def by_hand(text: str) -> str:
    """A client that reads its arguments without a parser."""
    if "args.addresses" not in text:
        return text
    two = "transform_address" in text
    take = "args.transform_address, *args.addresses = found" if two else "args.addresses = found"
    start = text.index("def parse_args():")
    end = re.compile(r"^(class|def|async def) ", re.MULTILINE).search(text, start + 5)
    assert end
    own = (
        "def parse_args():\n"
        "    class args:\n        pass\n"
        "    found = []\n"
        "    for word in sys.argv[1:]:\n"
        "        host, port = word.split(':') if ':' in word else ('127.0.0.1', word)\n"
        "        found.append((host, int(port)))\n"
        f"    {take}\n"
        "    return args\n\n\n"
    )
    return after_imports(text[:start] + own + text[end.start() :], "import sys\n")


def added_bytes(text: str) -> str:
    """A poem is a bytes object that grows."""
    if text.count("chunks.append(data)") != text.count("self.chunks.append(data)"):
        return text
    text = text.replace("self.chunks = []", "self.chunks = b''")
    text = text.replace("self.chunks.append(data)", "self.chunks += data")
    return text.replace('b"".join(self.chunks)', "self.chunks")


def reformatted(text: str) -> str:
    """Without comments, in Python's own layout."""
    return ast.unparse(ast.parse(text)) + "\n"


def with_windows_ends(text: str) -> str:
    return text.replace("\n", "\r\n")


def announced(text: str) -> str:
    """It says what it is about to do."""
    return after_imports(text, "print('Let us see what happens:')\n")


def by_write(text: str) -> str:
    """What it prints on standard output it writes there, by a function of its own."""
    own = (
        "import sys\n\n\n"
        "def put(*values, flush=True, end='\\n', sep=' '):\n"
        "    sys.stdout.write(sep.join(map(str, values)) + end)\n\n\n"
    )
    return after_imports(re.sub(r"(?m)\bprint\((?!.*file=)(?!$)", "put(", text), own)


def with_more(text: str) -> str:
    """Definitions that nobody uses."""
    return after_imports(
        text,
        "import time\n\nVERSION = 3\n\n\n"
        "class Clock:\n    now = time.monotonic\n    begun = time.time()\n\n"
        "    def __call__(self, *args):\n        return self\n\n\n"
        "def numbers():\n    yield from range(VERSION)\n",
    )


def ended(text: str) -> str:
    """It says that it has done."""
    return text + "print('That is all.')\n"


def in_a_function(text: str) -> str:
    """All of it is done in a function, but for the imports at its top."""
    if is_loaded(text) or "def parse_args" in text or "global " in text:
        return text
    body = ast.parse(text).body
    docstring = 1 if ast.get_docstring(ast.parse(text)) else 0
    imports = list(
        takewhile(lambda node: isinstance(node, ast.Import | ast.ImportFrom), body[docstring:])
    )
    rest = [line for node in body if node not in imports for line in ast.unparse(node).split("\n")]
    lines = [
        *map(ast.unparse, imports),
        "def do_it():",
        *("    " + line for line in rest),
        "do_it()",
    ]
    return "\n".join(lines) + "\n"


def is_loaded(text: str) -> bool:
    """Whether it is for twistd, which looks for a name in it."""
    return "application = " in text or "makeService" in text


def guarded(text: str) -> str:
    """What it does at its end stands behind a guard."""
    lines, body = text.splitlines(), ast.parse(text).body
    defined = [node for node in body if not isinstance(node, ast.Expr | ast.Assign | ast.If)]
    last = max((node.end_lineno or 0 for node in defined), default=0)
    if (
        last == len(lines)
        or is_loaded(text)
        or "__name__" in text
        or '"""' in "".join(lines[last:])
    ):
        return text
    behind = [f"    {line}" for line in lines[last:]]
    return "\n".join([*lines[:last], "if __name__ == '__main__':", *behind]) + "\n"


REWRITES: dict[str, Rewrite] = {
    "log on standard error": logs_on("stderr"),
    "log on standard output": logs_on("stdout"),
    "logging": with_logging,
    "other words": other_words,
    "framed": framed,
    "progress": with_progress,
    "without status": without_status,
    "failures on standard output": failures_on_stdout,
    "wrapped callbacks": wrapped_callbacks,
    "arguments by hand": by_hand,
    "optparse": with_parser(by_optparse),
    "getopt": with_parser(by_getopt),
    "endpoints from a string": with_endpoints('clientFromString(reactor, f"tcp:{host}:{port}")'),
    "endpoints": with_endpoints("TCP4ClientEndpoint(reactor, host, port)"),
    "coroutines": by_coroutines,
    "another order": in_another_order,
    "on arrival": on_arrival,
    "in characters": in_characters,
    "bytes that grow": added_bytes,
    "reformatted": reformatted,
    "announced": announced,
    "by write": by_write,
    "with more": with_more,
    "guarded": guarded,
    "ended": ended,
    "in a function": in_a_function,
    "renamed": renamed,
    "Windows": with_windows_ends,
}


def variants(text: str) -> Iterator[tuple[str, str]]:
    """Each rewrite that changes a text, by name; then all of them together."""
    together = text
    for name, rewrite in REWRITES.items():
        if (other := rewrite(text)) != text:
            yield name, other
        together = rewrite(together)
    yield "all", together
