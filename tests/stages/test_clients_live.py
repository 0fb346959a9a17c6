"""A sample of the clients' faults in real time, beside those in simulated time."""

import socket
import sys
import time

import pytest

from companion.peers import script
from companion.peers.scenario import Scenario
from companion.peers.script import CLOSE
from companion.tutorial.stages import ROOT
from companion.virtual import real
from tests.helpers import native
from tests.helpers.clients import (
    EVERY,
    LATIN_1,
    NOT_DECODED,
    REFUSED,
    RESET,
    SOUND,
    STAGES,
    TRANSFORMING,
    printed,
)
from tests.helpers.native import interrupt, serving, serving_ipv6, started

pytestmark = pytest.mark.slow
POEM = "Nel mezzo del cammin\r\n不覺曉\n"
FAULTS = {
    script.refused(): REFUSED,
    script.reset_at(POEM.encode(), 14, 7, 0.2): RESET,
    script.fast(LATIN_1): NOT_DECODED,
}


def command(client: str) -> list[str]:
    return [sys.executable, str(ROOT / STAGES.find(client).path)]


def check(client: str, ports: list[str], result: tuple[int, str, str]) -> None:
    """The poem of the first port, and a line for each of the others."""
    status, stdout, stderr = result
    failed = "Cummingsify failed!\n" if client in TRANSFORMING else ""
    text = f"{POEM}\n" if client in TRANSFORMING else printed(client, POEM)
    assert (stdout, status) == (f"{failed}{text}", 1)
    told = [line.partition("127.0.0.1:")[2] for line in stderr.splitlines()]
    causes = zip(ports[1:], FAULTS.values(), strict=True)
    assert sorted(told) == sorted(f"{port}: {cause}" for port, cause in causes)


@pytest.mark.parametrize("client", SOUND)
async def test_in_real_time_too_each_fault_is_told_and_the_poem_arrives(client: str) -> None:
    servers = [script.slow(POEM.encode(), 7, 0.02), *FAULTS]
    nobody = [script.refused()] * (client in TRANSFORMING)  # in the transform server's place
    run = await real.play(client, Scenario([*nobody, *servers], choices=["success"]))
    check(client, list(run.argv[-len(servers) :]), (run.status, run.stdout, run.stderr))


@pytest.mark.parametrize(
    "client",
    [
        *("blocking-client", "async-client", "client-1.0", "client-1.0-broken", *EVERY),
        *("threaded-client", "asyncio-client"),
    ],
)
async def test_an_ipv6_address_stands_in_brackets(client: str) -> None:
    nobody = ["{1}"] * (client in TRANSFORMING)
    with serving_ipv6(POEM.encode()) as address:
        scenario = Scenario([script.refused()], args=[*nobody, address], choices=["success"])
        run = await real.play(client, scenario)
    assert (run.how, run.status, run.stderr) == ("exit", 0, "")
    poem = POEM if client in TRANSFORMING else printed(client, POEM).strip()
    assert poem.strip() in run.stdout or f"{len(POEM.encode())} bytes of poetry" in run.stdout


def test_a_poem_is_to_the_byte_in_a_locale_that_is_not_utf_8() -> None:
    client = "client-4.0"
    with serving(script.slow(POEM.encode(), 7, 0.01), *FAULTS) as ports:
        status, stdout, stderr = native.run(command(client), *ports, locale={"LC_ALL": "POSIX"})
        check(client, ports, (status, stdout.decode(), stderr))


def test_beside_one_that_never_stops_a_slow_poem_arrives_and_ctrl_c_ends_it() -> None:
    flood = script.endless(b"la la la " * 50, 0.0)
    with serving(flood) as ports, socket.create_server(("127.0.0.1", 0)) as slow:
        slow.settimeout(20)
        ports.append(str(slow.getsockname()[1]))
        with started(command("client-4.0"), *ports) as process:
            connection, _ = slow.accept()
            with connection:
                for piece in (b"ca", b"lm"):
                    time.sleep(0.1)
                    connection.sendall(piece)
            time.sleep(0.3)  # many times what it needs between two pieces of the flood
            status, output, errors, seconds = interrupt(process)
    assert (status, output, errors) == (1, b"calm\n", b"")
    assert seconds < 2


def test_ctrl_c_while_a_transform_is_under_way_ends_a_true_process_without_a_word() -> None:
    poem = script.fast(b"POEM"), script.schedule((0.0, b"half"), (20.0, CLOSE))
    with serving(*poem) as ports, socket.create_server(("127.0.0.1", 0)) as transform:
        transform.settimeout(20)
        port = str(transform.getsockname()[1])
        with started(command("client-8.0"), port, *ports) as process:
            connection, _ = transform.accept()
            with connection:
                assert connection.recv(100) == b"16:cummingsify.POEM,"
                status, output, errors, seconds = interrupt(process)
    assert (status, output, errors) == (1, b"", b"")
    assert seconds < 2
