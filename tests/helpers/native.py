"""Clients in other languages, run as a reader runs them, beside scripted servers in threads."""

import fcntl
import os
import re
import resource
import shlex
import signal
import socket
import subprocess
import threading
import time
import tomllib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import pytest

from companion.peers import threads
from companion.peers.script import Script, fast
from companion.processes.build import RunError, command_of, missing_tools
from companion.tutorial.poems import find_poem
from companion.tutorial.stages import ROOT, load_map

LIMIT = 20.0  # seconds that a client may run
LOCALES: tuple[dict[str, str], ...] = (
    {},
    {"LANG": "C"},
    {"LC_ALL": "POSIX"},
    {"LC_ALL": "C.UTF-8"},
)
# What follows the client's name, and the one line that refuses it.
NO_PORT = "get-poetry: '{}' is not a port from 1 to 65535\n"
WRONG = {
    (): "usage: get-poetry [host]:port ...\n",
    ("0",): NO_PORT.format("0"),
    ("10001", "99999"): NO_PORT.format("99999"),
    ("abc",): NO_PORT.format("abc"),
    ("localhost:²",): NO_PORT.format("²"),
    ("localhost:",): NO_PORT.format(""),
    ("+80",): NO_PORT.format("+80"),
}


def command(stage_id: str, shared: Path) -> list[str]:
    """What starts this stage; where it must be built, once for all that share this folder."""
    stage = load_map().find(stage_id)
    if missing := missing_tools(stage):
        pytest.skip(f"{stage_id} needs {', '.join(missing)}")
    with pytest.MonkeyPatch.context() as patch, (shared / f"{stage_id}.lock").open("w") as lock:
        patch.setenv("XDG_CACHE_HOME", str(shared / "cache"))
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            return command_of(stage)
        except RunError as err:
            if "Could not find module" in str(err):
                pytest.skip(str(err))
            raise


def shared_folder(factory: pytest.TempPathFactory) -> Path:
    """A folder that all workers of this session share."""
    base = factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


def poem(name: str) -> bytes:
    return find_poem(name).data


@contextmanager
def serving(*scripts: Script) -> Iterator[list[str]]:
    """Real servers for these scripts, to as many connections as come; gives their ports."""
    with threads.serving(*scripts) as servers:
        yield [str(server.port) for server in servers]


@contextmanager
def serving_ipv6(poem: bytes) -> Iterator[str]:
    """A server on ::1 that sends this poem to whoever comes; gives its address, in brackets."""
    try:
        listening = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError as err:
        pytest.skip(f"needs IPv6: {err}")
    with listening:
        accepting = partial(threads.accept, listening, fast(poem), [])
        threading.Thread(target=accepting, daemon=True).start()
        yield f"[::1]:{listening.getsockname()[1]}"
        listening.shutdown(socket.SHUT_RDWR)


@contextmanager
def crowd(count: int, data: bytes) -> Iterator[str]:
    """A server that holds count connections before it sends to any; gives its port."""
    files = resource.getrlimit(resource.RLIMIT_NOFILE)
    if files[1] < 4096:
        pytest.skip("needs 4,096 open files")

    def hold() -> None:
        with ExitStack() as held:
            try:
                socks = [held.enter_context(listening.accept()[0]) for _ in range(count)]
            except OSError:
                return  # the end of the test
            for sock in socks:
                sock.sendall(data)

    with socket.create_server(("127.0.0.1", 0), backlog=4096) as listening:
        resource.setrlimit(resource.RLIMIT_NOFILE, (4096, files[1]))
        thread = threading.Thread(target=hold, daemon=True)
        thread.start()
        try:
            yield str(listening.getsockname()[1])
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()
            resource.setrlimit(resource.RLIMIT_NOFILE, files)


def environment(locale: dict[str, str]) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **locale}


def run(
    client: list[str], *addresses: str, locale: dict[str, str] = LOCALES[0]
) -> tuple[int, bytes, str]:
    """Run a client to its end: its status, and what it prints on standard output and error."""
    done = subprocess.run(
        [*client, *addresses],
        env=environment(locale),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=LIMIT,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr.decode()


@contextmanager
def started(client: list[str], *addresses: str) -> Iterator[subprocess.Popen[bytes]]:
    """A client that runs, its output in pipes; killed at the end."""
    process = subprocess.Popen(
        [*client, *addresses],
        env=environment(LOCALES[0]),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def read_line(process: subprocess.Popen[bytes]) -> bytes:
    """A line of its standard output, once it is there; empty at the end."""
    assert process.stdout
    return process.stdout.readline()


def interrupt(process: subprocess.Popen[bytes]) -> tuple[int, bytes, bytes, float]:
    """Ctrl-C: the status, what is left in the two pipes, and the seconds until the end."""
    start = time.monotonic()
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=LIMIT)
    return process.returncode, output, errors, time.monotonic() - start


def type_line(line: str, folder: Path = ROOT) -> tuple[int, bytes, str]:
    """Type a line in a shell: its status, and what it prints on standard output and error."""
    return run(["/bin/sh", "-c", f"cd {shlex.quote(str(folder))} && {line}"])


def printed(part: int) -> list[tuple[list[str], list[str]]]:
    """What the reader types, for each time in this part, and what is then entered."""
    parts = tomllib.loads((ROOT / "parts.toml").read_text(encoding="utf-8"))["part"]
    (wanted,) = (entry for entry in parts if entry["number"] == part)
    return [(attempt["type"], attempt.get("enter", [])) for attempt in wanted["try"]]


def with_ports(line: str, ports: list[str]) -> str:
    """The line with these ports for the printed 10001, 10002 and so on."""
    return re.sub(r"\b100(\d\d)\b", lambda match: ports[int(match[1]) - 1], line)
