"""A stage as a real process, beside the servers that it needs, each of them a real process too."""

import ctypes
import hashlib
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import IO

from companion.processes.orphans import adopt, children, end_orphans
from companion.processes.signals import hear, restore
from companion.tutorial.stages import ROOT, Need, Stage, StageMap

# Commands that a machine may lack, and the Debian packages that bring them.
PACKAGES = {
    "curl": "curl",
    "escript": "erlang-base",
    "ghc": "ghc libghc-network-dev",
    "nc": "netcat-openbsd",
}
SCRIPT = ("{python}", "{path}")  # the command of a stage that has none of its own
# How a server says where it listens, at the end of a line: "on 127.0.0.1:10000", "on 10000".
PORT = re.compile(rb"\bon (?:\S+:)?(\d+)\s*$", re.MULTILINE)
OF_TERMINAL = (signal.SIGINT, signal.SIGQUIT)  # what keys send
SIGNALS = (*OF_TERMINAL, signal.SIGTERM, signal.SIGHUP, signal.SIGALRM)
FIRST_PORT = 10000  # in commands to type, as the tutorial has it
START_TIME = 20.0  # seconds that a server may take until it says its port
STOP_TIME = 2.0  # seconds that a server may take to end before it is killed
STAGE_TIME = 5.0  # the same for the stage, which may have poems to finish
GROUP_TIME = 0.2  # seconds in which a signal sent to the whole group ends the stage by itself


class RunError(Exception):
    """A stage can't be run; the message is one line that says what to do."""


def command_of(stage: Stage, args: Sequence[str] = ()) -> list[str]:
    """The command that starts a stage with these arguments, from any folder.

    Builds the stage first where it has to be built (seconds, the first time). Raises RunError
    where a tool is missing or the build fails.
    """
    missing = missing_tools(stage)
    if missing:
        packages = " ".join(PACKAGES.get(tool, tool) for tool in missing)
        tools = ", ".join(missing)
        raise RunError(f"{stage.id} needs {tools}; on Debian: apt-get install {packages}")
    build(stage)
    return fill(stage.run or SCRIPT, stage, build_folder(stage)) + list(args)


def missing_tools(stage: Stage) -> list[str]:
    """The commands that a stage needs and this machine lacks."""
    return [tool for tool in stage.tools if not shutil.which(tool)]


def fill(template: Sequence[str], stage: Stage, out: Path) -> list[str]:
    """A command of the map with its placeholders filled."""
    scripts = sysconfig.get_path("scripts")
    words = {"python": sys.executable, "bin": scripts, "path": stage.file, "out": out}
    return [word.format_map(words) for word in template]


def build_folder(stage: Stage) -> Path:
    """Where a stage's built program is: outside the tree, anew for every text of its source."""
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    source = "\0".join(stage.build).encode() + stage.file.read_bytes()
    return Path(cache, "twisted-companion", f"{stage.id}-{hashlib.sha256(source).hexdigest()[:12]}")


def build(stage: Stage) -> None:
    """Build the stage's program where it is not yet. Raises RunError with the compiler's words."""
    folder = build_folder(stage)
    if not stage.build or folder.is_dir():
        return
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
            out = Path(scratch, "out")
            out.mkdir()
            command = fill(stage.build, stage, out)
            done = compiled(stage, command)
            if done.returncode:
                raise RunError(f"can't build {stage.id}: {complaint(done.stderr or done.stdout)}")
            if not folder.is_dir():
                out.rename(folder)
    except OSError as err:
        raise RunError(f"can't build {stage.id} in {folder.parent}: {err.strerror}") from None


