"""The servers and proxies of parts 2, 11, 12, 14, 16 and 19, as processes, under faults."""

import errno
import os
import re
import resource
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from companion.processes.build import command_of
from companion.tutorial.stages import ROOT, load_map
from tests.helpers.native import serving_ipv6
from tests.helpers.netstrings import netstring
from tests.helpers.ports import free_port
from tests.helpers.processes import catches_sigterm, eventually

pytestmark = pytest.mark.slow

STAGES = load_map()
POEM = "春眠不覺曉，\r\n處處聞啼鳥。\r\n".encode()
POETRY_SERVERS = ["slow-server", "fastpoetry-1.0", "fastpoetry-3.0"]
PROXIES = ["proxy-1.0", "proxy-2.0", "proxy-3.0"]
LISTENERS = ["slow-server", "fastpoetry-1.0", "transform-server", "proxy-1.0"]


class Server:
    """A running server stage and what it has said."""

    def __init__(self, stage: str, *args: str, limit: int = 0) -> None:
        # To append: the server shares the place in the file with who reads it.
        self.log = tempfile.TemporaryFile("a+")  # noqa: SIM115
        setup: Callable[[], None] | None = None
        if limit:
            setup = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))  # noqa: E731
        self.process = subprocess.Popen(
            command_of(STAGES.find(stage), args), cwd=ROOT, preexec_fn=setup,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=subprocess.STDOUT,
        )  # fmt: skip
        self.port = int(self.said(r"\bon 127\.0\.0\.1:(\d+)|Factory starting on (\d+)"))

    def output(self) -> str:
        self.log.seek(0)
        return self.log.read()

    def said(self, pattern: str, limit: float = 10) -> str:
        """Wait for a line like this; its first group, or the whole match."""
        end = time.monotonic() + limit
        while not (found := re.search(pattern, self.output())):
            assert time.monotonic() < end, f"no {pattern!r} in: {self.output()}"
            time.sleep(0.01)
        return next((group for group in found.groups() if group), found[0])

    def connect(self, receive_buffer: int = 0) -> socket.socket:
        sock = socket.socket()
        sock.settimeout(10)
        if receive_buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        sock.connect(("127.0.0.1", self.port))
        return sock

    def fetch(self, request: bytes = b"") -> bytes:
        """What the server sends until its end. Raises ConnectionResetError."""
        with self.connect() as sock:
            sock.sendall(request)
            return read_all(sock)

    def descriptors(self) -> int:
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def memory(self) -> int:
        """Resident memory in bytes."""
        pages = Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]
        return int(pages) * resource.getpagesize()

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.log.close()


Serve = Callable[..., Server]


def read_all(sock: socket.socket) -> bytes:
    chunks = []
    while data := sock.recv(65536):
        chunks.append(data)
    return b"".join(chunks)


