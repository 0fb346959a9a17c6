"""Every kind of call that a program may wait in, or learn something by: as it really is.

A program's last lines say what it prints, in simulated time and by Python itself.
"""

import re

import pytest

from tests.helpers.fixtures import Play, Python

KINDS = {
    "timers of Twisted set at one moment": """
        from twisted.internet import reactor, task
        late = reactor.callLater(0.2, print, "late")
        for number in range(6):
            reactor.callLater(0.2, print, number)
        late.reset(0.2)
        task.LoopingCall(print, "again").start(0.15, now=False)
        task.LoopingCall(print, "and again").start(0.15, now=False)
        reactor.callLater(0.28, reactor.stop)
        reactor.run()
        # prints: again
        # prints: and again
        # prints: 0
        # prints: 1
        # prints: 2
        # prints: 3
        # prints: 4
        # prints: 5
        # prints: late
        """,
    "timers of asyncio set at one moment": """
        import asyncio
        async def one(number):
            await asyncio.sleep(0.2)
            print(number)
        async def main():
            asyncio.get_running_loop().call_later(0.2, print, "first")
            await asyncio.gather(*(one(number) for number in range(5)))
        asyncio.run(main())
        # prints: first
        # prints: 0
        # prints: 1
        # prints: 2
        # prints: 3
        # prints: 4
        """,
    "locks, events and conditions with a time-out": """
        import threading, time
        start = time.monotonic()
        def told(*values):
            global start
            print(*values, round(time.monotonic() - start, 1))
            start = time.monotonic()
        lock, event, condition = threading.Lock(), threading.Event(), threading.Condition()
        lock.acquire()
        told(lock.acquire(timeout=0.2), lock.acquire(blocking=False))
        told(event.wait(0.2))
        threading.Timer(0.2, event.set).start()
        told(event.wait(5))
        with condition:
            told(condition.wait(0.2), condition.wait_for(event.is_set, 1))
        told(threading.BoundedSemaphore(0).acquire(timeout=0.2))
        try:
            threading.Barrier(2).wait(0.2)
        except threading.BrokenBarrierError:
            told("broken")
        # prints: False False 0.2
        # prints: False 0.2
        # prints: True 0.2
        # prints: False True 0.2
        # prints: False 0.2
        # prints: broken 0.2
        """,
    "queues with a time-out": """
        import queue, threading, time
        start = time.monotonic()
        def told(value):
            global start
            print(value, round(time.monotonic() - start, 1))
            start = time.monotonic()
        for kind in (queue.Queue, queue.LifoQueue, queue.PriorityQueue, queue.SimpleQueue):
            try:
                kind().get(timeout=0.1)
            except queue.Empty:
                told(kind.__name__)
        full = queue.Queue(1)
        full.put(1)
        try:
            full.put(2, timeout=0.1)
        except queue.Full:
            told("full")
        threading.Timer(0.1, lambda: (full.get(), full.task_done())).start()
        full.join()
        told("joined")
        # prints: Queue 0.1
        # prints: LifoQueue 0.1
        # prints: PriorityQueue 0.1
        # prints: SimpleQueue 0.1
        # prints: full 0.1
        # prints: joined 0.1
        """,
    "pools of threads": """
        import multiprocessing.pool, time
        from concurrent.futures import ThreadPoolExecutor, as_completed
        def rest(seconds):
            time.sleep(seconds)
            return seconds
        with ThreadPoolExecutor(3) as pool:
            futures = [pool.submit(rest, seconds) for seconds in (0.3, 0.1, 0.2)]
            print([one.result() for one in as_completed(futures)])
            try:
                pool.submit(rest, 0.3).result(0.1)
            except TimeoutError:
                print("late")
        with multiprocessing.pool.ThreadPool(2) as pool:
            print(pool.map(rest, [0.1, 0.05]))
        # prints: [0.1, 0.2, 0.3]
        # prints: late
        # prints: [0.1, 0.05]
        """,
    "a thread that is started": """
        import threading
        from concurrent.futures import ThreadPoolExecutor
        said = []
        threading.Thread(target=said.append, args=("first",)).start()
        said.append("then")
        def start_another():
            other = threading.Thread(target=said.append, args=("another",))
            other.start()
            said.append("its starter")
        threading.Thread(target=start_another).start()
        with ThreadPoolExecutor(1) as pool:
            begun = threading.Event()
            first, second = pool.submit(begun.wait), pool.submit(said.append, "never")
            print(first.cancel(), second.cancel())
            begun.set()
        print(said)
        # prints: False True
        # prints: ['first', 'then', 'another', 'its starter']
        """,
    "locks of multiprocessing": """
        import multiprocessing, time
        def told(call, *args, **kwargs):
            start = time.monotonic()
            print(call(*args, **kwargs), round(time.monotonic() - start, 1))
        lock, event = multiprocessing.Lock(), multiprocessing.Event()
        lock.acquire()
        told(lock.acquire, timeout=0.2)
        told(event.wait, 0.2)
        event.set()
        told(event.wait, 0.2)
        # prints: False 0.2
        # prints: False 0.2
        # prints: True 0.0
        """,
    "signals that are waited for": """
        import signal, time
        start = time.monotonic()
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})
        print(signal.sigtimedwait({signal.SIGALRM}, 0.2), round(time.monotonic() - start, 1))
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        print(signal.sigwait({signal.SIGALRM}).name, time.monotonic() - start >= 0.4)
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        print(signal.sigwaitinfo({signal.SIGALRM}).si_signo == signal.SIGALRM)
        # prints: None 0.2
        # prints: SIGALRM True
        # prints: True
        """,
    "alarms": """
        import signal, time
        start = time.monotonic()
        def ring(number, frame):
            print("ring", round(time.monotonic() - start, 1))
        def too_late(number, frame):
            raise TimeoutError("too late")
        signal.signal(signal.SIGALRM, ring)
        signal.alarm(1)
        time.sleep(1.5)
        signal.setitimer(signal.ITIMER_REAL, 0.2, 0.3)
        signal.pause()
        signal.pause()
        print(signal.setitimer(signal.ITIMER_REAL, 0)[1])
        signal.signal(signal.SIGALRM, too_late)
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        try:
            time.sleep(9)
        except TimeoutError as err:
            print(err, round(time.monotonic() - start, 1))
        # prints: ring 1.0
        # prints: ring 1.7
        # prints: ring 2.0
        # prints: 0.3
        # prints: too late 2.2
        """,
    "select, poll, epoll and selectors": """
        import select, selectors, socket, time
        start = time.monotonic()
        print(select.select([], [], [], 0.1), select.poll().poll(100), select.epoll().poll(0.1))
        for kind in (selectors.DefaultSelector, selectors.SelectSelector, selectors.PollSelector):
            one, two = socket.socketpair()
            chosen = kind()
            chosen.register(one, selectors.EVENT_READ)
            chosen.register(two, selectors.EVENT_READ | selectors.EVENT_WRITE)
            print(len(chosen.select()), end=" ")
            chosen.modify(two, selectors.EVENT_READ)
            print(chosen.select(0.1))
            two.send(b"x")
            print([key.fileobj is one for key, _ in chosen.select()])
        print(0.6 <= time.monotonic() - start < 1)
        # prints: ([], [], []) [] []
        # prints: 1 []
        # prints: [True]
        # prints: 1 []
        # prints: [True]
        # prints: 1 []
        # prints: [True]
        # prints: True
        """,
    "a loop until a deadline, and one that can always write": """
        import select, socket, time
        end = time.monotonic() + 0.1 / 3 * 7
        while (left := end - time.monotonic()) > 0:
            select.select([], [], [], left)
        print("over")
        one, two = socket.socketpair()
        end = time.monotonic() + 0.2
        while time.monotonic() < end:
            assert select.select([], [one], [])[1]
        print("over")
        # prints: over
        # prints: over
        """,
    "a scheduler": """
        import sched, time
        start = time.monotonic()
        todo = sched.scheduler()
        for delay in (0.3, 0.1, 0.2):
            todo.enter(delay, 1, print, (delay,))
        todo.run()
        print(round(time.monotonic() - start, 1))
        # prints: 0.1
        # prints: 0.2
        # prints: 0.3
        # prints: 0.3
        """,
    "the time in every form": """
        import datetime, functools, os, pickle, time
        class Watch:
            now, rest = time.monotonic, time.sleep
        def rest(seconds, sleep=time.sleep):
            sleep(seconds)
        before, start = datetime.datetime.now(), Watch().now()
        Watch().rest(0.1)
        rest(0.1)
        functools.partial(time.sleep, 0.1)()
        print(round(Watch().now() - start, 1), time.sleep.__name__, repr(time.time))
        passed = datetime.datetime.now(datetime.UTC).replace(tzinfo=None) - before
        print(round(passed.total_seconds(), 1) % 3600, datetime.date.today() == before.date())
        print(repr(datetime.datetime(2026, 1, 2)), repr(datetime.date(2026, 1, 2)))
        print(pickle.loads(pickle.dumps(before)) == before, type(before) is datetime.datetime)
        elapsed = os.times().elapsed
        time.sleep(0.1)
        print(round(os.times().elapsed - elapsed, 1))
        for clock in (time.CLOCK_MONOTONIC, time.CLOCK_REALTIME):
            begun = time.clock_gettime(clock)
            time.sleep(0.1)
            print(round(time.clock_gettime(clock) - begun, 1))
        # prints: 0.3 sleep <built-in function time>
        # prints: 0.3 True
        # prints: datetime.datetime(2026, 1, 2, 0, 0) datetime.date(2026, 1, 2)
        # prints: True True
        # prints: 0.1
        # prints: 0.1
        # prints: 0.1
        """,
    "addresses that are none": """
        import socket
        for address in (("", -1), ("", 65536), ("", "80"), ("", 1.5), ("",), "x", ("", 1, 2)):
            for name in ("bind", "connect", "connect_ex"):
                try:
                    getattr(socket.socket(), name)(address)
                except (OverflowError, TypeError) as err:
                    print(type(err).__name__, err)
        # prints: OverflowError bind(): port must be 0-65535.
        # prints: OverflowError connect(): port must be 0-65535.
        # prints: OverflowError connect_ex(): port must be 0-65535.
        # prints: OverflowError bind(): port must be 0-65535.
        # prints: OverflowError connect(): port must be 0-65535.
        # prints: OverflowError connect_ex(): port must be 0-65535.
        # prints: TypeError 'str' object cannot be interpreted as an integer
        # prints: TypeError 'str' object cannot be interpreted as an integer
        # prints: TypeError 'str' object cannot be interpreted as an integer
        # prints: TypeError 'float' object cannot be interpreted as an integer
        # prints: TypeError 'float' object cannot be interpreted as an integer
        # prints: TypeError 'float' object cannot be interpreted as an integer
        # prints: TypeError AF_INET address must be a pair (host, port)
        # prints: TypeError AF_INET address must be a pair (host, port)
        # prints: TypeError AF_INET address must be a pair (host, port)
        # prints: TypeError bind(): AF_INET address must be tuple, not str
        # prints: TypeError connect(): AF_INET address must be tuple, not str
        # prints: TypeError connect_ex(): AF_INET address must be tuple, not str
        # prints: TypeError AF_INET address must be a pair (host, port)
        # prints: TypeError AF_INET address must be a pair (host, port)
        # prints: TypeError AF_INET address must be a pair (host, port)
        """,
    "names and services": """
        import socket
        asks = [
            ("127.0.0.1", 80), ("127.0.0.1", "http"), ("127.0.0.1", b"80"), ("127.0.0.1", None),
            ("127.0.0.1", "99999"), ("127.0.0.1", -1), ("127.0.0.1", "nix"), (None, None),
            ("::1", 80), ("::", 80), ("localhost", 80),
        ]
        for ask in asks:
            for family in (socket.AF_INET, socket.AF_INET6):
                if ask[0] == "localhost" and family == socket.AF_INET6:
                    continue
                try:
                    found = socket.getaddrinfo(*ask, family)
                    print([(kind.name, number, end) for _, kind, number, _, end in found][::2])
                except socket.gaierror as err:
                    print(err.errno == socket.EAI_ADDRFAMILY, err)
        print(socket.getaddrinfo(None, 80, socket.AF_INET, socket.SOCK_STREAM)[0][4])
        passive = socket.AI_PASSIVE
        print(socket.getaddrinfo(None, 80, socket.AF_INET, socket.SOCK_STREAM, 0, passive)[0][4])
        """,
    "two at one port, where both allow it": """
        import socket
        def bound(port=0, *shares):
            one = socket.socket()
            for share in shares:
                one.setsockopt(socket.SOL_SOCKET, share, 1)
            one.bind(("127.0.0.1", port))
            return one
        for share in (socket.SO_REUSEADDR, socket.SO_REUSEPORT):
            first = bound(0, share)
            port = first.getsockname()[1]
            print(bound(port, share).getsockname() == first.getsockname())
            first.listen()
            for shares in ((share,), ()):
                try:
                    bound(port, *shares)
                    print("both")
                except OSError as err:
                    print(err.strerror)
        # prints: True
        # prints: Address already in use
        # prints: Address already in use
        # prints: True
        # prints: both
        # prints: Address already in use
        """,
    "a connection from a port that was bound": """
        import socket
        server = socket.create_server(("127.0.0.1", 0))
        sock = socket.create_connection(server.getsockname(), 1, ("127.0.0.1", 0))
        end, address = server.accept()
        print(address == sock.getsockname() == end.getpeername())
        print(end.getsockname() == sock.getpeername() == server.getsockname())
        # prints: True
        # prints: True
        """,
    "a socket that is closed": """
        import socket
        for call in ("send", "recv", "accept", "sendall", "connect", "bind"):
            one = socket.socket()
            one.close()
            try:
                argument = {"recv": 9, "connect": ("", 1), "bind": ("", 0)}.get(call, b"x")
                getattr(one, call)(*[argument][call == "accept":])
            except OSError as err:
                print(call, err)
        """,
    "addresses of this host": """
        import socket
        def reached(host, port):
            with socket.socket() as sock:
                sock.settimeout(1)
                try:
                    sock.connect((host, port))
                except OSError as err:
                    return err.strerror
                return sock.getpeername()[0]
        hosts = "127.0.0.1", "127.1", "127.0.0.2", "0.0.0.0", "localhost"
        for bound in ("127.0.0.1", "127.0.0.2", ""):
            with socket.create_server((bound, 0)) as server:
                host, port = server.getsockname()
                print(host, [reached(host, port) for host in hosts])
        try:
            socket.socket().bind(("192.0.2.1", 0))
        except OSError as err:
            print(err.strerror)
        print(socket.gethostbyname("127.1"), socket.getaddrinfo("0.0.0.0", 80)[0][4])
        """,
    "what a script knows of itself": """
        import sys
        for file in (sys.stdout, sys.stderr):
            print(file.name, file.mode, file.fileno(), file.isatty(), file.encoding)
        print(__name__, __builtins__.__name__, __spec__, __package__, __doc__)
        # prints: <stdout> w 1 False utf-8
        # prints: <stderr> w 2 False utf-8
        # prints: __main__ builtins None None None
        """,
    "output by descriptor": """
        import os, sys
        os.write(1, b"one\\n")
        with open("/dev/stdout", "w") as file:
            file.write("two\\n")
        sys.stdout.flush()
        file = os.open("file", os.O_CREAT | os.O_WRONLY)
        kept = os.dup(1)
        os.dup2(file, 1)
        print("within", flush=True)
        os.dup2(kept, 1)
        print("three", open("file").read().strip(), flush=True)
        os.remove("file")
        # prints: one
        # prints: two
        # prints: three within
        """,
    "reading by message": """
        import socket, threading
        one, two = socket.socketpair()
        threading.Timer(0.1, one.sendmsg, ([b"a ", b"leaf"],)).start()
        print(two.recvmsg(9)[0])
        threading.Timer(0.1, one.send, (b"falls",)).start()
        buffer = bytearray(9)
        print(two.recvmsg_into([buffer])[0], bytes(buffer[:5]))
        # prints: b'a leaf'
        # prints: 5 b'falls'
        """,
    "the stack": """
        import inspect, threading, traceback
        def names():
            print([one.function for one in inspect.stack()], len(traceback.extract_stack()))
            print([one.name for one in traceback.extract_stack()])
        names()
        threading.Thread(target=names).start()
        # prints: ['names', '<module>'] 2
        # prints: ['<module>', 'names']
        # prints: ['names', 'run', '_bootstrap_inner', '_bootstrap'] 4
        # prints: ['_bootstrap', '_bootstrap_inner', 'run', 'names']
        """,
    "servers of the standard library": """
        import http.server, socket, socketserver, threading, urllib.request
        import xmlrpc.client, xmlrpc.server
        class Shout(socketserver.StreamRequestHandler):
            def handle(self):
                self.wfile.write(self.rfile.readline().upper())
        class Page(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.end_headers()
                self.wfile.write(self.path.encode())
            def log_message(self, *args):
                pass
        def begun(server):
            threading.Thread(target=server.serve_forever, daemon=True).start()
            return server.server_address[1]
        shout = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Shout)
        with socket.create_connection(("127.0.0.1", begun(shout))) as sock:
            sock.sendall(b"leaf\\n")
            print(sock.recv(9))
        page = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
        print(urllib.request.urlopen(f"http://127.0.0.1:{begun(page)}/leaf").read())
        calls = xmlrpc.server.SimpleXMLRPCServer(("127.0.0.1", 0), logRequests=False)
        calls.register_function(pow)
        print(xmlrpc.client.ServerProxy(f"http://127.0.0.1:{begun(calls)}").pow(2, 5))
        for server in (shout, page, calls):
            server.shutdown()
        # prints: b'LEAF\\n'
        # prints: b'/leaf'
        # prints: 32
        """,
}


def prints(program: str) -> str:
    """What a program says that it prints; nothing where only Python itself can say."""
    return "".join(f"{line}\n" for line in re.findall(r"# prints: (.*)$", program, re.M))


@pytest.mark.parametrize("program", KINDS.values(), ids=KINDS)
def test_a_kind_of_call_is_simulated(program: str, play: Play, python: Python) -> None:
    run = play(program)
    assert (run.how, run.stderr) == ("exit", ""), run.ended
    assert run.stdout == (prints(program) or python(program).stdout)


@pytest.mark.slow
@pytest.mark.parametrize("program", KINDS.values(), ids=KINDS)
def test_python_itself_does_the_same(program: str, python: Python) -> None:
    """A busy machine may be late: a run that differs is made again, and has to differ always."""
    for _ in range(3):
        done = python(program)
        if done.stdout == (prints(program) or done.stdout):
            return
    assert (done.stdout, done.stderr) == (prints(program), "")
