"""What the probe emits in real time, beside what companion.probe.calls emits in any.

In simulated time the calls that a program waits in are replaced, and emit it; here they are the
real ones, and are only watched: nothing is waited for that the program does not wait for, and no
byte more is read. The ends of connections are known by their port; who is there, lane or client, is
known to companion.virtual.real, as are the servers' own events. It reads, beside the events:

    _begun    at: when the run began, by time.monotonic
    _listen   port: the stage listens on it
    _connect  port: the stage is about to connect to it
    _waits    the main thread begins to wait, and nothing of its own will end that
"""

import _socket
import select
import selectors
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from types import FrameType
from typing import Any

from twisted.internet import pollreactor, selectreactor

from companion.probe import calls as probe
from companion.probe.frames import Emit, stage_frame, whose_wait
from companion.virtual.forks import ARE_YOU_BLOCKED, ARE_YOU_BUSY
from companion.virtual.inside.calls import replace
from companion.virtual.inside.process import finish, journal, when_busy

# Seconds: what takes less may be the call itself, on a machine that has other things to do.
LEAST = 0.01

real_socket = _socket.socket
real_sleep, real_select = time.sleep, select.select
real_poll, real_epoll = select.poll, getattr(select, "epoll", None)
real_accept, real_listen = socket.socket.accept, socket.socket.listen
monotonic = time.monotonic


class Waits:
    """The waits of a program. That of the main thread which goes on is `pending`: its call, when
    it began, in seconds since the run began, and whether nothing of its own ends it.

    A wait is for at most `timeout` seconds; a poll, which has none to wait, is no wait.
    """

    pending: tuple[str, float, bool] | None = None
    by: dict[str, Any]  # whose the one is that goes on

    def now(self) -> float:
        return monotonic() - (journal.start or 0.0)

    def wait(self, call: str, timeout: float | None, function: Callable[[], Any]) -> Any:
        """What the function returns, or raises; emit a wait, if it took its time."""
        if timeout == 0:
            return function()
        if threading.current_thread() is not threading.main_thread():
            return self.wait_in_thread(call, function)
        before, start = self.pending, self.now()
        self.by = by = whose_wait()
        self.pending = call, start, timeout is None or reactor_rests()
        if self.pending[2]:
            journal.emit("_waits")
        try:
            return function()
        finally:
            self.pending = before
            if (until := self.now()) - start >= LEAST:
                journal.emit("wait", t=start, call=call, until=until, **by)

    def wait_in_thread(self, call: str, function: Callable[[], Any]) -> Any:
        """The same, in another thread than the main one: only the stage's own waits are emitted."""
        start, by = self.now(), whose_wait()
        try:
            return function()
        finally:
            if (until := self.now()) - start >= LEAST and by["by"] == "stage":
                journal.emit("wait", t=start, call=call, until=until, **by)

    def leave(self) -> None:
        """The run is ended, whatever it waits in."""
        if self.pending:
            call, start, _ = self.pending
            journal.emit("wait", t=start, call=call, until=None, **self.by)

    def when_quiet(self, number: int, frame: FrameType | None) -> None:
        """Nobody else has anything to do: if the program has neither, it is at its end."""
        if self.pending and self.pending[2] and not others_work():
            call, start, _ = self.pending
            self.leave()
            finish(0, "waits for ever", f"waits for ever from t={start:.3f} s in {call}")

    def when_over(self, number: int, frame: FrameType | None) -> None:
        self.leave()
        when_busy(number, frame)


waits = Waits()


def reactor_rests() -> bool:
    """Whether the reactor itself waits, and no timer of it is set: where one was cancelled, it
    wakes up once more at its time."""
    reactor: Any = sys.modules.get("twisted.internet.reactor")
    if reactor is None or stage_frame(sys._getframe()) is not None:
        return False
    return not reactor.getDelayedCalls()


def others_work() -> bool:
    """Whether another thread than the main one does anything; those of a pool may rest."""
    pool = getattr(sys.modules.get("twisted.internet.reactor"), "threadpool", None)
    return threading.active_count() - 1 > len(getattr(pool, "waiters", ()))


# The calls.


def sleep(seconds: float) -> None:
    """time.sleep, whose wait is emitted."""
    waits.wait("sleep", seconds, lambda: real_sleep(seconds))


def watched_select(
    reads: Iterable[Any],
    writes: Iterable[Any],
    excepts: Iterable[Any],
    timeout: float | None = None,
) -> Any:
    """select.select, whose wait is emitted."""
    return waits.wait("select", timeout, lambda: real_select(reads, writes, excepts, timeout))


