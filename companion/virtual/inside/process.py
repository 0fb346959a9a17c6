"""The process in which a stage runs, in virtual time or in real time, from its start to its exit.

It is forked from the server of `companion.virtual.inside.fork_server` for one job; it runs the
script as __main__ and writes what happens into the job's journal.
"""

import _socket
import atexit
import builtins
import contextlib
import fcntl
import gc
import importlib
import os
import random
import re
import resource
import select
import signal
import sys
import sysconfig
import tempfile
import threading
import time
from _thread import get_ident
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial
from io import RawIOBase
from types import CodeType, FrameType, MappingProxyType, ModuleType
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

from companion.peers.scenario import Scenario
from companion.virtual.forks import ARE_YOU_BLOCKED, ARE_YOU_BUSY, STATUSES, Job
from companion.virtual.inside import calls as virtual_calls
from companion.virtual.inside import limits
from companion.virtual.inside import sockets as virtual_sockets
from companion.virtual.inside.beside import Beside
from companion.virtual.inside.clock import MAIN_THREAD, clock
from companion.virtual.inside.loopback import unread
from companion.virtual.inside.network import Network
from companion.virtual.inside.threads import join_all
from companion.virtual.inside.tracebacks import is_harness, show
from companion.virtual.journal import packed

if TYPE_CHECKING:  # an event's classes are much to load for whoever emits records
    from companion.event import RunEnd

real_exit, real_kill, real_read, real_write = os._exit, os.kill, os.read, os.write
real_dup2, real_close = os.dup2, os.close
ROOM = 1 << 26  # bytes of a journal
LARGEST = 1 << 28  # bytes of any other file


class Recorder(RawIOBase):
    """Standard output or error: a pipe, as far as the stage can see; each line goes on record."""

    def __init__(self, stream: str, fd: int) -> None:
        self.stream, self.fd, self.name = stream, fd, f"<{stream}>"
        self.rest = b""
        self.pipe: int | None = None  # to read what is written to the descriptor itself
        self.own = (0, 0)  # what the descriptor is while it is that pipe
        self.is_elsewhere = False  # the stage has put something else in its place

    def fileno(self) -> int:
        return self.fd

    def writable(self) -> bool:
        return True

    def open(self) -> None:
        """Put a pipe with room for a megabyte in the descriptor's place, and watch it."""
        out, into = os.pipe()
        os.dup2(into, self.fd)
        os.close(into)
        self.pipe = fcntl.fcntl(out, fcntl.F_DUPFD_CLOEXEC, 1000)
        os.close(out)
        os.set_blocking(self.pipe, False)
        self.own = identity(self.fd)
        with contextlib.suppress(AttributeError, OSError):
            fcntl.fcntl(self.pipe, fcntl.F_SETPIPE_SZ, 1 << 20)
        virtual_sockets.net.watched[self.pipe] = self
        virtual_sockets.net.poll.register(self.pipe, select.POLLIN)

    def read(self) -> None:  # type: ignore[override]
        """Take up what was written to the descriptor past sys.stdout, or its end."""
        with contextlib.suppress(BlockingIOError):
            while self.pipe is not None:
                if data := real_read(self.pipe, 65536):
                    self.take(data)
                else:
                    virtual_sockets.net.poll.unregister(self.pipe)
                    self.pipe = None

    def compare(self) -> None:
        """Take up what the descriptor is now."""
        try:
            self.is_elsewhere = self.pipe is not None and identity(self.fd) != self.own
        except OSError:
            self.is_elsewhere = True

    def catch_up(self) -> None:
        """The same, if there is something."""
        if self.pipe is not None and unread(self.pipe):
            self.read()

    def write(self, data: Any) -> int:
        if self.is_elsewhere:
            return real_write(self.fd, data)
        self.catch_up()
        return self.take(bytes(data), journal.place())

    def take(self, data: bytes, where: Mapping[str, Any] = MappingProxyType({})) -> int:
        """Put each line on record, with where in the stage it was written."""
        if journal.fd < 0:
            return real_write(2, data)
        if b"\n" not in data:
            if journal.has_room(len(self.rest) + len(data)):
                self.rest += data
            return len(data)
        *lines, self.rest = (self.rest + data).split(b"\n")
        for line in lines:
            text = line.decode(errors="replace")
            journal.emit("print", text=text, stream=self.stream, **where)
        return len(data)

    def finish(self) -> None:
        if self.rest:
            text = self.rest.decode(errors="replace")
            journal.emit("print", text=text, stream=self.stream, partial=True)
            self.rest = b""


