"""A program of the reader's own: what it is started with, and who is at the other end of it.

Its servers are found by its own connects: whoever listens nowhere on the map gets a slow poem, or
what `--serve` says. A program that listens gets clients: three readers, or those of `--client`.
"""

import ast
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from companion.peers import script
from companion.peers.scenario import Scenario
from companion.peers.script import CLOSE, END, RESET, Action, Client, Script, TimedAction
from companion.tutorial.poems import UnknownPoemError, find_poem
from companion.virtual.show import waiting_input

POEMS = "ecstasy", "fascination", "science"  # in turn, to whatever port is connected to
ENDS: dict[str, Action] = {"close": CLOSE, "reset": RESET, "end": END}
# Who comes to a program that listens, if nobody is typed, unless it is its own client.
GUESTS = tuple(Client(at, guest=True) for at in (0.1, 0.15, 0.2))
SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")


class OwnError(ValueError):
    """What is to be done to a program can't be read; the message is one line."""


def poem_server(name: str) -> Script:
    """A slow server of a poem, which serves all who come. Raises UnknownPoemError."""
    poem = find_poem(name)
    return replace(script.slow(poem.data, 30), poem=poem.name, one_at_a_time=False)


def served(text: str) -> Script:
    """PORT=POEM or PORT=FILE as a server: a poem slowly, a file at once. Raises OwnError."""
    port, _, what = text.partition("=")
    if not (port.isascii() and port.isdigit() and 0 < int(port) < 65536 and what):
        raise OwnError(f"--serve takes PORT=POEM or PORT=FILE, not {text!r}")
    try:
        one = poem_server(what)
    except UnknownPoemError as unknown:
        try:
            one = replace(script.fast(Path(what).read_bytes()), poem=Path(what).name)
        except FileNotFoundError:
            raise OwnError(f"--serve {text}: no such file, and {unknown}") from None
        except OSError as err:
            raise OwnError(f"--serve {text}: {err.strerror}") from None
    return replace(one, port=int(port))


def client(text: str) -> Client:
    r"""What a client does, as `SECONDS WHAT` again and again: WHAT is close, reset, end, or a text
    to send, with \n and its like. Raises OwnError."""
    words = shlex.shlex(text, posix=True, punctuation_chars=False)
    words.whitespace_split, words.escape, words.commenters = True, "", ""
    try:
        return Client(steps=tuple(steps_of(list(words))))
    except (ValueError, SyntaxError):
        raise OwnError(
            f"--client takes SECONDS WHAT pairs, as '0 hello\\r\\n 2 close', not {text!r}"
        ) from None


def steps_of(words: list[str]) -> Iterator[TimedAction]:
    """The steps of a client from pairs of words. Raises ValueError, and SyntaxError for a bad
    escape."""
    for seconds, what in zip(words[::2], words[1::2], strict=True):
        if not 0 <= float(seconds) < 1e6:
            raise ValueError
        if what in ENDS:
            yield float(seconds), ENDS[what]
        else:
            quoted = what.replace('"', '\\"')
            yield float(seconds), str(ast.literal_eval(f'"{quoted}"')).encode()


def signalled(text: str) -> tuple[float, str]:
    """SIGINT@2.5 as seconds and a name. Raises OwnError."""
    name, _, seconds = text.partition("@")
    try:
        t = float(seconds)
    except ValueError:
        t = -1.0
    if name not in SIGNALS or not 0 <= t < 1e6:
        raise OwnError(f"--signal takes NAME@SECONDS, as SIGINT@2.5, not {text!r}")
    return t, name


def own(
    args: tuple[str, ...],
    serve: Iterable[str],
    clients: Iterable[str],
    signals: Iterable[str],
    stdin: Path | None,
) -> Scenario:
    """The same as typed, in this folder. Raises OwnError."""
    servers = tuple(map(served, serve))
    if len({one.port for one in servers}) < len(servers):
        raise OwnError("two --serve have the same port")
    try:
        text = waiting_input() if stdin is None else stdin.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as err:
        raise OwnError(f"--stdin {stdin}: {getattr(err, 'strerror', None) or err}") from None
    return Scenario(
        servers,
        args,
        tuple(map(client, clients)) or GUESTS,
        others=tuple(map(poem_server, POEMS)),
        signals=tuple(map(signalled, signals)),
        stdin=text,
        folder=Path.cwd(),
    )