class Poll:
    """select.poll."""

    call = "poll"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.real = self.make(*args, **kwargs)

    def make(self) -> Any:
        return real_poll()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)

    def poll(self, timeout: float | None = None, *args: Any, **kwargs: Any) -> Any:
        limit = None if timeout is None or timeout < 0 else timeout
        return waits.wait(self.call, limit, lambda: self.real.poll(timeout, *args, **kwargs))


class Epoll(Poll):
    """select.epoll."""

    call = "epoll"

    def make(self, *args: Any, **kwargs: Any) -> Any:
        assert real_epoll is not None
        return real_epoll(*args, **kwargs)

    @classmethod
    def fromfd(cls, fd: int) -> "Epoll":
        self = cls.__new__(cls)
        assert real_epoll is not None
        self.real = real_epoll.fromfd(fd)
        return self

    def __enter__(self) -> "Epoll":
        return self

    def __exit__(self, *args: object) -> None:
        self.real.close()


def port_at(address: Callable[[], Any]) -> int:
    """The port of one end of a connection; 0 where there is none."""
    with suppress(OSError):
        found = address()
        return int(found[1]) if isinstance(found, tuple) else 0
    return 0


def waiting(call: str, name: str = "") -> Callable[..., Any]:
    """A method of a socket that may wait."""
    method = getattr(real_socket, name or call)

    def watched(sock: socket.socket, *args: Any, **kwargs: Any) -> Any:
        return waits.wait(call, sock.gettimeout(), lambda: method(sock, *args, **kwargs))

    return watched


def reading(name: str) -> Callable[..., Any]:
    """recv and its like."""
    method = waiting(name)

    def read(sock: socket.socket, *args: Any, **kwargs: Any) -> Any:
        port = port_at(sock.getpeername)
        data = method(sock, *args, **kwargs)
        size = data if isinstance(data, int) else len(data)
        if size and port:
            journal.emit("read", port=port, bytes=size)
        return data

    return read


def connecting(name: str) -> Callable[..., Any]:
    """connect or connect_ex, which emits the port that the program is about to connect to."""
    method = waiting("connect", name)

    def connect(sock: socket.socket, address: Any) -> Any:
        journal.emit("_connect", port=port_at(lambda: address))
        return method(sock, address)

    return connect


def accept(sock: socket.socket) -> Any:
    """socket.accept, whose wait is emitted."""
    return waits.wait("accept", sock.gettimeout(), lambda: real_accept(sock))


def listen(sock: socket.socket, *args: Any) -> None:
    """socket.listen, whose port is emitted."""
    real_listen(sock, *args)
    if port := port_at(sock.getsockname):
        journal.emit("_listen", port=port)


WATCHED: list[tuple[Any, str, Any]] = [
    (time, "sleep", sleep),
    (select, "select", watched_select),
    (select, "poll", Poll),
    (select, "epoll", Epoll),
    (selectors.SelectSelector, "_select", staticmethod(watched_select)),
    (selectors.PollSelector, "_selector_cls", Poll),
    (getattr(selectors, "EpollSelector", None), "_selector_cls", Epoll),
    (pollreactor, "poll", Poll),
    (sys.modules.get("twisted.internet.epollreactor"), "epoll", Epoll),
    (selectreactor, "_select", watched_select),
    *((socket.socket, name, reading(name)) for name in ("recv", "recv_into")),
    *((socket.socket, name, waiting("send", name)) for name in ("send", "sendall")),
    *((socket.socket, name, connecting(name)) for name in ("connect", "connect_ex")),
    (socket.socket, "accept", accept),
    (socket.socket, "listen", listen),
]


def watch(emit: Emit) -> float:
    """Watch the calls of this process, which runs in real time, from now on; the time it begins,
    by time.monotonic."""
    replace(WATCHED)
    signal.signal(ARE_YOU_BLOCKED, waits.when_quiet)
    signal.signal(ARE_YOU_BUSY, waits.when_over)
    begun = journal.start = monotonic()
    emit("_begun", at=begun)
    return begun


def install(emit: Emit) -> None:
    """Watch its calls, and what the stage's own code does."""
    begun = watch(emit)

    def emit_since(kind: str, t: float | None = None, **fields: Any) -> None:
        emit(kind, t if t is None else t - begun, **fields)

    probe.install(emit_since, lambda port: {"port": port} if port else {}, real=True)
