"""Start one program on a signal, and report when it began, when it ended and what it used.

A process of its own, with descriptor 3 to be released and 4 to report.
The peak memory that the kernel counts for a process includes what its parent had at the fork: so
the parent has to be as small as this one, and only what exceeds it is reported. When descriptor 3
comes to its end the program is killed, with all that it started: nothing outlives the race, on
Linux not even what went into a session of its own.
"""

import _signal as signal  # type: ignore[import-not-found]  # less a megabyte for enums
import contextlib
import errno
import os
import select
import sys
import time

from companion.processes.orphans import adopt, end_orphans

GO, TELL = 3, 4
# ru_maxrss is in bytes on macOS and in KiB elsewhere.
UNIT = 1 if sys.platform == "darwin" else 1024


def report(*words: object) -> None:
    """Write a line to the race; where it is gone, to nobody."""
    line = " ".join(map(str, words)).replace("\n", "\N{REPLACEMENT CHARACTER}")
    with contextlib.suppress(BrokenPipeError):
        os.write(TELL, f"{line}\n".encode(errors="surrogateescape"))


def own_peak() -> int:
    """This process's own peak memory in KiB, which it can't know from ru_maxrss; 0 off Linux."""
    try:
        with open("/proc/self/status") as status:
            return int(status.read().partition("VmHWM:")[2].split()[0])
    except (OSError, IndexError):
        return 0


def end_group(pid: int) -> None:
    """Kill a process and all that it has started; nothing where they are gone."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def reason(err: OSError, path: str) -> str:
    """Why a program can't be started, where the system's own word would puzzle a reader."""
    if err.errno == errno.ENOENT and os.path.exists(path):
        return "the program that its first line names is missing"
    if err.errno == errno.ENOEXEC:
        return "it is no program; a script needs a first line such as #!/bin/sh"
    return str(err.strerror)


def main(command: list[str]) -> None:
    """Wait for the start, run the command, and report its output, its end and what it used."""
    os.setsid()  # Ctrl-C on the terminal is for the race, which ends us
    adopt()
    for fd in (GO, TELL):
        os.set_inheritable(fd, False)
    waker, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    report("ready")
    if not os.read(GO, 1):
        return
    began = time.monotonic()
    default = [signal.SIGPIPE, signal.SIGXFSZ]  # Python ignores them; a program expects them
    try:
        pid = os.posix_spawnp(command[0], command, os.environ, setpgroup=0, setsigdef=default)
    except OSError as err:
        report("failed", f"can't start {command[0]}: {reason(err, command[0])}")
        return
    report("start", repr(began), pid)
    killed = False
    while True:
        ready, _, _ = select.select([waker] if killed else [GO, waker], [], [])
        if GO in ready:
            killed = True
            end_group(pid)
            os.kill(pid, signal.SIGKILL)  # it may have left its group
        if waker in ready:
            os.read(waker, 64)
        ended, status, usage = os.wait4(pid, os.WNOHANG)
        if ended:
            break
    now = time.monotonic()
    end_group(pid)
    end_orphans()

    rss = usage.ru_maxrss * UNIT if usage.ru_maxrss > own_peak() else 0
    status = os.waitstatus_to_exitcode(status)
    report("exit", repr(now), status, repr(usage.ru_utime + usage.ru_stime), rss)
