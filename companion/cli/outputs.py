"""The files that a command writes: which may be, and that nothing is lost before there is more."""

import os
import stat
import sys
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from typing import TextIO, cast

import click

from companion.tutorial.stages import Stage, UnknownStageError, load_map


def refuse_one_file(**files: Path | None) -> None:
    """Refuse two options that name the same file: one would overwrite the other."""
    given = [(option, path) for option, path in files.items() if path is not None]
    for (one, path), (other, its_path) in combinations(given, 2):
        if are_one_file(path, its_path) and os.path.realpath(path) != os.devnull:
            raise click.UsageError(f"--{one} and --{other} both name {path}")


def are_one_file(*paths: Path) -> bool:
    """Whether two paths lead to the same file, which may be yet to be made; "-" is standard
    output."""
    one, other = ("/dev/stdout" if str(path) == "-" else path for path in paths)
    if os.path.exists(one) and os.path.exists(other):
        return os.path.samefile(one, other)
    return os.path.realpath(one) == os.path.realpath(other)


def refuse_programs(racers: Sequence[Stage | Path], **files: Path | None) -> None:
    """Refuse an option whose file is a program, which the reader rather wants to race."""
    for option, path in files.items():
        if path is not None and is_program(path, racers):
            raise click.UsageError(f"--{option} takes a file to write to, and {path} is a program")


def is_program(path: Path, racers: Sequence[Stage | Path]) -> bool:
    """Whether a word is rather what the reader wants to race than the name of a file to write."""
    if any(isinstance(racer, Path) and are_one_file(racer, path) for racer in racers):
        return True
    try:
        return bool(load_map().find(str(path)))
    except UnknownStageError:
        return os.path.isfile(path) and (path.suffix == ".py" or begins_as_program(path))


def begins_as_program(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(4).startswith((b"#!", b"\x7fELF"))
    except OSError:
        return False


def opened(**files: Path | None) -> tuple[dict[str, TextIO], bool]:
    """The files that options name, to write from their beginning, and whether one is standard
    output, which stays as it is. Nothing is emptied unless all can be written."""
    found = {option: open_to_add(option, path) for option, path in files.items() if path}
    for file in found.values():
        if not is_stdout(file):
            empty(file)
    return found, any(map(is_stdout, found.values()))


def open_to_add(option: str, path: Path) -> TextIO:
    try:
        return cast(TextIO, click.open_file(str(path), "a", encoding="utf-8"))
    except OSError as err:
        problem = f"can't write {path}: {err.strerror}"
        raise click.BadParameter(problem, param_hint=f"'--{option}'") from None


def is_stdout(file: TextIO) -> bool:
    """Whether it is standard output, also by another name of the same file or pipe."""
    ours = sys.stdout.fileno()
    return file.fileno() == ours or (
        os.path.sameopenfile(file.fileno(), ours) and not stat.S_ISCHR(os.fstat(ours).st_mode)
    )


def empty(file: TextIO) -> None:
    """Empty a file; a pipe or a device has nothing to lose."""
    if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        os.ftruncate(file.fileno(), 0)
