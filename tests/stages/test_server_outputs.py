"""Servers and proxies whose standard output or error is gone."""

import os
from pathlib import Path

import pytest

from companion.peers import script
from companion.peers.scenario import Scenario
from companion.tutorial.poems import find_poem
from companion.virtual.run import Run, play
from tests.helpers import outputs
from tests.helpers.netstrings import netstring

POND = find_poem("pond").data
PROXIES = ["proxy-1.0", "proxy-2.0", "proxy-3.0"]
gone = pytest.mark.parametrize("probe", [outputs.LEFT, outputs.FULL])


def got(run: Run) -> list[tuple[bytes, str]]:
    """What each client has received, and how its connection ended."""
    assert run.stderr == ""
    return [(client.data, client.how) for client in run.clients]


@gone
@pytest.mark.parametrize("stage", ["slow-server", "fastpoetry-1.0"])
def test_a_server_whose_output_is_gone_serves_on(stage: str, probe: str) -> None:
    clients = [script.reader(), script.leaver(leave_at=10, at=20.0), script.reader(40.0)]
    run = play(stage, Scenario(args=["poetry/pond.txt"], clients=clients, probe=probe))
    first, _, last = got(run)
    assert (first, last) == ((POND, "done"), (POND, "done"))


@gone
def test_the_transform_server_whose_output_is_gone_answers_on(probe: str) -> None:
    requests = [b"no netstring", netstring(b"shout.A"), netstring(b"cummingsify.A")]
    clients = [script.sender(request, at=t) for t, request in enumerate(requests)]
    run = play("transform-server", Scenario(clients=clients, probe=probe))
    assert got(run) == [(b"", "done"), (b"", "done"), (netstring(b"a"), "done")]


@gone
@pytest.mark.parametrize("stage", PROXIES)
def test_a_proxy_whose_output_is_gone_fetches_and_caches_on(stage: str, probe: str) -> None:
    clients = [script.leaver(after=0.1), script.reader(1.0), script.reader(9.0)]
    run = play(stage, Scenario(servers=[script.slow(b"a poem")], clients=clients, probe=probe))
    _, fetched, cached = got(run)
    assert (fetched, cached) == ((b"a poem", "done"), (b"a poem", "done"))


@pytest.mark.parametrize("stage", PROXIES)
def test_a_proxy_that_can_t_tell_a_failure_resets_its_client_all_the_same(stage: str) -> None:
    run = play(
        stage,
        Scenario(servers=[script.refused()], clients=[script.reader()], probe=outputs.ERRORS_FULL),
    )
    assert [(client.data, client.how) for client in run.clients] == [(b"", "reset")]


@pytest.mark.parametrize("stage", ["slow-server", "fastpoetry-1.0"])
def test_a_poem_whose_file_has_a_name_that_is_not_utf_8_is_served(
    stage: str, tmp_path: Path
) -> None:
    path = os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9")
    Path(path).write_bytes(POND)
    run = play(stage, Scenario(args=[path], clients=[script.reader()]))
    assert got(run) == [(POND, "done")]
    first = run.stdout.splitlines()[0]
    assert first == f"Serving {tmp_path}/caf\\udce9 on 127.0.0.1:{script.FIRST_PORT}"
