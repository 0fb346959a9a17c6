"""The server that stages are forked from: it has imported Twisted, but no reactor.

In virtual time it has done so after the calls of `companion.virtual.inside.calls` were put in
place. It has one thread, and starts as `python -m companion.virtual.inside.fork_server MODE`, with
a Unix socket as its standard input; `companion.virtual.forks` is at the other end.
"""

import _socket
import argparse
import contextlib
import fcntl
import gc
import importlib
import os
import pickle
import select
import signal
import socket
import sys
import time
import warnings
from io import TextIOWrapper
from typing import Any

from companion.processes.orphans import adopt, end_orphans
from companion.virtual.forks import Job
from companion.virtual.inside import calls as virtual_calls
from companion.virtual.inside.process import (
    OURS,
    finish,
    journal,
    outputs,
    real_write,
    run,
    script_of,
)

PRELOADED = (
    *("argparse", "asyncio", "datetime", "encodings.idna", "functools", "select"),
    *(f"twisted.internet.{name}reactor" for name in ("asyncio", "poll", "select")),
    *(f"twisted.internet.{name}" for name in ("defer", "endpoints", "protocol", "task", "tcp")),
    *("twisted.internet.default", "twisted.protocols.basic", "twisted.python.log"),
    *("concurrent.futures.thread", "companion.probe.calls"),
)
# What only a program of twistd needs, which is loaded with the first of them.
OF_TWISTD = (
    *("twisted.plugin", "twisted.application.internet", "twisted.python.usage"),
    "twisted.scripts.twistd",
)
real_fork, real_poll = os.fork, select.poll


def prepare(virtual: bool) -> None:
    """Put the calls in place, then import what stages import, except a reactor; there is little to
    collect meanwhile."""
    gc.disable()
    for name, output in zip(("stdout", "stderr"), outputs, strict=True):
        errors = "strict" if name == "stdout" else "backslashreplace"
        text = TextIOWrapper(output, "utf-8", errors, "\n", write_through=True)  # type: ignore[type-var]
        text.mode = "w"  # type: ignore[misc]
        setattr(sys, name, text)
        setattr(sys, f"__{name}__", text)
    assert isinstance(sys.stdin, TextIOWrapper)
    sys.stdin.reconfigure(encoding="utf-8", errors="strict")
    time.tzset()
    virtual_calls.replace([*virtual_calls.REPLACED_ALWAYS, *OURS])
    virtual_calls.replace(virtual_calls.REPLACED if virtual else virtual_calls.RESERVED_NAMES)
    for name in PRELOADED:
        importlib.import_module(name)
    virtual_calls.replace(virtual_calls.replaced_later(virtual))
    for arguments in ([None], ["+"], [None, "+"]):  # it keeps the expressions that it compiles
        parser = argparse.ArgumentParser()
        for number, nargs in enumerate(arguments):
            parser.add_argument(f"argument {number}", nargs=nargs)
        parser.parse_args(["10000"] * len(arguments))
        parser.format_help()
    assert "twisted.internet.reactor" not in sys.modules
    gc.collect()
    fill_holes()
    gc.freeze()
    gc.enable()


def fill_holes() -> None:
    """Take the room between the objects that there are, size by size, until a whole pool of
    Python's is new: what a forked process makes lies side by side then, so that it has fewer pages
    to copy."""
    holes.append([(object(), number / 3) for number in range(3000)])  # 16 and 24 bytes
    for size in range(48, 513, 16):
        in_a_row, last = 0, 0
        while in_a_row < POOL // size and len(holes) < 100_000:
            one = bytes(size - 34)  # an object of bytes begins with 33 others
            in_a_row = in_a_row + 1 if id(one) == last + size else 1
            last = id(one)
            holes.append(one)
        del holes[-in_a_row:]


holes: list[object] = []
POOL = 16384 - 48  # bytes for objects in a pool, of a size each, in Objects/obmalloc.c


def serve(fd: int, mode: str) -> None:
    """Fork a process for each job that comes through a Unix socket, and report its end."""
    requests: Any = _socket.socket(fileno=fd)  # whose calls are not replaced
    adopt()
    prepare(mode == "virtual")
    out, into = os.pipe()
    os.set_blocking(into, False)
    signal.set_wakeup_fd(into, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *args: None)
    running: dict[int, int] = {}
    poll = real_poll()
    poll.register(fd, select.POLLIN)
    poll.register(out, select.POLLIN)
    while True:
        for ready, _ in poll.poll():
            if ready == out:
                os.read(out, 4096)
                reap(running)
                continue
            message, fds, _, _ = socket.recv_fds(requests, 1, 4)
            if not message:
                for pid in running:
                    end_group(pid)
                end_orphans()
                return
            start(fds, running, (requests.fileno(), out, into), mode)


def start(fds: list[int], running: dict[int, int], ours: tuple[int, ...], mode: str) -> None:
    """Fork a process for the job, journal and control that are given as descriptors, and the link
    to another process if there is one."""
    job, record, control, *links = fds
    with os.fdopen(job, "rb") as file:
        work: Job = pickle.load(file)
    compile_ahead(work)
    if work.program == "twistd":
        for name in OF_TWISTD:
            importlib.import_module(name)
    pid = real_fork()
    with contextlib.suppress(OSError):  # both do it, since nobody knows who comes first
        os.setpgid(pid, pid)
    if pid:
        running[pid] = control
        for fd in (record, *links):
            os.close(fd)
        try:
            real_write(control, b"%d\n" % pid)
        except BrokenPipeError:  # whoever wanted it has gone meanwhile, by Ctrl-C say
            os.kill(pid, signal.SIGKILL)
        return
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        for fd in (*ours, *running.values()):
            os.close(fd)
        journal.fd = fcntl.fcntl(record, fcntl.F_DUPFD_CLOEXEC, 1000)
        os.close(record)
        os.close(control)
        if mode == "real":
            journal.start = time.monotonic()
        # So that cycles are found at the same moments in every run, whatever was run before.
        gc.collect()
        run(work, *links)
    except BaseException as err:
        finish(0, "broken", f"the simulation is broken: {type(err).__name__}: {err}")


def compile_ahead(job: Job) -> None:
    """Compile the script once for every process that runs it. What is wrong with it is said by the
    process itself, which comes to it again."""
    path = os.path.join(job.scenario.folder or "", job.program)
    if os.path.isfile(path):
        with contextlib.suppress(Exception), warnings.catch_warnings():
            warnings.simplefilter("error")
            script_of(os.path.abspath(path))


def end_group(pid: int) -> None:
    """Kill a process, and those that it has started in real time."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def reap(running: dict[int, int]) -> None:
    """Report the exit status and the CPU seconds of each process that has ended. What they have
    left in sessions of their own is ended with the last of them."""
    while running:
        pid, status, used = os.wait4(-1, os.WNOHANG)
        if not pid:
            return
        if pid not in running:  # it was left behind, and has ended by itself
            continue
        control = running.pop(pid)
        end_group(pid)
        if not running:
            end_orphans()
        with contextlib.suppress(OSError):  # nobody may wait for it any more
            code, cpu = os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime
            real_write(control, b"%d %f\n" % (code, cpu))
        os.close(control)


if __name__ == "__main__":
    serve(0, sys.argv[1])
