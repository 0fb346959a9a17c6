"""What every client of parts 2 and 4 does alike."""

import subprocess
import sys
from typing import Any

import pytest

from companion.processes.build import command_of
from companion.tutorial.poems import Poem, find_poem, load_poems
from companion.tutorial.stages import ROOT, load_map

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