def reset(sock: socket.socket) -> None:
    """Close with a reset instead of an orderly end."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


@pytest.fixture(autouse=True, scope="module")
def many_descriptors() -> None:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


@pytest.fixture
def serve() -> Iterator[Serve]:
    with ExitStack() as stack:

        def start(stage: str, *args: str, limit: int = 0) -> Server:
            server = Server(stage, *args, limit=limit)
            stack.callback(server.stop)
            return server

        yield start


@pytest.fixture
def poem_file(tmp_path: Path) -> str:
    path = tmp_path / "poem.txt"
    path.write_bytes(POEM)
    return str(path)


@pytest.fixture
def long_poem(tmp_path: Path) -> str:
    path = tmp_path / "long.txt"
    path.write_bytes(b"la " * 1_700_000)
    return str(path)


def poetry_server(serve: Serve, stage: str, poem_file: str) -> Server:
    if stage == "fastpoetry-3.0":
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = str(free.getsockname()[1])
        return serve(stage, "--port", port, "--poem", poem_file)
    return serve(stage, poem_file)


@pytest.mark.parametrize("stage", POETRY_SERVERS)
def test_a_file_s_bytes_are_sent_as_they_are(stage: str, serve: Serve, poem_file: str) -> None:
    server = poetry_server(serve, stage, poem_file)
    assert server.fetch() == POEM


@pytest.mark.parametrize("stage", POETRY_SERVERS)
def test_an_empty_poem_is_served_as_an_empty_poem(stage: str, serve: Serve, tmp_path: Path) -> None:
    (tmp_path / "empty").write_bytes(b"")
    assert poetry_server(serve, stage, str(tmp_path / "empty")).fetch() == b""


@pytest.mark.parametrize("stage", LISTENERS)
def test_a_port_that_is_taken_is_told_in_one_line(stage: str, serve: Serve, poem_file: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        last = {"transform-server": [], "proxy-1.0": ["9"]}.get(stage, [poem_file])
        done = subprocess.run(
            command_of(STAGES.find(stage), ["--port", port, *last]),
            capture_output=True, text=True, timeout=20, check=False,
        )  # fmt: skip
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert port in done.stderr


def test_the_plugin_tells_what_is_wrong_with_its_options() -> None:
    for args, words in (
        ([], "--poem is needed"),
        (["--poem", "x", "--port", "²"], "is not a port from 1 to 65535"),
    ):
        done = subprocess.run(
            command_of(STAGES.find("fastpoetry-3.0"), args),
            capture_output=True, text=True, timeout=20, check=False,
        )  # fmt: skip
        assert done.returncode == 1
        assert words in done.stdout.splitlines()[-1]


def crowd(port: int, stack: ExitStack) -> list[socket.socket]:
    """A thousand sockets that all begin to connect at once."""
    socks = []
    for _ in range(1000):
        sock = stack.enter_context(closing(socket.socket()))
        sock.setblocking(False)
        assert sock.connect_ex(("127.0.0.1", port)) in (0, errno.EINPROGRESS)
        socks.append(sock)
    return socks


def test_a_thousand_clients_at_once_all_get_the_poem(serve: Serve, poem_file: str) -> None:
    server = serve("fastpoetry-1.0", poem_file)
    with ExitStack() as stack:
        socks = crowd(server.port, stack)
        for sock in socks:
            sock.settimeout(10)
        assert [read_all(sock) for sock in socks] == [POEM] * 1000


@pytest.mark.parametrize("stage", [*POETRY_SERVERS, "transform-server", *PROXIES])
def test_a_thousand_clients_may_wait_for_a_server_that_is_busy(
    stage: str, serve: Serve, poem_file: str
) -> None:
    if stage in PROXIES:
        server = serve(stage, "9")
    elif stage == "transform-server":
        server = serve(stage)
    else:
        server = poetry_server(serve, stage, poem_file)
    server.process.send_signal(signal.SIGSTOP)  # so that none is accepted meanwhile
    with ExitStack() as stack:
        for sock in crowd(server.port, stack):
            assert sock.getpeername() == ("127.0.0.1", server.port)  # or it is not connected


def test_two_thousand_clients_that_never_read_cost_little_memory(
    serve: Serve, long_poem: str
) -> None:
    server = serve("fastpoetry-1.0", long_poem)
    size = os.path.getsize(long_poem)
    assert len(server.fetch()) == size
    before = server.memory()
    with ExitStack() as stack:
        for _ in range(2000):
            stack.enter_context(closing(server.connect(receive_buffer=4096)))
        assert eventually(lambda: server.descriptors() > 2000)
        assert len(server.fetch()) == size, "a good client is still served"
        assert (server.memory() - before) / 2000 < 150_000


def test_out_of_descriptors_a_server_goes_on_and_recovers(serve: Serve, long_poem: str) -> None:
    server = serve("fastpoetry-1.0", long_poem, limit=40)
    with ExitStack() as stack:
        for _ in range(60):
            stack.enter_context(closing(server.connect(receive_buffer=4096)))
        assert eventually(lambda: server.descriptors() == 40)
    assert eventually(lambda: server.descriptors() < 20)
    assert len(server.fetch()) == os.path.getsize(long_poem)


@pytest.mark.parametrize("stage", ["fastpoetry-1.0", "fastpoetry-3.0", *PROXIES])
def test_out_of_descriptors_a_server_ends_connections_cleanly_as_the_map_says(
    stage: str, serve: Serve, long_poem: str
) -> None:
    args = [long_poem]
    if stage in PROXIES:
        args = [str(serve("fastpoetry-1.0", long_poem).port)]
    elif stage == "fastpoetry-3.0":
        args = ["--port", str(free_port()), "--poem", long_poem]
    server = serve(stage, *args, limit=40)
    with ExitStack() as stack:
        socks = [stack.enter_context(closing(server.connect(4096))) for _ in range(60)]
        assert read_all(socks[-1]) == b""
    said = "Out of descriptors it ends a new connection cleanly"
    assert said in STAGES.find(stage).flaw["en"]
    assert said in STAGES.find("fastpoetry-2.0").flaw["en"], "the same Protocol as in 3.0"


@pytest.mark.parametrize("stage", ["fastpoetry-1.0", "transform-server"])
def test_ten_thousand_resets_leave_nothing_behind(stage: str, serve: Serve, poem_file: str) -> None:
    transforms = stage == "transform-server"
    server = serve(stage, *([] if transforms else [poem_file]))
    server.fetch(b"no netstring" if transforms else b"")  # so its reactor has opened its own
    before = server.descriptors()
    for _ in range(10_000 if stage == "fastpoetry-1.0" else 1000):
        reset(server.connect())
    assert eventually(lambda: server.descriptors() <= before)
    assert server.process.poll() is None


def test_a_hundred_clients_that_leave_in_the_middle_do_not_stop_the_server(
    serve: Serve, long_poem: str
) -> None:
    server = serve("fastpoetry-1.0", long_poem)
    server.fetch()  # so its reactor has opened its own
    before = server.descriptors()
    for _ in range(100):
        with server.connect() as sock:
            sock.recv(100)
    assert eventually(lambda: server.descriptors() <= before)
    assert len(server.fetch()) == os.path.getsize(long_poem)


def test_clients_that_leave_do_not_stop_the_slow_server(serve: Serve, poem_file: str) -> None:
    server = serve("slow-server", "--delay", "0.01", "--num-bytes", "7", poem_file)
    for _ in range(10):
        sock = server.connect()
        sock.recv(1)
        reset(sock)
    assert server.fetch() == POEM
    assert "left before the end" in server.output()


def in_flight(server: Server, count: int) -> list[socket.socket]:
    """Clients that are in the middle of their poem."""
    socks = [server.connect(receive_buffer=4096) for _ in range(count)]
    for sock in socks:
        sock.recv(1)
    return socks


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("stage", ["slow-server", "fastpoetry-1.0", *PROXIES])
def test_a_signal_cuts_the_poem_in_flight_with_a_clean_end_as_the_map_says(
    stage: str, number: signal.Signals, serve: Serve, long_poem: str
) -> None:
    args = [long_poem]
    if stage in PROXIES:
        args = [str(serve("fastpoetry-1.0", long_poem).port)]
    elif stage == "slow-server":
        args = ["--num-bytes", "100000", long_poem]
    server = serve(stage, *args)
    (sock,) = in_flight(server, 1)
    server.process.send_signal(number)
    server.process.wait(5)
    assert len(read_all(sock)) + 1 < os.path.getsize(long_poem)
    assert re.search(r"(Ctrl-C.*SIGTERM|SIGTERM.*Ctrl-C) cut", STAGES.find(stage).flaw["en"])


def test_sigterm_cuts_no_poem_of_the_plugin(serve: Serve, long_poem: str) -> None:
    server = poetry_server(serve, "fastpoetry-3.0", long_poem)
    socks = in_flight(server, 20)
    server.process.send_signal(signal.SIGTERM)
    server.said("Port .* Closed")
    assert [len(read_all(sock)) + 1 for sock in socks] == [os.path.getsize(long_poem)] * 20
    assert server.process.wait(5) == -signal.SIGTERM


@pytest.fixture(scope="module")
def transform_server() -> Iterator[Server]:
    server = Server("transform-server")
    yield server
    server.stop()


@pytest.mark.parametrize(
    ("request_bytes", "why"),
    [
        (b"abc:def,", "not a netstring, or too long a one"),
        (b"100000:x", "not a netstring, or too long a one"),
        (netstring(b"cummingsify"), "no dot in the request"),
        (b"5:nodot,5:nodot,13:cummingsify.A,", "no dot in the request"),
        (netstring(b"shout.POEM") + netstring(b"cummingsify.A"), "no such transform, or it failed"),
        (netstring(b"shout.POEM"), "no such transform, or it failed"),
        (netstring(b"__class__.POEM"), "no such transform, or it failed"),
        (netstring(b"cummingsify.\xff"), "no such transform, or it failed"),
        (netstring(b"\xff.POEM"), "no such transform, or it failed"),
    ],
)
def test_a_bad_request_is_closed_with_one_line_that_says_why(
    request_bytes: bytes, why: str, transform_server: Server
) -> None:
    before = len(transform_server.output().splitlines())
    with transform_server.connect() as sock:
        port = sock.getsockname()[1]
        sock.sendall(request_bytes)
        assert read_all(sock) == b""
    # A port may come again: only what was said since then is about this request.
    transform_server.said(rf"\A(?:.*\n){{{before}}}.*127\.0\.0\.1:{port}")
    said = transform_server.output().splitlines()[before:]
    assert said == [f"Closing 127.0.0.1:{port}: {why}"]
    assert transform_server.fetch(netstring(b"cummingsify.A.B")) == netstring(b"a.b")


def test_a_transform_keeps_every_script(transform_server: Server) -> None:
    request = netstring("cummingsify.ÀЖ春".encode())
    assert transform_server.fetch(request) == netstring("àж春".encode())


def test_half_a_request_is_waited_for_as_the_map_says(transform_server: Server) -> None:
    with transform_server.connect() as sock:
        sock.sendall(b"27:cumm")
        sock.settimeout(0.5)
        with pytest.raises(TimeoutError):
            sock.recv(1)
    assert "waited for without end" in STAGES.find("transform-server").flaw["en"]


def test_a_client_that_has_shut_down_its_sending_side_gets_its_answer(
    transform_server: Server,
) -> None:
    for _ in range(20):
        with transform_server.connect() as sock:
            sock.sendall(netstring(b"cummingsify.A"))
            sock.shutdown(socket.SHUT_WR)
            assert read_all(sock) == netstring(b"a")


def test_the_transform_test_says_so_where_nobody_listens() -> None:
    done = subprocess.run(
        command_of(STAGES.find("transform-test"), [port := str(free_port())]),
        capture_output=True, text=True, timeout=20, check=False,
    )  # fmt: skip
    told = f"{STAGES.find('transform-test').file}: nobody listens on port {port}\n"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", told)


@pytest.mark.parametrize("stage", PROXIES)
def test_a_proxy_fetches_from_an_ipv6_address_in_brackets(stage: str, serve: Serve) -> None:
    with serving_ipv6(POEM) as address:
        assert serve(stage, address).fetch() == POEM


@pytest.mark.parametrize("stage", PROXIES)
def test_a_proxy_recovers_from_an_upstream_that_is_down_reset_and_back(
    stage: str, serve: Serve
) -> None:
    upstream = socket.create_server(("127.0.0.1", 0))
    port = upstream.getsockname()[1]
    upstream.close()
    proxy = serve(stage, str(port))
    with pytest.raises(ConnectionResetError):
        proxy.fetch()
    proxy.said("Poem failed: Connection was refused")

    with socket.create_server(("127.0.0.1", port)) as upstream, proxy.connect() as client:
        server, _ = upstream.accept()
        server.sendall(POEM[:10])
        time.sleep(0.1)
        reset(server)
        with pytest.raises(ConnectionResetError):
            read_all(client)
    proxy.said("Poem failed: Connection to the other side was lost")

    with socket.create_server(("127.0.0.1", port)) as upstream, proxy.connect() as client:
        server, _ = upstream.accept()
        server.sendall(POEM[:10])
        time.sleep(0.1)
        server.sendall(POEM[10:])
        server.close()
        assert read_all(client) == POEM
    assert proxy.fetch() == POEM, "cached"
    assert proxy.output().count("Fetching poem from server.") == 3
    assert proxy.output().count("Using cached poem.") == 1


@pytest.mark.parametrize("stage", PROXIES)
def test_a_proxy_fetches_once_for_every_client_that_waits_as_the_map_says(
    stage: str, serve: Serve
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as upstream:
        proxy = serve(stage, str(upstream.getsockname()[1]))
        with proxy.connect(), proxy.connect():
            upstream.settimeout(5)
            for _ in range(2):
                upstream.accept()[0].close()
    assert "fetches once for every client that waits" in STAGES.find(stage).flaw["en"]


@pytest.mark.parametrize("stage", PROXIES)
def test_only_proxy_3_stops_fetching_for_a_client_that_has_left(stage: str, serve: Serve) -> None:
    with socket.create_server(("127.0.0.1", 0)) as upstream:
        proxy = serve(stage, str(upstream.getsockname()[1]))
        client = proxy.connect()
        server, _ = upstream.accept()
        server.sendall(POEM[:10])
        client.close()
        server.settimeout(1)
        if stage == "proxy-3.0":
            assert server.recv(1) == b"", "the proxy has hung up"
            proxy.said("Canceling poem download.")
        else:
            with pytest.raises(TimeoutError):
                server.recv(1)
            assert "goes on fetching for a client that has left" in STAGES.find(stage).flaw["en"]
        server.close()


@pytest.mark.parametrize("stage", PROXIES)
def test_a_proxy_takes_a_half_closed_client_for_one_that_has_left_as_the_map_says(
    stage: str, serve: Serve
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as upstream:
        proxy = serve(stage, str(upstream.getsockname()[1]))
        with proxy.connect() as client:
            server, _ = upstream.accept()
            client.shutdown(socket.SHUT_WR)
            assert client.recv(1) == b"", "the proxy has closed the connection"
            server.close()
    assert "shuts down its sending side" in STAGES.find(stage).flaw["en"]


@pytest.mark.parametrize("stage", ["fastpoetry-1.0", "transform-server", *PROXIES])
def test_ctrl_c_ends_a_server_at_once_without_a_word(
    stage: str, serve: Serve, poem_file: str
) -> None:
    args = {"fastpoetry-1.0": [poem_file], "transform-server": []}.get(stage, ["9"])
    server = serve(stage, *args)
    said = server.output()
    assert eventually(lambda: catches_sigterm(server.process.pid))
    server.process.send_signal(signal.SIGINT)
    assert server.process.wait(5) == 130
    assert server.output() == said


@pytest.mark.parametrize("stage", ["slow-server", "fastpoetry-1.0"])
@pytest.mark.parametrize(
    "args",
    [[], ["--port", "0", "f"], ["--port", "99999", "f"], ["--port", "abc", "f"],
     ["--port", "²", "f"], ["missing"], ["."]],
)  # fmt: skip
def test_wrong_usage_is_told_by_argparse_with_status_2(stage: str, args: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, STAGES.find(stage).file, *args],
        capture_output=True, text=True, timeout=20, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.startswith("usage: ")
    assert ": error: " in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
