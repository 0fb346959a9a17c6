"""What every client that counts bytes does alike: those of parts 2 and 4, and of part 22."""

import pytest

from companion.event import Open
from companion.peers.scenario import Scenario
from companion.peers.script import fast, slow
from companion.tutorial.poems import Poem
from companion.virtual.run import play
from tests.helpers.early_clients import STAGES, every_cut
from tests.helpers.keeping import digest

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

each_client = pytest.mark.parametrize(
    "client",
    [
        *("blocking-client", "async-client", "client-1.0", "client-1.0-broken"),
        *("threaded-client", "asyncio-client"),
    ],
)


@each_client
@every_cut
def test_every_poem_is_kept_to_the_byte_however_it_is_cut(
    client: str, poems: list[Poem], num_bytes: int
) -> None:
    places = [f"{{{number}}}" for number in range(1, len(poems) + 1)]
    run = play(
        "tests/helpers/keeping.py",
        Scenario(
            args=[STAGES.by_id[client].path, *places],
            servers=[slow(poem.data, num_bytes) for poem in poems],
            events=False,
        ),
        limit=30,
    )
    kept = [line for line in run.stdout.splitlines() if line.startswith("kept ")]
    assert kept == [f"kept {digest(poem.data)}" for poem in poems]
    assert (run.status, run.stderr) == (0, "")


@each_client
@pytest.mark.parametrize("args", WRONG, ids=lambda args: " ".join(args) or "nothing")
def test_wrong_usage_is_refused_by_argparse_and_nothing_is_connected_to(
    client: str, args: tuple[str, ...]
) -> None:
    name = STAGES.by_id[client].file.name
    run = play(client, Scenario(args=args, servers=[fast(b"a poem")]))
    assert (run.status, run.stdout) == (2, "")
    assert run.stderr == (
        f"usage: {name} [-h] ADDRESS [ADDRESS ...]\n{name}: error: {WRONG[args]}\n"
    )
    assert not run.of(Open)
