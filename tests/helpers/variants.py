"""Right variants of a stage: programs that do the same, as other people would write it.

Each function takes a stage's text, and gives another that is as right by the tutorial, or the same
where it finds nothing to rewrite.
"""

import ast
import builtins
import keyword
import re
from collections.abc import Callable, Iterator

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
    "bytes that grow": added_bytes,
    "renamed": renamed,
}


def variants(text: str) -> Iterator[tuple[str, str]]:
    """Each rewrite that changes a text, by name; then all of them together."""
    together = text
    for name, rewrite in REWRITES.items():
        if (other := rewrite(text)) != text:
            yield name, other
        together = rewrite(together)
    yield "all", together