def identity(fd: int) -> tuple[int, int]:
    """The file that a descriptor stands for. Raises OSError where it is closed."""
    found = os.fstat(fd)
    return found.st_dev, found.st_ino


class Journal:
    """What happens in the run, in the order in which it is emitted.

    A record is written at once, so that none is lost where the process is killed.
    """

    fd = -1
    size = 0  # bytes written so far
    is_full = False
    number = 0  # of the program, where two of them write into one journal
    start: float | None = None  # in real time
    traced = False
    # Of a traced run: how many records there are, the numbers of the threads that had something to
    # emit, and, as the probe says in fields of an event, which task runs, and in which line.
    count = 0
    threads: ClassVar[dict[int, int]] = {}
    task: Callable[[], dict[str, str]] = dict
    place: Callable[[], dict[str, Any]] = dict

    def emit(self, kind: str, t: float | None = None, **fields: Any) -> None:
        if self.fd >= 0:
            if self.traced:
                self.count += 1
                fields = {**self.where(), **fields}
            if self.number:
                fields = {**fields, "program": self.number}
            if t is None:
                t = clock.now if self.start is None else time.monotonic() - self.start
            data = packed((t, kind, fields))
            if kind == "_end" or self.has_room(len(data)):
                self.size += len(data)
                real_write(self.fd, data)

    def has_room(self, size: int) -> bool:
        """Whether so many bytes more can be kept; if not, end the run, with what there is."""
        if self.size + size > ROOM and not self.is_full:
            self.is_full = True
            place = place_of(sys._getframe())
            line = f"busy at t={clock.now:.3f} s with {ROOM >> 20} MB of output and events"
            finish(0, "busy", f"{line}, in {place}")
        return not self.is_full

    def where(self) -> dict[str, Any]:
        """The thread and the task that something is emitted in, as fields of an event."""
        if (ident := get_ident()) == MAIN_THREAD:
            return {**self.task()}
        return {"thread": self.threads.setdefault(ident, len(self.threads) + 1), **self.task()}


journal = Journal()
outputs = Recorder("stdout", 1), Recorder("stderr", 2)


def finish(status: int, how: "RunEnd" = "exit", line: str = "", kill: int = 0) -> NoReturn:
    """End the process outright, with everything on record."""
    for output in outputs:
        output.catch_up()
        output.finish()
    if net := virtual_sockets.net:
        if how == "exit":
            net.close()
        for client in net.clients:
            journal.emit("_client", t=client.ended, how=client.how, data=bytes(client.received))
    journal.emit("_end", how=how, line=line)
    if net and net.beside:
        net.beside.leave(how)
    if kill:
        signal.signal(kill, signal.SIG_DFL)
        real_kill(os.getpid(), kill)
    real_exit(status & 0xFF if how == "exit" else STATUSES[how])


def write(fd: int, data: Any) -> int:
    """os.write: what goes to the standard output or error past sys.stdout is on record too."""
    return outputs[fd - 1].write(data) if fd in (1, 2) else real_write(fd, data)


def dup2(fd: int, fd2: int, inheritable: bool = True) -> int:
    """os.dup2; where it replaces standard output or error, what is printed goes on from there."""
    new = real_dup2(fd, fd2, inheritable)
    if new in (1, 2):
        outputs[new - 1].compare()
    return new


