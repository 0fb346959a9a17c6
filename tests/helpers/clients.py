"""The clients with a Protocol, from part 5 on, in simulated time, as tests of faults run them."""

import errno
import os
from typing import Any

from companion.peers import script
from companion.peers.scenario import Scenario
from companion.peers.script import UNKNOWN_HOST, Script
from companion.tutorial.stages import load_map
from companion.virtual.run import Run, play

STAGES = load_map()
EVERY = [
    stage.id for stage in STAGES.stages if stage.kind == "client" and "protocol" in stage.lesson
]
# Those that print poems, and those of them that are right whatever becomes of a connection.
PRINTING = [client for client in EVERY if "counts" not in STAGES.find(client).traits]
SOUND = [client for client in EVERY if "trusts" not in STAGES.find(client).traits]
TRANSFORMING = [client for client in EVERY if STAGES.find(client).transforms]
# Those that wait for ever where a server goes silent.
PATIENT = [client for client in EVERY if "timeout" not in STAGES.find(client).lesson]
RANDOM = [client for client in EVERY if "chance" in STAGES.find(client).traits]

FAILED = {5: "Failed to connect to ", 6: "Poem failed: ", 8: "Poem failed: "}
REFUSED = (
    "Connection was refused by other side: "
    f"{errno.ECONNREFUSED}: {os.strerror(errno.ECONNREFUSED)}."
)
UNKNOWN = f"DNS lookup failed: {UNKNOWN_HOST}."
# What an endpoint says, as client 9.0 has it.
BY_ENDPOINT = {UNKNOWN: f"DNS lookup failed: no results for hostname lookup: {UNKNOWN_HOST}."}
RESET = "Connection to the other side was lost in a non-clean fashion."
NOT_DECODED = "'utf-8' codec can't decode byte 0xe9 in position 3: unexpected end of data"
LATIN_1 = "café".encode("latin-1")
CUMMINGSIFY_FAILED = "Cummingsify failed!\n"


def fetch(
    client: str,
    *servers: Script,
    transform: Script | None = None,
    limit: float = 10.0,
    **options: Any,
) -> Run:
    """Run a client over these poetry servers; a client with a transform server gets that too.

    Client 5's engine succeeds, if the options do not say otherwise.
    """
    options.setdefault("choices", ["success"])
    if client in TRANSFORMING:
        servers = (transform or script.transform(), *servers)
    return play(client, Scenario(servers=servers, **options), limit=limit)


def address(client: str, number: int, host: str = "127.0.0.1") -> str:
    """The address of the poetry server of this number, from 1."""
    return f"{host}:{script.FIRST_PORT + number - 1 + (client in TRANSFORMING)}"


def failure(client: str, number: int, cause: str, host: str = "127.0.0.1") -> str:
    """The line that tells why the poem of this server failed."""
    words = FAILED.get(STAGES.find(client).part, "The poem download failed: ")
    if "Endpoint" in STAGES.find(client).file.read_text():
        cause = BY_ENDPOINT.get(cause, cause)
    return f"{words}{address(client, number, host)}: {cause}\n"


def printed(client: str, *poems: str) -> str:
    """Poems as a client prints them: from part 10 on in lower case."""
    lower = STAGES.find(client).part >= 10
    return "".join(f"{poem.lower() if lower else poem}\n" for poem in poems)


def outcome(run: Run) -> tuple[str, str, int]:
    """All that a shell sees of a run, which must have come to its end by itself."""
    assert run.how == "exit", run.ended
    return run.stdout, run.stderr, run.status
