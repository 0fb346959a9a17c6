"""The files that a command writes: no two options name one, and none is emptied too soon."""

import os
import sys
from itertools import combinations
from pathlib import Path
from typing import TextIO

import click

from companion.tutorial.stages import UnknownStageError, load_map

STDOUT = ("-", "/dev/stdout")


def refuse_files(**files: Path | None) -> None:
    """Refuse two options that name the same file, of which one would overwrite the other; and one
    whose file is a program, which the reader rather wants to run."""
    given = [(option, path) for option, path in files.items() if path is not None]
    for (one, path), (other, its_path) in combinations(given, 2):
        if (is_stdout(path) and is_stdout(its_path)) or is_one_file(path, its_path):
            raise click.UsageError(f"--{one} and --{other} both name {path}")
    for option, path in given:
        if is_program(path):
            raise click.UsageError(f"--{option} takes a file to write to, and {path} is a program")


def is_stdout(path: Path) -> bool:
    """Whether a path is a name of standard output."""
    return str(path) in STDOUT


def is_one_file(one: Path, other: Path) -> bool:
    """Whether two paths lead to one file, which may be yet to be made; the null device is none."""
    if one.exists() and other.exists():
        return one.samefile(other) and str(one) != os.devnull
    return one.resolve() == other.resolve()


def is_program(path: Path) -> bool:
    """Whether a path is a stage, a Python file or a file that can be run."""
    try:
        return bool(load_map().find(str(path)))
    except UnknownStageError:
        return path.is_file() and (path.suffix == ".py" or os.access(path, os.X_OK))


def opened(**files: Path | None) -> tuple[dict[str, TextIO], bool]:
    """The files that options name, to write from their beginning, and whether one is standard
    output, which stays as it is. Nothing is emptied unless all can be written."""
    found: dict[str, TextIO] = {}
    given = {option: path for option, path in files.items() if path}
    for option, path in given.items():
        try:
            found[option] = sys.stdout if is_stdout(path) else path.open("a", encoding="utf-8")
        except OSError as err:
            problem = f"can't write {path}: {err.strerror}"
            raise click.BadParameter(problem, param_hint=f"'--{option}'") from None
    for option, path in given.items():
        if path.is_file() and not is_stdout(path):
            found[option].truncate(0)
    return found, sys.stdout in found.values()