def close(fd: int) -> None:
    """os.close."""
    real_close(fd)
    if fd in (1, 2):
        outputs[fd - 1].compare()


# What the watching process asks, by a signal, of a run that does not come to its end.


def place_of(frame: FrameType | None) -> str:
    """The call that a frame is in, with file and line; then the stage's own line below it."""
    frames = sys._current_frames()
    for ident, task in clock.by_thread.items():
        if task.state == "runs":  # it has its turn, and is what the main thread waits for
            frame = frames.get(ident, frame)
    while frame and is_harness(frame.f_code.co_filename):
        frame = frame.f_back
    if frame is None:
        return "the simulation itself"
    name = os.path.basename(frame.f_code.co_filename)
    place = f"{source_at(frame)} at {name}:{frame.f_lineno}"
    main = getattr(sys.modules.get("__main__"), "__file__", "")
    below: FrameType | None = frame
    while below and below.f_code.co_filename != main:
        below = below.f_back
    if below and below is not frame:
        place += f", from {os.path.basename(main)}:{below.f_lineno}"
    return place


def source_at(frame: FrameType) -> str:
    """The expression that a frame is about to have the value of, or the function's name."""
    line, end_line, column, end = list(frame.f_code.co_positions())[frame.f_lasti // 2]
    try:
        with open(frame.f_code.co_filename, encoding="utf-8") as file:
            text = file.read().split("\n")[(line or 0) - 1]
    except (OSError, UnicodeError, IndexError):
        return frame.f_code.co_name
    whole = text.encode()[column or 0 : end if line == end_line else None]
    return whole.decode(errors="replace") or frame.f_code.co_name


def others_turn() -> bool:
    """Whether it is another program on the same clock that has the turn."""
    net = virtual_sockets.net
    return bool(net and net.beside and net.beside.waits)


def when_blocked(number: int, frame: FrameType | None) -> None:
    """End the run: the signal says that it is asleep in a call that is not replaced."""
    if others_turn():
        return
    line = (
        f"blocks for real in {place_of(frame)} at t={clock.now:.3f} s,"
        " which simulated time does not cover; use --real"
    )
    finish(0, "blocks", line)


waits_seen = [-1]


def when_busy(number: int, frame: FrameType | None) -> None:
    """End the run, which took too long, and say how: as busy where it never waits."""
    if others_turn():
        return
    # Asked twice: between the two a run that only takes long waits again.
    before, waits_seen[0] = waits_seen[0], clock.waits
    if journal.start is not None:
        finish(0, "still runs", "still runs when its time is over")
    elif before == clock.waits:
        line = f"busy at t={clock.now:.3f} s without ever waiting, in {place_of(frame)}"
        finish(0, "busy", line)
    elif before >= 0:
        finish(0, "still runs", f"still runs at t={clock.now:.3f} s, when its real time is over")


# The run.


def run(job: Job, link: int | None = None) -> NoReturn:
    """Run a job in this process, from its first line to its exit; `link` is a descriptor, where
    there is another program on the same clock."""
    set_up(job.scenario)
    if link is not None:
        set_up_turns(job, link)
    pid = {} if journal.start is None else {"pid": os.getpid()}
    journal.emit("start", argv=list(job.argv), **pid)
    status, kill = 0, 0
    try:
        run_main(job)
    except SystemExit as err:
        status = status_of(err.code)
    except BaseException as err:
        show(err)
        status = 1
        if isinstance(err, KeyboardInterrupt):
            kill = signal.SIGINT
        del err
    try:
        join_all()
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
        release_main()
    except BaseException as err:
        show(err)
    finish(status, kill=kill)


def set_up(scenario: Scenario) -> None:
    """Make the process what the scenario says, before the first line of the script."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 20000)), hard))
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST, LARGEST))
    os.chdir(scenario.folder or ".")
    random.seed(0)
    if scenario.luck is not None:
        force_luck(scenario.luck)
    virtual_calls.outcomes[:] = scenario.choices
    set_standard_files(scenario.stdin)
    signal.signal(ARE_YOU_BUSY, when_busy)
    if journal.start is None:
        set_up_time(scenario)
    if scenario.reactor:
        importlib.import_module(f"twisted.internet.{scenario.reactor}reactor").install()
    journal.traced = scenario.traced
    probe = "companion.probe.calls" if journal.start is None else "companion.probe.real"
    if scenario.probe:
        call(scenario.probe)
    if scenario.traced:
        call(f"{probe}:install")
    elif journal.start is not None:
        call(f"{probe}:watch")


def call(probe: str) -> None:
    """Call a probe, which is named as module:function, with the journal's emit."""
    module, _, name = probe.partition(":")
    getattr(importlib.import_module(module), name)(journal.emit)


def force_luck(luck: float) -> None:
    """Have every choice of random, by whatever function, fall at this place, from 0 to 1."""

    def below(self: random.Random, count: int) -> int:
        return int(luck * count)

    virtual_calls.replace(
        [
            (random.Random, "_randbelow", below),
            (random.SystemRandom, "_randbelow", below),
            (random.SystemRandom, "random", lambda self: luck),
            (random.Random, "random", lambda self: luck),
            (random, "random", lambda: luck),
        ]
    )


def set_up_time(scenario: Scenario) -> None:
    """Start the clock, and put the servers, the clients and the signals on it."""
    signal.signal(ARE_YOU_BLOCKED, when_blocked)
    clock.until, clock.end, clock.send = scenario.until, end, send_signal
    if scenario.events:
        clock.emit, clock.where = journal.emit, journal.where
    sys.meta_path.insert(0, limits.Finder)
    net = virtual_sockets.net = Network(
        clock, scenario.servers or (), scenario.clients, scenario.others
    )
    clock.react, clock.make_room = net.react, net.make_room
    for output in outputs:
        output.open()
    for t, name in scenario.signals:
        clock.at(t, partial(clock.signals.append, signal.Signals[name]))


def set_up_turns(job: Job, link: int) -> None:
    """Let the other program have its turns; that of the second begins when the first waits."""
    high = fcntl.fcntl(link, fcntl.F_DUPFD_CLOEXEC, 1000)
    os.close(link)
    net, journal.number = virtual_sockets.net, job.number
    net.beside = Beside(_socket.socket(fileno=high), job.beside, net, begun=job.number > 0)
    clock.give_way = net.beside.give_way
    if job.number:
        net.beside.take_turn()


def set_standard_files(stdin: str) -> None:
    """Descriptors 0, 1 and 2."""
    data = stdin.encode()
    if len(data) < 60000:
        out, into = os.pipe()
        real_write(into, data)
        os.close(into)
    else:
        file = tempfile.TemporaryFile()  # noqa: SIM115
        file.write(data)
        file.seek(0)
        out = os.dup(file.fileno())
    null = os.open(os.devnull, os.O_WRONLY)
    for old, new in ((out, 0), (null, 1), (null, 2)):
        os.dup2(old, new)
    for fd in (out, null):
        if fd > 2:
            os.close(fd)


def end(how: "RunEnd", line: str) -> NoReturn:
    """End the run in this way, with the line that says so."""
    finish(0, how, line)


def leave(status: int) -> NoReturn:
    """os._exit."""
    finish(status)


def kill(pid: int, number: int) -> None:
    """os.kill: a stage that ends itself by a signal, as twistd does, leaves its record behind."""
    if pid == os.getpid() and signal.getsignal(number) == signal.SIG_DFL:
        finish(0, kill=number)
    real_kill(pid, number)


OURS: list[tuple[Any, str, Any]] = [
    (os, "_exit", leave),
    *((os, one.__name__, one) for one in (kill, write, dup2, close)),
]


def send_signal(number: int) -> None:
    """Send the program a signal: one that it does not handle ends it."""
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    if signal.getsignal(number) == signal.SIG_DFL and number not in blocked:
        finish(0, "exit", kill=number)
    signal.raise_signal(number)


def run_main(job: Job) -> None:
    """Run the script, or twistd, as __main__."""
    module = ModuleType("__main__")
    module.__dict__["__builtins__"] = builtins
    sys.modules["__main__"] = module
    if job.program == "twistd":
        sys.argv = [os.path.join(sysconfig.get_path("scripts"), "twistd"), *job.argv[1:]]
        sys.path[0] = os.path.dirname(sys.argv[0])
        from twisted.scripts.twistd import run as run_twistd

        if job.plugin:
            take_plugin(job.plugin)
        sys.exit(run_twistd())  # type: ignore[no-untyped-call]
    path = os.path.abspath(job.program)
    sys.argv = [job.program, *job.argv[2:]]
    sys.path[0] = os.path.dirname(os.path.realpath(path))
    module.__file__ = path
    refuse_hidden(job.hidden)
    exec(script_of(path), module.__dict__)


def take_plugin(path: str) -> None:
    """Have twistd find the plugins of this file, and no others; it runs the first where its command
    line names none."""
    from twisted.application.app import ServerOptions
    from twisted.application.service import IServiceMaker
    from twisted.plugin import IPlugin

    module = ModuleType(f"twisted.plugins.{os.path.basename(path).partition('.')[0]}")
    module.__file__ = path
    sys.modules[module.__name__] = module
    exec(script_of(path), module.__dict__)
    wanted, every = (IServiceMaker, IPlugin), vars(module).values()
    found: list[Any] = [one for one in every if all(face.providedBy(one) for face in wanted)]
    ServerOptions._getPlugins = staticmethod(lambda *args: found)
    if found:
        sys.argv[:] = [word or found[0].tapname for word in sys.argv]


def refuse_hidden(names: Sequence[str]) -> None:
    """Refuse a script beside files that hide these modules, if one of them is loaded already."""
    for name in names:
        if name in sys.modules:
            where = "simulated time" if journal.start is None else "a trace"
            why = f"its own {name} hides another from what it imports"
            end("not covered", f"not covered by {where}: {why}; give that file another name")


def script_of(path: str) -> CodeType:
    """The script as it is now."""
    with open(path, "rb") as file:
        return compiled(file.read(), path)


@lru_cache(256)
def compiled(text: bytes, path: str) -> CodeType:
    """The code of a script. Raises SyntaxError, where Python does so when it reads the file."""
    try:
        text.decode()
    except UnicodeDecodeError as err:
        if not any(map(CODING.match, text.split(b"\n")[:2])):
            raise SyntaxError(
                f"Non-UTF-8 code starting with '\\x{text[err.start]:02x}' in file {path} on line"
                f" {text.count(10, 0, err.start) + 1}, but no encoding declared;"
                " see https://peps.python.org/pep-0263/ for details"
            ) from None
    return compile(text, path, "exec")


CODING = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*[-\w.]+")


def status_of(code: object) -> int:
    """The exit status for what SystemExit has; a text is printed, as Python does."""
    if code is None or isinstance(code, int):
        return code or 0
    print(code, file=sys.stderr)
    return 1


def release_main() -> None:
    """Let go of the stage's globals, and of the timers that are still set, as the interpreter does
    at its end: a Deferred that holds an error nobody handled says so when it is collected."""
    module = sys.modules.pop("__main__")
    names = module.__dict__
    del module
    names.clear()
    reactor = sys.modules.get("twisted.internet.reactor")
    for timers in ("_newTimedCalls", "_pendingTimedCalls"):
        getattr(reactor, timers, []).clear()
    gc.collect()
