"""Break each client in several ways, in a copy of the tree, and see that its tests fail.

    python -m tests.helpers.break_clients [CLIENT]...

By hand, for it takes minutes. Prints each change that no test has noticed; then its status is 1.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from companion.tutorial.stages import ROOT
from tests.helpers.clients import EVERY, RANDOM, STAGES, TRANSFORMING

FILES = (
    "test_network_clients",
    "test_client_transforms",
    "test_client_outputs",
    "test_client_flaws",
    "test_clients_live",
    "test_part_22",
)
LEFT_OUT = shutil.ignore_patterns(".*", "__pycache__", "_trial_temp*", "build", "bench")
# Old text, new text, and more such pairs where one change takes several.
Change = tuple[str, ...]
ALL: list[Change] = [
    ("0 < int(text) < 65536", "0 < int(text) < 99999"),
    ("text.isascii() and ", ""),
    ('    host.encode("idna")', '    host.encode()'),
    ('host or "127.0.0.1"', 'host or "localhost.invalid"'),
    ("sys.exit(1)", "sys.exit(0)"),
    ('(errors="backslashreplace")', "()"),
    (", flush=True", ""),
    ("if not isinstance(err, BrokenPipeError):", "if True:"),
    ("os._exit(1)", "pass"),
    ("if len(poems) < len(args.addresses):", "if False:"),
    ("self.chunks.append(data)", 'self.chunks.append(data.decode(errors="replace").encode())'),
    ("self.chunks.append(data)", "self.chunks.append(data.strip())"),
    (
        "self.chunks = []", 'self.chunks = b""',
        "self.chunks.append(data)", "self.chunks += data",
        'b"".join(self.chunks)', "self.chunks",
    ),
]  # fmt: skip
CLIENT_2: list[Change] = [
    ("if reactor.running:  # or", "if True:  # or"),
    ("        self.poem_finished()", "        pass"),
    ("{to.host}:{to.port}: ", ""),
    ("            file=sys.stderr,\n", ""),
    ("            self.report()\n", ""),
    ("if reactor.running:  # or else we", "if reason.check(OSError) is None:  # or else we"),
]
CLIENT_3: list[Change] = [
    ("if reactor.running:  # or", "if True:  # or"),
    ("self.callback(poem)", "reactor.callLater(1, self.callback, poem)"),
    ("poem.decode()", "poem.decode(errors='replace')"),
    ("            reactor.stop()", "            pass"),
]
SOUND: list[Change] = [
    ("if reason.check(ConnectionDone):", "if True:"),
    ("except UnicodeDecodeError:", "except KeyError:"),
    ("poem.decode()", "poem.decode(errors='replace')"),
    ("if reactor.running:  # or else", "if True:  # or else"),
    ("{host}:{port}: ", "{host}: "),
    ("file=sys.stderr", "file=sys.stdout"),
    ("    def clientConnectionFailed(self", "    def clientConnectionFail(self"),
    ("    show(poem)", "    show(poem.strip())"),
    ("            reactor.stop()", "            pass"),
]
RANDOMLY: list[Change] = [
    ("return poem.lower()", "return poem"),
    ('            show("Cummingsify failed!")\n', ""),
    ('show("Cummingsify failed!")', 'print("Cummingsify failed!", file=sys.stderr)'),
]
TRANSFORM: list[Change] = [
    ("clientConnectionFailed = clientConnectionLost", "pass"),
    (
        "    def clientConnectionLost(self", "    def clientConnectionFailed(self",
        "    clientConnectionFailed = clientConnectionLost\n", "",
    ),
    ('show("Cummingsify failed!")', 'print("Cummingsify failed!", file=sys.stderr)'),
    (".addCallback(bytes.decode)", ".addCallback(lambda reply: reply.decode(errors='replace'))"),
    ("if not reactor.running:", "if False:"),
    ('f"{name}.{poem}"', 'f"{poem}.{name}"'),
    ("self.sendString(self.factory.request)", "self.transport.write(self.factory.request)"),
    ("return factory.deferred", "return Deferred()"),
]  # fmt: skip
OWN: dict[str, list[Change]] = {
    "client-2.0": [
        ("poem_finished(self.task_num, poem)", "poem_finished(1, poem)"),
        ("got {len(data)} bytes", "got {len(self.chunks)} bytes"),
    ],
    "client-5.0": [("        except GibberishError:\n            raise\n", "")],
    "client-5.1": [
        ("if err.check(CannotCummingsify):", "if True:"),
        ("return err.value.args[0]", "return err.value.args[0].lower()"),
        ("        return err\n", ""),
    ],
    "client-6.0": [
        ("\n            return poem\n\n        return proxy", "\n\n        return proxy")
    ],
    "client-7.0": [("            raise\n        try", "            poem = ''\n        try")],
    "client-8.0": [
        ("            raise\n        try", "            poem = ''\n        try"),
        ("consumeErrors=True", "consumeErrors=True, fireOnOneCallback=True"),
        ("consumeErrors=True", "consumeErrors=False"),
        ("        deferreds.append(d)\n", "        deferreds[:] = [d]\n"),
    ],
    "client-9.0": [
        ("        self.resetTimeout()\n", ""),
        ("        self.setTimeout(None)\n", ""),
        ("self.transport.abortConnection()", "self.transport.loseConnection()"),
        ("elif reason.check(ConnectionAborted):", "elif False:"),
        (
            "        self.sendString(self.request)\n        self.setTimeout(TIMEOUT)",
            "        self.sendString(self.request)",
        ),
        ("        self.transport.loseConnection()\n", ""),
        ("        self.chunks = []\n        self.setTimeout(TIMEOUT)", "        self.chunks = []"),
        ('reactor.addSystemEventTrigger("after", "shutdown", all_done.cancel)', "pass"),
        ("consumeErrors=True", "consumeErrors=True, fireOnOneCallback=True"),
    ],
}


def changes(client: str) -> Iterator[Change]:
    stage = STAGES.find(client)
    yield from ALL
    yield from CLIENT_2 if stage.part == 5 else CLIENT_3 if client == "client-3.0" else SOUND
    yield from RANDOMLY if client in RANDOM else TRANSFORM if client in TRANSFORMING else []
    yield from OWN.get(client, [])


def broken(text: str, change: Change) -> str:
    for old, new in zip(change[::2], change[1::2], strict=True):
        text = text.replace(old, new)
    return text


def noticed(copy: Path, client: str) -> bool:
    """Whether a test of this client fails in the copy."""
    words = f"{client} or {client.partition('.')[0].replace('-', '_')}"
    tests = [f"tests/stages/{name}.py" for name in FILES]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-k", words, *tests],
        cwd=copy,
        env={**os.environ, "PYTHONPATH": str(copy)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode not in (0, 1):
        raise SystemExit(f"the tests do not run:\n{done.stdout}{done.stderr}")
    return done.returncode == 1


def main(clients: list[str]) -> int:
    made = unnoticed = 0
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "tree")
        shutil.copytree(ROOT, copy, ignore=LEFT_OUT)
        for client in clients or EVERY:
            path = copy / STAGES.find(client).path
            text = path.read_text(encoding="utf-8")
            if noticed(copy, client):
                raise SystemExit(f"{client}: its tests fail as it is")
            for change in changes(client):
                if (other := broken(text, change)) == text:
                    continue
                made += 1
                path.write_text(other, encoding="utf-8")
                if not noticed(copy, client):
                    unnoticed += 1
                    print(f"{client}: not noticed: {change[0]!r} -> {change[1]!r}", flush=True)
            path.write_text(text, encoding="utf-8")
            print(f"{client}: done", flush=True)
    print(f"{made} changes made, {unnoticed} not noticed")
    return bool(unnoticed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
