"""What a program costs: its CPU time, and whether its output is whole."""

import os
import resource
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from table import BenchError

from companion.processes.build import command_of
from companion.processes.servers import start_server
from companion.tutorial.stages import Need, Stage, StageMap, load_map

PEERS = Path(__file__).parent / "peers"
TRANSFORM = " + transform"  # in the name of a peer that does what clients 6 to 9 do
BEYOND = 22  # the part that is not the tutorial's
LIMIT = 300.0  # seconds that one program may take
# Client 5 leaves its outcome to random.choice; here it is always the first, which is success.
FIRST_CHOICE = (
    "import random, runpy, sys; random.choice = lambda options: options[0];"
    " sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0], run_name='__main__')"
)


@dataclass(frozen=True)
class Program:
    """Something to measure: `command` gets its servers' addresses as further arguments.

    One that `transforms` makes a second connection a poem, as clients 6 to 9 do.
    """

    name: str
    command: tuple[str, ...]
    transforms: bool = False
    stage: bool = False


def stage_program(stage: Stage) -> Program:
    command = command_of(stage)
    if stage.part == 10:
        command[1:1] = ["-c", FIRST_CHOICE]
    transforms = "transform-server" in [need.stage for need in stage.needs]
    return Program(stage.id, tuple(command), transforms, stage=True)


def peer(name: str, *args: str) -> Program:
    """A script of bench/peers; with --transform it does what clients 6 to 9 do."""
    command = (sys.executable, str(PEERS / f"{name}.py"), *args)
    transforms = "--transform" in args
    return Program(name.replace("_", " ") + transforms * TRANSFORM, command, transforms)


def every_descriptor() -> None:
    """Let this process and its children have as many descriptors as the system allows."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


class Running:
    """A program that runs, with a file for its output; a context that leaves nothing behind."""

    def __init__(self, program: Program, args: Sequence[str]) -> None:
        self.program = program
        self.output = tempfile.TemporaryFile()  # noqa: SIM115
        self.errors = tempfile.TemporaryFile()  # noqa: SIM115
        command = [*program.command, *args]
        self.process = subprocess.Popen(command, stdout=self.output, stderr=self.errors)
        self.timer = threading.Timer(LIMIT, self.process.kill)
        self.timer.start()

    def __enter__(self) -> "Running":
        return self

    def __exit__(self, *error: object) -> None:
        self.timer.cancel()
        if self.process.returncode is None:
            self.process.kill()
            self.wait()
        self.output.close()
        self.errors.close()

    def wait(self) -> float:
        """Wait for its end: its CPU seconds, user and system."""
        _, status, usage = os.wait4(self.process.pid, 0)
        self.process.returncode = os.waitstatus_to_exitcode(status)
        return usage.ru_utime + usage.ru_stime

    def cost(self, size: int | None = None) -> float:
        """The same; BenchError where it failed, or wrote other than `size` bytes."""
        cpu, name = self.wait(), self.program.name
        if self.process.returncode:
            self.errors.seek(0)
            told = self.errors.read().decode(errors="replace").strip().splitlines()
            why = (told or ["no message"])[-1]
            raise BenchError(f"{name} failed, status {self.process.returncode}: {why}")
        written = os.fstat(self.output.fileno()).st_size
        if size is not None and written != size:
            raise BenchError(f"{name} wrote {written} bytes where {size} were due")
        return cpu


def cpu_of(program: Program, args: Sequence[str], size: int | None = None) -> float:
    """Run a program to its end: its CPU seconds. Raises BenchError as Running.cost does."""
    with Running(program, args) as running:
        return running.cost(size)


@contextmanager
def poem_servers(ports: int, delay: float, poem: Path) -> Iterator[list[str]]:
    """Servers of a poem in a process of their own (see poem_servers.py): their addresses."""
    command = [sys.executable, str(Path(__file__).with_name("poem_servers.py"))]
    command += [str(ports), str(delay), str(poem)]
    # It ends with its standard input, whatever ends this process.
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise BenchError("the poem servers did not start")
        yield [f"127.0.0.1:{port}" for port in line.decode().split()]


@contextmanager
def transform_server() -> Iterator[str]:
    """The transform server of the map: its address."""
    with ExitStack() as stack:
        server = start_server(Need("transform-server"), load_map(), stack)
        yield f"127.0.0.1:{server.port()}"


def clients(stages: StageMap, first: str, last: str) -> list[Stage]:
    """The map's Twisted clients from one id to another, but those that show a stack."""
    found = [s for s in stages.stages if s.kind == "client" and s.id.startswith("client-")]
    ids = [s.id for s in found]
    chosen = found[ids.index(first) : ids.index(last) + 1]
    return [s for s in chosen if not s.id.endswith("-stack")]


def tutorial(names: Iterable[str]) -> list[str]:
    """Those that are the tutorial's clients, which the bounds are for; not the one beyond it."""
    beyond = [stage.id for stage in load_map().stages if stage.part == BEYOND]
    return [name for name in names if name.startswith("client") and name not in beyond]


def progress(words: str) -> None:
    """Tell whoever waits at a terminal how far the bench is."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{words}", end="", file=sys.stderr, flush=True)