def compiled(stage: Stage, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
    except OSError as err:
        raise RunError(f"can't build {stage.id}: {command[0]}: {err.strerror}") from None


def complaint(text: str) -> str:
    """What a compiler complains of, in one line, and what to install where it lacks a module."""
    lines = [" ".join(line.split()) for line in text.splitlines() if line.strip()]
    if missing := [line for line in lines if "Could not find module" in line]:
        return f"{missing[0]}; on Debian: apt-get install {PACKAGES['ghc']}"
    wanted = [line for line in lines if "error" in line] or lines or ["the compiler says nothing"]
    return " ".join(wanted[:2])


def typed(stage: Stage, args: Sequence[str] = (), path: str = "") -> str:
    """The same command as a reader types it, at the root."""
    return shlex.join([*fill_typed(stage.run or SCRIPT, stage, path or stage.path), *args])


def typed_build(stage: Stage, path: str = "") -> str:
    """The command that builds the stage as a reader types it, at the root."""
    words = fill_typed(stage.build, stage, path or stage.path)
    return f"mkdir -p build/{stage.id} && {shlex.join(words)}"


def fill_typed(template: Sequence[str], stage: Stage, path: str) -> list[str]:
    """A command of the map as a reader types it: its commands stand on the shell's own path."""
    words = {"python": "python", "bin": "", "path": path, "out": f"build/{stage.id}"}
    return [word.replace("{bin}/", "").format_map(words) for word in template]


def typed_commands(stage: Stage, stages: StageMap) -> list[str]:
    """Every command to type, in its order: the servers that the stage needs, then the stage."""
    lines = [typed_build(stage)] if stage.build else []
    port = FIRST_PORT

    def start(need: Need) -> str:
        nonlocal port
        server = stages.by_id[need.stage]
        args = [*(need.args or server.args), *map(start, server.needs)]
        mine, port = str(port), port + 1
        lines.append(typed(server, ["--port", mine, *args]))
        return mine

    args = [*stage.args, *map(start, stage.needs)]
    if stage.kind in ("server", "proxy") and not stage.run:
        args = ["--port", str(port), *args]
    return [*lines, typed(stage, args)]


def exit_status(returncode: int) -> int:
    """A process's end as a shell tells it: a signal n as 128 + n."""
    return 128 - returncode if returncode < 0 else returncode


def spawn(
    command: Sequence[str], log: IO[bytes] | None = None, cwd: Path | None = None
) -> subprocess.Popen[bytes]:
    """Start a process that, on Linux, dies with this one, whatever ends it.

    With a log it is a server: in a session of its own, so that Ctrl-C on the terminal reaches the
    stage alone, and unbuffered, so that its port is read at once.
    """
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None

    def die_with_parent() -> None:
        if libc:
            libc.prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG

    if log is None:
        return subprocess.Popen(command, cwd=cwd, preexec_fn=die_with_parent)
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        cwd=cwd,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        start_new_session=True,
        preexec_fn=die_with_parent,
    )


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a process and wait for its end: politely first, by force after STOP_TIME."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(STOP_TIME)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@dataclass(frozen=True)
class Server:
    """A stage that runs as a server; what it prints goes to its log, a file without a name."""

    stage: Stage
    args: tuple[str, ...]
    upstream: tuple["Server", ...]
    process: subprocess.Popen[bytes]
    log: IO[bytes]

    def printed(self) -> bytes:
        # pread, since a seek here would move the offset that the process writes at.
        return os.pread(self.log.fileno(), 1 << 16, 0)

    def port(self) -> str:
        """Wait for the port that it prints. Raises RunError where it ends or stays silent."""
        end = time.monotonic() + START_TIME
        while time.monotonic() < end:
            ended = self.process.poll() is not None
            if match := PORT.search(self.printed()):
                return match[1].decode()
            if ended:
                words = self.printed().decode(errors="replace").strip().splitlines()
                raise RunError(f"{self.stage.id} did not start: {(words or ['no word'])[-1]}")
            time.sleep(0.005)
        raise RunError(f"{self.stage.id} did not say its port within {START_TIME:g} seconds")

    def typed(self) -> list[str]:
        """The commands that a reader types to have the same: what it needs, then itself."""
        lines = [line for server in self.upstream for line in server.typed()]
        return [*lines, typed(self.stage, ("--port", self.port(), *self.args))]


def start_server(need: Need, stages: StageMap, stack: ExitStack) -> Server:
    """Start one server after those that it needs; the stack stops them all.

    Does not wait for its port: start all that a stage needs, then ask each.
    """
    stage = stages.by_id[need.stage]
    upstream = tuple(start_server(below, stages, stack) for below in stage.needs)
    args = (*(need.args or stage.args), *(server.port() for server in upstream))
    log = stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115
    process = spawn(command_of(stage, args), log, ROOT)
    stack.callback(stop, process)
    return Server(stage, args, upstream, process, log)


class Run:
    """One run of a stage, and what a signal to this process does to it."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None
        self.ending = False
        self.pending = 0

    def on_signal(self, number: int, frame: FrameType | None) -> None:
        """Pass a signal on to the stage; before there is one, end."""
        if self.process is None:
            if not self.ending:
                self.ending = True
                raise SystemExit(128 + number)
        elif self.ending or (number in OF_TERMINAL and in_foreground()):
            pass  # the terminal has sent it to the stage too
        elif number != signal.SIGALRM:
            # Who signals the whole group, as timeout does, has signalled the stage: a second one
            # would only disturb its end.
            self.pending = number
            signal.setitimer(signal.ITIMER_REAL, GROUP_TIME, STAGE_TIME)
        elif self.pending:
            self.process.send_signal(self.pending)
            self.pending = 0
        else:
            self.process.kill()

    def wait(self, command: Sequence[str], cwd: Path | None) -> int:
        """Run the stage with this process's own input and output; its exit status."""
        try:
            self.process = spawn(command, cwd=cwd)
        except OSError as err:
            raise RunError(f"can't start {command[0]}: {err.strerror}") from None
        try:
            return exit_status(self.process.wait())
        finally:
            self.ending = True
            signal.setitimer(signal.ITIMER_REAL, 0)


def in_foreground() -> bool:
    """Whether the terminal sends Ctrl-C to this process, and so to the stage, by itself."""
    try:
        with open("/dev/tty", "rb") as terminal:
            return os.tcgetpgrp(terminal.fileno()) == os.getpgrp()
    except OSError:
        return False


def run_stage(
    stage: Stage, args: Sequence[str], stages: StageMap, tell: Callable[[str], object]
) -> int:
    """Run a stage as a reader would, and give its exit status; nothing is left running.

    Without arguments it gets those of the map, at the root, and the servers that it needs. `tell`
    is given each command that a reader could type instead. Raises RunError where it can't start.
    """
    run = Run()
    with ExitStack() as stack:
        adopt()
        stack.callback(end_orphans, children())
        stack.callback(restore, hear(SIGNALS, run.on_signal))
        path = ""
        if args:
            near = os.path.relpath(stage.file)
            path = str(stage.file) if near.startswith("..") else near
        elif not os.path.samefile(os.curdir, ROOT):
            tell(shlex.join(["cd", str(ROOT)]))
        if stage.build:
            tell(typed_build(stage, path))
        command = command_of(stage)
        if args:
            tell(typed(stage, args, path))
            return run.wait([*command, *args], None)
        servers = [start_server(need, stages, stack) for need in stage.needs]
        for line in [line for server in servers for line in server.typed()]:
            tell(line)
        args = [*stage.args, *(server.port() for server in servers)]
        tell(typed(stage, args))
        return run.wait([*command, *args], ROOT)
