"""What every client of parts 2 and 4 does alike."""

import subprocess
import sys
from typing import Any

import pytest

from companion.peers.script import fast, slow
from companion.processes.build import command_of
from companion.tutorial.poems import Poem, find_poem, load_poems
from companion.tutorial.stages import ROOT, load_map
from companion.virtual.run import run_virtual
from tests.helpers.keeping import digest

STAGES = load_map()
POEMS = load_poems()
# The long poem travels by itself: beside it each of the others would wait with it.
ALONE = [find_poem("paradise")]
TOGETHER = [poem for poem in POEMS if poem not in ALONE]
SHORTEST = [poem for poem in POEMS if len(poem.data) < 300]
CUTS = [
    ("the shortest", SHORTEST, 1),
    *(
        (name, poems, num_bytes)
        for name, poems in (("the long poem", ALONE), ("the rest", TOGETHER))
        for num_bytes in (1, 7, 10)
    ),
]
MANY = 2000  # pieces: so many very small steps are for make test-slow
FASCINATION = find_poem("fascination").data
NO_PORT = "argument ADDRESS: '{}' is not a port from 1 to 65535"
WRONG = {
    (): "the following arguments are required: ADDRESS",
    ("0",): NO_PORT.format("0"),
    ("99999",): NO_PORT.format("99999"),
    ("abc",): NO_PORT.format("abc"),
    ("²",): NO_PORT.format("²"),
    ("localhost:",): NO_PORT.format(""),
    ("10000", "1e4"): NO_PORT.format("1e4"),
}


def size_of(poems: list[Poem]) -> int:
    return sum(len(poem.data) for poem in poems)


every_cut = pytest.mark.parametrize(
    ("poems", "num_bytes"),
    [
        pytest.param(
            poems,
            num_bytes,
            id=f"{name}-{num_bytes}",
            marks=pytest.mark.slow if size_of(poems) > MANY * num_bytes else (),
        )
        for name, poems, num_bytes in CUTS
    ],
)
wrong_usage = pytest.mark.parametrize("args", WRONG, ids=lambda args: " ".join(args) or "nothing")


def check_poems(stage: str, poems: list[Poem], num_bytes: int) -> None:
    """The stage keeps every poem to the byte, however it is cut."""
    places = [f"{{{number}}}" for number in range(1, len(poems) + 1)]
    run = run_virtual(
        "tests/helpers/keeping.py",
        [STAGES.by_id[stage].path, *places],
        scripts=[slow(poem.data, num_bytes) for poem in poems],
        limit=30,
        events=False,
    )
    kept = [line for line in run.stdout.splitlines() if line.startswith("kept ")]
    assert kept == [f"kept {digest(poem.data)}" for poem in poems]
    assert (run.status, run.stderr) == (0, "")


def check_usage(stage: str, args: tuple[str, ...]) -> None:
    """argparse's own usage and error, status 2, and no connection."""
    name = STAGES.by_id[stage].file.name
    run = run_virtual(stage, args, scripts=[fast(b"a poem")])
    assert (run.status, run.stdout) == (2, "")
    assert run.stderr == (
        f"usage: {name} [-h] ADDRESS [ADDRESS ...]\n{name}: error: {WRONG[args]}\n"
    )
    assert not [event for event in run.events if event.kind == "open"]


def real(stage: str, *args: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run the stage as a true process."""
    return subprocess.run(
        command_of(STAGES.by_id[stage], args),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
        **options,
    )


def one_connection_after_another(
    stage: str, count: int, descriptors: int
) -> subprocess.CompletedProcess[str]:
    """Run the stage for `count` poems with so many descriptors; one process serves all poems."""
    code = (
        "import socket, sys\n"
        "listening = socket.create_server(('127.0.0.1', 0), backlog=4096)\n"
        "print(listening.getsockname()[1], flush=True)\n"
        "while True:\n"
        "    sock, _ = listening.accept()\n"
        "    sock.sendall(b'a poem')\n"
        "    sock.close()\n"
    )
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout
            port = server.stdout.readline().strip()
            path = STAGES.by_id[stage].file
            limited = (
                "import os, resource, sys\n"
                f"resource.setrlimit(resource.RLIMIT_NOFILE, ({descriptors}, {descriptors}))\n"
                "os.execv(sys.executable, [sys.executable, *sys.argv[1:]])\n"
            )
            return subprocess.run(
                [sys.executable, "-c", limited, str(path), *[port] * count],
                capture_output=True,
                text=True,
                timeout=30,
                check=False,
            )
        finally:
            server.kill()
