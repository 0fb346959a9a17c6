"""What simulated time does not cover: it is refused by name, before anything leaves the process."""

import _posixsubprocess
import faulthandler
import os
import socket
import ssl
import subprocess
import sys
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec, PathFinder
from types import FrameType, ModuleType
from typing import Any, NoReturn

from companion.virtual.inside.clock import clock
from companion.virtual.inside.tracebacks import is_harness

# Libraries that make their sockets, or switch between their threads, below Python, and the class
# that all of that begins with; gevent and eventlet stand on greenlet.
BELOW_PYTHON = {"uvloop": "Loop", "greenlet": "greenlet"}


def not_covered(what: str) -> NoReturn:
    """End the run: the program does what can't be simulated, where its own code now is."""
    main = getattr(sys.modules.get("__main__"), "__file__", None)
    frames = []
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        if not is_harness(frame.f_code.co_filename):
            frames.append(frame)
        frame = frame.f_back
    own = [one for one in frames if one.f_code.co_filename == main] or frames
    file, number = os.path.basename(own[0].f_code.co_filename), own[0].f_lineno
    line = f"not covered by simulated time: {what}, in {file}, line {number}; use --real"
    clock.end("not covered", line)


def refused(what: str) -> Callable[..., NoReturn]:
    """A call that ends the run, since simulated time does not cover `what`."""

    def refuse(*args: object, **kwargs: object) -> NoReturn:
        not_covered(what)

    return refuse


def fork_exec(*args: Any) -> int:
    """_posixsubprocess.fork_exec, refused unless ctypes looks for a library, as trio's import
    has it do."""
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        if frame.f_globals.get("__name__") == "ctypes.util":
            return real_fork_exec(*args)
        frame = frame.f_back
    not_covered(f"{CHILD} (subprocess)")


real_fork_exec = _posixsubprocess.fork_exec


class Finder:
    """Lets a library that works below Python be imported, as many do that can do without it, and
    refuses its use."""

    @staticmethod
    def find_spec(
        name: str, path: Sequence[str] | None = None, target: object = None
    ) -> ModuleSpec | None:
        spec = PathFinder.find_spec(name, path) if name in BELOW_PYTHON else None
        if spec and spec.loader:
            load = spec.loader.exec_module

            def load_unusable(module: ModuleType) -> None:
                load(module)
                begin = BELOW_PYTHON[name]
                unusable = {"__new__": refused(name)}
                setattr(module, begin, type(begin, (getattr(module, begin),), unusable))

            spec.loader.exec_module = load_unusable  # type: ignore[method-assign]
        return spec


def check_socket(sock: socket.socket, address: Any, call: str) -> None:
    """Refuse the use of a socket that could reach whoever is really there."""
    if sock.family == getattr(socket, "AF_UNIX", None):
        path = os.fspath(address) if not isinstance(address, bytes) else os.fsdecode(address)
        if call == "bind":
            own_paths.add(os.path.abspath(path))
        elif os.path.abspath(path) not in own_paths and (path[:1] == "\0" or os.path.exists(path)):
            not_covered("a Unix socket of another process")
    elif sock.type != socket.SOCK_STREAM:
        not_covered("UDP" if sock.type == socket.SOCK_DGRAM else "a raw socket")
    elif sock.family == socket.AF_INET6 and call == "bind":
        not_covered("to listen on IPv6")
    elif sock.family not in (socket.AF_INET, socket.AF_INET6):
        not_covered(f"a socket of the family {sock.family}")


own_paths: set[str] = set()  # of the Unix sockets that the program has bound

CHILD = "a child process"
PROCESSES = ("fork", "forkpty", "posix_spawn", "posix_spawnp", "system", "execv", "execve")
REPLACED: list[tuple[Any, str, Any]] = [
    *((os, name, refused(f"{CHILD} (os.{name})")) for name in PROCESSES),
    (subprocess, "_fork_exec", fork_exec),
    (_posixsubprocess, "fork_exec", fork_exec),
    (ssl.SSLContext, "wrap_socket", refused("ssl.SSLContext.wrap_socket")),
    (faulthandler, "dump_traceback_later", refused("faulthandler.dump_traceback_later")),
]
