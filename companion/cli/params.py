"""What is typed: the types of arguments, the options that commands share, and what is refused."""

import os
import re
import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import click

from companion.render.language import LANGUAGES, language_named
from companion.render.terminal import Screen, find_screen
from companion.trace.faults import FAULTS
from companion.tutorial.stages import Stage, UnknownStageError, load_map, program


class StageType(click.ParamType[Stage]):
    """A stage, by its id or its path."""

    name = "stage"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Stage:
        if isinstance(value, Stage):
            return value
        try:
            return load_map().find(value)
        except UnknownStageError as err:
            raise click.UsageError(str(err)) from None


class ClientType(StageType):
    """A stage, or a program of the reader's own."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if isinstance(value, str) and os.path.isfile(value):
            try:
                return load_map().find(value)
            except UnknownStageError:
                return Path(value)
        return super().convert(value, param, ctx)


class Program(NamedTuple):
    """A stage, or a file of the reader's own, and the arguments that are typed with it."""

    given: Stage | Path
    args: tuple[str, ...] = ()

    @property
    def stage(self) -> Stage:
        return program(self.given) if isinstance(self.given, Path) else self.given


class ProgramType(ClientType):
    """The same; in quotes, with its arguments."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        first, *args = [value] if os.path.isfile(value) else words_of(value)
        return Program(super().convert(first, param, ctx), tuple(args))


def words_of(text: str) -> list[str]:
    """The words of a command line; itself where it is none."""
    try:
        return shlex.split(text) or [text]
    except ValueError:
        return [text]


def other_program(args: tuple[str, ...]) -> Program | None:
    """The second program of a command line, where one follows the first: a stage, or a file that
    Python or twistd runs. Raises UsageError where something follows it."""
    if not args:
        return None
    name = words_of(args[0])[0]
    is_file = name.endswith((".py", ".tac")) and os.path.isfile(name)
    try:
        found: Program = PROGRAM.convert(args[0], None, None)
    except click.UsageError:
        return None
    if isinstance(found.given, Path) and not is_file:
        return None
    if args[1:]:
        raise click.UsageError(
            "put each program in quotes, with its arguments: 'server.py 8000' 'client.py 8000'"
        )
    return found


class CountType(click.IntRange):
    """How many there are."""

    name = "whole number"


class DelayType(click.FloatRange):
    """Seconds between two sends."""

    name = "number of seconds"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        seconds = super().convert(value, param, ctx)
        if seconds != seconds:  # nan is in every range
            self.fail(f"{value!r} is not a number of seconds", param, ctx)
        return float(seconds)


class FaultType(click.Choice[str]):
    """A fault that a server may have, in letters of either case."""

    def normalize_choice(self, choice: object, ctx: click.Context | None) -> str:
        return str(choice).upper()


class FaultOrCheckType(FaultType):
    """A fault, or a check of the reader's file, which is known when that is read."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if isinstance(value, str) and re.search("[-:]", value):
            return value
        return super().convert(value, param, ctx)


STAGE = StageType()
CLIENT = ClientType()
PROGRAM = ProgramType()
DELAY = DelayType(0.001, 3600)
OUTPUT = click.Path(path_type=Path, dir_okay=False, allow_dash=True)
AS = click.option(
    "--as", "as_stage", type=STAGE, help="The stage that a FILE of your own is to be."
)


def played(given: Stage | Path, as_stage: Stage | None) -> Stage:
    """A stage as it is, or a file in the place of the stage that --as names. Raises UsageError."""
    if isinstance(given, Stage):
        return given
    if as_stage is None:
        raise click.UsageError(f"say which stage {given} is to be: {given} --as client-4.0")
    return as_stage.played_by(given)


def named(given: Stage | Path, *args: str) -> str:
    """How a stage or a file is typed, in quotes with its arguments if it has any."""
    name = given.id if isinstance(given, Stage) else str(given)
    return shlex.quote(shlex.join([name, *args]) if args else name)


def refuse_unlike(one: Stage, other: Stage) -> None:
    """Refuse a server beside what is none: they do not have the same other end."""
    serve = [stage for stage in (one, other) if stage.kind in ("server", "proxy")]
    if len(serve) == 1:
        id = serve[0].id
        raise click.UsageError(
            f"{id} is a server, and the other is none: companion trace {id} shows it by itself"
        )


def refuse_as(as_stage: Stage | None, *given: Stage | Path | None) -> None:
    """Refuse --as where there is no file that it could belong to."""
    if as_stage and not any(isinstance(one, Path) for one in given):
        raise click.UsageError("--as goes with a file of your own: mine.py --as client-4.0")


def refuse_with_two(**options: object) -> None:
    """Refuse the options that are for one program alone."""
    for name, value in options.items():
        if value:
            raise click.UsageError(f"{name} goes with one program, not with two on one clock")


class LangType(click.ParamType[str]):
    """A language, also as a locale says it: zh, zh_CN, zh-Hans."""

    name = "language"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        found = language_named(str(value))
        if not found:
            self.fail(f"{value!r} is not one of {', '.join(LANGUAGES)}", param, ctx)
        return found


def chosen(context: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """What stands after the command, or else before it."""
    root = context.find_root()
    return value or (root.params.get("lang") if root is not context else None)


LANG = click.option(
    "--lang",
    metavar="en|zh",
    type=LangType(),
    callback=chosen,
    help="Language of the texts; your locale's if left out.",
)


def skip_pager(context: click.Context, param: click.Parameter, value: bool) -> None:
    """Remember it for the command, before which it may stand too."""
    if value:
        context.meta[NO_PAGER] = True


NO_PAGER = "companion.no-pager"
NO_PAGER_OPTION = click.option(
    "--no-pager",
    is_flag=True,
    is_eager=True,  # it may stand before --help
    expose_value=False,
    callback=skip_pager,
    help="Print at once what is longer than the terminal.",
)
JSON = click.option("--json", "as_json", is_flag=True, help="Write JSON, for a program to read.")
EVERY_FAULT = "; ".join(f"{name}: {fault.what}" for name, fault in FAULTS.items())
FAULT = click.option(
    "--with",
    "fault",
    metavar="FAULT",
    type=FaultType(tuple(FAULTS)),
    help=f"{EVERY_FAULT}.",
)
FAULT_OR_CHECK = click.option(
    "--with",
    "fault",
    metavar="FAULT|CHECK",
    type=FaultOrCheckType(tuple(FAULTS)),
    help=f"{EVERY_FAULT}; a check's key: what a file of your own does in that check.",
)
FILE = click.Path(path_type=Path, dir_okay=False)
CLIENT_HELP = r"Who comes to it: '0 hello\r\n 2 close' sends at once, and leaves after 2 s."


def paged(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of a command that prints a page of text."""
    return LANG(NO_PAGER_OPTION(command))


def screen_for(lang: str | None) -> Screen:
    """What standard output is, in the language that was chosen."""
    skips = click.get_current_context().meta.get(NO_PAGER, False)
    return replace(find_screen(lang), pages=not skips)


@contextmanager
def reported(
    *errors: type[Exception], usage: type[Exception] | tuple[type[Exception], ...] = ()
) -> Iterator[None]:
    """End with these errors in one line, and with those of `usage` as wrong usage."""
    try:
        yield
    except usage as err:
        raise click.UsageError(str(err)) from None
    except errors as err:
        raise click.ClickException(str(err)) from None
