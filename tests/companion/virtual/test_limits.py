"""What simulated time does not cover is refused by name; the rest refuses what a kernel refuses."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from companion.virtual import real as real_time
from companion.virtual import run as virtual
from tests.helpers.fixtures import Play, Python

CHILDREN = {
    "subprocess": "import subprocess; subprocess.run(['touch', 'left'], capture_output=True)",
    "os.fork": "import os; os.fork() or open('left', 'w')",
    "os.system": "import os; os.system('touch left')",
    "os.popen": "import os; os.popen('touch left').read()",
    "os.posix_spawn": "import os; os.posix_spawn('/bin/touch', ['touch', 'left'], {})",
    "asyncio": "import asyncio; asyncio.run(asyncio.create_subprocess_exec('touch', 'left'))",
    "spawnProcess": (
        "from twisted.internet import protocol, reactor; "
        "reactor.callWhenRunning("
        "lambda: reactor.spawnProcess(protocol.ProcessProtocol(), 'touch', ['touch', 'left'])); "
        "reactor.run()"
    ),
    "getProcessOutput": (
        "from twisted.internet import reactor, utils; "
        "utils.getProcessOutput('/bin/touch', ['left']); reactor.run()"
    ),
    "ForkingTCPServer": (
        "import socket, socketserver; "
        "server = socketserver.ForkingTCPServer(('', 0), socketserver.BaseRequestHandler); "
        "client = socket.create_connection(server.server_address); server.handle_request()"
    ),
    "multiprocessing": (
        "import multiprocessing as m; m.Process(target=open, args=('left', 'w')).start()"
    ),
    "a pool of processes": "import multiprocessing as m; m.Pool(1).map(abs, [1])",
}


@pytest.mark.parametrize("program", CHILDREN.values(), ids=CHILDREN)
def test_a_child_process_is_refused_by_name_and_nothing_is_left(
    program: str, play: Play, tmp_path: Path
) -> None:
    run = play(f"import os\nos.chdir({str(tmp_path)!r})\n{program}\n")
    assert (run.how, run.status) == ("not covered", 94), run.stderr
    assert run.ended.startswith("not covered by simulated time: a child process")
    assert run.ended.endswith(", in program.py, line 3; use --real")
    assert not (tmp_path / "left").exists()


OUTSIDE = {
    "UDP": "import socket; s = socket.socket(type=socket.SOCK_DGRAM)\ns.sendto(b'x', {udp})",
    "UDP by Twisted": (
        "from twisted.internet import protocol, reactor\n"
        "reactor.listenUDP(0, protocol.DatagramProtocol())"
    ),
    "UDP by asyncio": (
        "import asyncio\nasyncio.run(asyncio.new_event_loop().create_datagram_endpoint("
        "asyncio.DatagramProtocol, remote_addr={udp}))"
    ),
    "a Unix socket of another": (
        "import socket; s = socket.socket(socket.AF_UNIX)\ns.connect({unix!r})"
    ),
    "to listen on IPv6": "import socket; s = socket.socket(socket.AF_INET6)\ns.bind(('::1', 0))",
    "one port at two addresses": (
        "import socket; one = socket.create_server(('127.0.0.1', 0))\n"
        "socket.socket().bind(('127.0.0.2', one.getsockname()[1]))"
    ),
    "faulthandler.dump_traceback_later": (
        "import faulthandler as f; later = f.dump_traceback_later\nlater(9)"
    ),
    "ssl.SSLContext.wrap_socket": (
        "import socket, ssl; s = socket.socket()\nssl.create_default_context().wrap_socket(s)"
    ),
}


@pytest.mark.parametrize("program", OUTSIDE.values(), ids=OUTSIDE)
def test_no_run_reaches_a_socket_outside_itself(program: str, play: Play, tmp_path: Path) -> None:
    with (
        socket.socket(type=socket.SOCK_DGRAM) as udp,
        socket.socket(socket.AF_UNIX) as unix,
    ):
        udp.bind(("127.0.0.1", 0))
        unix.bind(str(tmp_path / "socket"))
        unix.listen()
        unix.setblocking(False)
        udp.setblocking(False)
        run = play(program.format(udp=udp.getsockname(), unix=unix.getsockname()))
        assert (run.how, run.status) == ("not covered", 94), run.stderr
        assert run.ended.endswith("in program.py, line 2; use --real")
        with pytest.raises(BlockingIOError):
            udp.recv(1)
        with pytest.raises(BlockingIOError):
            unix.accept()


def test_a_library_below_python_is_refused_where_it_is_used_not_where_it_is_imported(
    play: Play, tmp_path: Path
) -> None:
    program = """
        try:
            import uvloop
        except ImportError:
            uvloop = None
        print("there" if uvloop else "not there")
        if uvloop:
            uvloop.Loop()
        """
    assert (play(program).stdout, play(program).how) == ("not there\n", "exit")
    (tmp_path / "uvloop.py").write_text("class Loop: pass\n")
    run = play(program)
    assert (run.stdout, run.status) == ("there\n", 94)
    assert run.ended == "not covered by simulated time: uvloop, in program.py, line 8; use --real"


def test_a_greenlet_is_refused_where_it_is_made(play: Play) -> None:
    pytest.importorskip("greenlet")
    run = play(
        "from greenlet import getcurrent, greenlet\nprint(getcurrent() and 'on')\ngreenlet()"
    )
    assert (run.stdout, run.status) == ("on\n", 94)
    assert run.ended == "not covered by simulated time: greenlet, in program.py, line 3; use --real"


def test_a_program_talks_to_itself_over_unix_sockets(play: Play) -> None:
    run = play(
        """
        import os, socket, tempfile, threading
        with tempfile.TemporaryDirectory() as folder:
            server = socket.socket(socket.AF_UNIX)
            server.bind(folder + "/socket")
            server.listen()
            def serve():
                end, _ = server.accept()
                end.sendall(end.recv(9).upper())
            threading.Thread(target=serve).start()
            client = socket.socket(socket.AF_UNIX)
            client.connect(folder + "/socket")
            client.sendall(b"poem")
            print(client.recv(9))
            try:
                socket.socket(socket.AF_UNIX).connect(folder + "/nobody")
            except FileNotFoundError:
                print("nobody")
        """
    )
    assert (run.stdout, run.status) == ("b'POEM'\nnobody\n", 0), run.stderr + run.ended


# What a kernel refuses, in its words.
REFUSED = {
    "bind": "socket.socket().bind(('', 99999))",
    "connect": "socket.socket().connect(('127.0.0.1', 99999))",
    "in use": "a = socket.socket(); a.bind(('', 0)); socket.socket().bind(a.getsockname())",
    "listens": "a = socket.create_server(('', 0)); b = socket.socket(); b.bind(a.getsockname())",
    "IPv6": "socket.create_connection(('::1', 1))",
    "service": "socket.getaddrinfo('127.0.0.1', 'no-such-service')",
    "nan": "time.sleep(float('nan'))",
    "inf": "time.sleep(float('inf'))",
    "negative": "time.sleep(-1)",
    "word": "time.sleep('1')",
}


@pytest.mark.parametrize("line", REFUSED.values(), ids=REFUSED)
def test_what_the_kernel_refuses_is_refused_in_its_words(
    line: str, play: Play, python: Python
) -> None:
    program = f"import socket, time\n{line}\n"
    simulated, real = play(program), python(program)
    assert simulated.stderr.splitlines()[-1] == real.stderr.splitlines()[-1]
    assert simulated.status == real.returncode == 1


def test_names_of_services_and_the_address_of_ipv6_are_known(play: Play, python: Python) -> None:
    program = """
        import socket
        print(socket.getaddrinfo("127.0.0.1", "http", type=socket.SOCK_STREAM))
        print(socket.getaddrinfo("::1", 80, type=socket.SOCK_STREAM))
        a, b = socket.socket(), socket.socket()
        for one in (a, b):
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            one.bind(("127.0.0.1", a.getsockname()[1]))
        """
    simulated, real = play(program), python(program)
    assert (simulated.stdout, simulated.status) == (real.stdout, 0), simulated.stderr


def test_time_functions_are_no_methods_and_the_clocks_agree(play: Play) -> None:
    run = play(
        """
        import datetime, logging, sys, time, zoneinfo
        class Watch:
            now, pause, text = time.monotonic, time.sleep, time.ctime
        Watch().pause(1.5)
        print(Watch().now(), Watch().text(), time.asctime())
        print(time.clock_gettime(time.CLOCK_MONOTONIC), time.clock_gettime_ns(time.CLOCK_REALTIME))
        logging.basicConfig(format="%(asctime)s %(message)s", stream=sys.stdout)
        logging.warning("late")
        print(issubclass(datetime.datetime, datetime.date), datetime.datetime.utcnow())
        print(datetime.datetime.now(zoneinfo.ZoneInfo("UTC")), datetime.datetime.today())
        """
    )
    assert run.stderr == ""
    assert run.stdout == (
        "1.5 Thu Jan  1 00:00:01 2026 Thu Jan  1 00:00:01 2026\n"
        "1.5 1767225601500000000\n"
        "2026-01-01 00:00:01,500 late\n"
        "True 2026-01-01 00:00:01.500000\n"
        "2026-01-01 00:00:01.500000+00:00 2026-01-01 00:00:01.500000\n"
    )


# A script starts as Python starts it.


async def test_a_file_that_python_refuses_is_refused_in_its_words(tmp_path: Path) -> None:
    file = tmp_path / "latin.py"
    file.write_bytes("print('on')\n# für\n".encode("latin-1"))
    real = subprocess.run([sys.executable, file], capture_output=True, text=True, check=False)
    for run in (virtual.play(file), await real_time.play(file)):
        assert (run.stderr, run.stdout, run.status) == (real.stderr, "", real.returncode)
    file.write_bytes("# coding: latin-1\nprint('für')\n".encode("latin-1"))
    assert virtual.play(file).stdout == "für\n"


@pytest.mark.parametrize("name", ["threading.py", "selectors.py", "json/__init__.py"])
def test_a_script_whose_imports_find_a_namesake_beside_it_is_not_covered(
    name: str, play: Play, tmp_path: Path
) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("open('ran', 'w')")
    module = name.split("/")[0].removesuffix(".py")
    program = f"import os\nos.chdir({str(tmp_path)!r})\nimport helper\n"
    (tmp_path / "helper.py").write_text(f"def use():\n    import {module}\n")
    run = play(program)
    assert (run.how, run.status, run.stdout) == ("not covered", 94, "")
    assert run.ended == (
        f"not covered by simulated time: its own {module} hides another from what it imports; "
        "give that file another name"
    )
    assert not (tmp_path / "ran").exists()


def test_a_namesake_that_nothing_imports_is_no_matter(play: Play, tmp_path: Path) -> None:
    for name in ("threading", "json", "asyncio"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('mine')")
    assert play("import socket, time\nprint('on')").stdout == "on\n"
    run = play("from twisted.internet import reactor\nprint('on')")
    assert "its own threading hides another" in run.ended


def test_a_script_finds_what_is_beside_it_first(play: Play, tmp_path: Path) -> None:
    (tmp_path / "antigravity.py").write_text("print('mine')")
    (tmp_path / "os.py").write_text("print('never found')")
    assert play("import antigravity, os, sys; print(sys.path[0])").stdout == f"mine\n{tmp_path}\n"


# Signals, and output past sys.stdout.


def test_an_alarm_rings_in_simulated_time(play: Play) -> None:
    run = play(
        """
        import signal, time
        def ring(number, frame):
            print("ring", time.monotonic())
        signal.signal(signal.SIGALRM, ring)
        print(signal.alarm(2), signal.alarm(3))
        time.sleep(4)
        print(signal.setitimer(signal.ITIMER_REAL, 0.5, 0.25), time.monotonic())
        time.sleep(1)
        print(signal.setitimer(signal.ITIMER_REAL, 0))
        def too_late(number, frame):
            raise TimeoutError("too late")
        signal.signal(signal.SIGALRM, too_late)
        signal.alarm(1)
        try:
            time.sleep(9)
        except TimeoutError as err:
            print(err, time.monotonic())
        signal.signal(signal.SIGALRM, ring)
        signal.alarm(1)
        signal.pause()
        """
    )
    assert run.stdout == (
        "0 2\nring 3.0\n(0.0, 0.0) 4.0\nring 4.5\nring 4.75\nring 5.0\n(0.25, 0.25)\n"
        "too late 6.0\nring 7.0\n"
    ), run.stderr + run.ended
    assert play("import signal, time; signal.alarm(1); time.sleep(2)").status == -14


def test_what_is_written_by_descriptor_is_told_in_its_order(play: Play) -> None:
    run = play(
        """
        import os, sys, time
        print("one")
        os.writev(1, [b"two\\n", b"three\\n"])
        print("four")
        with open(1, "w", closefd=False) as file:
            print("five", file=file)
        time.sleep(1)
        copy = os.dup(1)
        os.write(copy, b"six\\n")
        time.sleep(1)
        with os.fdopen(os.dup(2), "w") as file:
            file.write("seven\\n")
        print("eight")
        os.close(copy)
        """
    )
    words = ["one", "two", "three", "four", "five", "six", "seven", "eight"]
    assert sorted(run.lines, key=lambda line: words.index(line[2])) == [
        *((0, "stdout", word) for word in words[:5]),
        (1, "stdout", "six"),
        (2, "stderr", "seven"),
        (2, "stdout", "eight"),
    ]
    assert run.stdout.split() == [*words[:6], "eight"]


def test_a_program_may_close_its_outputs(play: Play) -> None:
    run = play("import os, time; os.close(1); os.close(2); time.sleep(1)")
    assert (run.how, run.status, run.seconds) == ("exit", 0, 1)


def test_a_pipe_is_read_in_simulated_time(play: Play) -> None:
    run = play(
        """
        import os, threading, time
        out, into = os.pipe()
        threading.Timer(2, os.write, (into, b"it")).start()
        print(os.read(out, 9), time.monotonic())
        """
    )
    assert run.stdout == "b'it' 2.0\n", run.ended


# What a program sends itself faster than it reads.

PIECES = [*[65536] * 7, 41248]  # of 500,000 bytes, as a kernel with room has them
TO_ITSELF = {
    "Twisted": """
        from twisted.internet import reactor
        from twisted.internet.protocol import ClientFactory, Factory, Protocol
        class Flood(Protocol):
            def connectionMade(self):
                self.transport.write(b"x" * 500000)
                self.transport.loseConnection()
        class Reader(Protocol):
            sizes = []
            def dataReceived(self, data):
                self.sizes.append(len(data))
            def connectionLost(self, reason):
                print(self.sizes)
                reactor.stop()
        reactor.listenTCP(8000, Factory.forProtocol(Flood))
        reactor.connectTCP("127.0.0.1", 8000, ClientFactory.forProtocol(Reader))
        reactor.run()
        """,
    "asyncio": """
        import asyncio
        async def serve(reader, writer):
            writer.write(b"x" * 500000)
            writer.close()
        async def main():
            async with await asyncio.start_server(serve, "127.0.0.1", 8000):
                reader, _ = await asyncio.open_connection("127.0.0.1", 8000)
                sizes = []
                while data := await reader.read(65536):
                    sizes.append(len(data))
                print(sizes)
        asyncio.run(main())
        """,
    "select": """
        import select, socket
        server = socket.create_server(("127.0.0.1", 8000))
        one = socket.create_connection(server.getsockname())
        two, _ = server.accept()
        one.setblocking(False)
        left, sizes = b"x" * 500000, []
        while sum(sizes) < 500000:
            reads, writes, _ = select.select([two], [one] if left else [], [])
            if writes:
                left = left[one.send(left) :]
            elif reads:
                sizes.append(len(two.recv(65536)))
        print(sizes)
        """,
    "a thread": """
        import socket, threading
        server = socket.create_server(("127.0.0.1", 8000))
        one = socket.create_connection(server.getsockname())
        two, _ = server.accept()
        threading.Thread(target=one.sendall, args=(b"x" * 500000,)).start()
        sizes = []
        while sum(sizes) < 500000:
            sizes.append(len(two.recv(65536)))
        print(sizes)
        """,
}


@pytest.mark.parametrize("program", TO_ITSELF.values(), ids=TO_ITSELF)
def test_what_a_program_sends_itself_comes_in_the_same_pieces_in_every_run(
    program: str, play: Play
) -> None:
    runs = [play(program) for _ in range(3)]
    assert [run.stdout for run in runs] == [f"{PIECES}\n"] * 3, runs[0].stderr


def test_trio_waits_for_room_too(play: Play) -> None:
    pytest.importorskip("trio")
    run = play(
        """
        import trio
        async def main():
            async def serve(stream):
                size = 0
                while data := await stream.receive_some(65536):
                    size += len(data)
                    await trio.sleep(0.1)
                print(size, round(trio.current_time() - start, 3))
                nursery.cancel_scope.cancel()
            start = trio.current_time()
            async with trio.open_nursery() as nursery:
                await nursery.start(trio.serve_tcp, serve, 8000)
                stream = await trio.open_tcp_stream("127.0.0.1", 8000)
                await stream.send_all(b"x" * 200000)
                await stream.aclose()
                await trio.sleep(10)
        trio.run(main)
        """
    )
    assert (run.stdout, run.how) == ("200000 0.4\n", "exit"), run.ended


def test_where_nobody_could_read_meanwhile_there_is_the_kernel_s_room(play: Play) -> None:
    run = play(
        """
        import socket, threading
        server = socket.create_server(("127.0.0.1", 8000))
        one = socket.create_connection(server.getsockname())
        two, _ = server.accept()
        def read():
            size = 0
            while size < 300000:
                size += len(two.recv(65536))
            return size
        one.sendall(b"x" * 300000)
        print(read())
        thread = threading.Thread(target=one.sendall, args=(b"x" * 300000,))
        thread.start()
        thread.join()
        print(read())
        """
    )
    assert (run.stdout, run.how) == ("300000\n300000\n", "exit"), run.ended
