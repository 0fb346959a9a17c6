"""The command line: reads the arguments, calls one function, tells its error in one line."""

import sys
from typing import Any

import click

from companion.stages import MapError, Stage, StageMap, UnknownStageError, load_map


class StageType(click.ParamType[Stage]):
    """A stage, by its id or its path."""

    name = "stage"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Stage:
        if isinstance(value, Stage):
            return value
        try:
            return the_map().find(value)
        except UnknownStageError as err:
            self.fail(str(err), param, ctx)


STAGE = StageType()


def the_map() -> StageMap:
    """The map; where it is wrong, one line and the end."""
    try:
        return load_map()
    except MapError as err:
        raise click.ClickException(str(err)) from None


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="twisted-companion")
def companion() -> None:
    """Run, race, read and test the stages of the asynchronous-programming tutorial."""


LANG = click.option(
    "--lang",
    type=click.Choice(["en", "zh"]),
    help="Language of the texts; your locale's if left out.",
)
JSON = click.option("--json", "as_json", is_flag=True, help="Write JSON, for a program to read.")


@companion.command("list")
@LANG
@JSON
def list_(lang: str | None, as_json: bool) -> None:
    """Every stage, by part of the tutorial."""
    from companion.view_list import language, list_json, list_text

    stages = the_map()
    click.echo(list_json(stages) if as_json else list_text(stages, lang or language()))


@companion.command()
@click.argument("stage", type=STAGE)
@LANG
@JSON
def show(stage: Stage, lang: str | None, as_json: bool) -> None:
    """What a STAGE is and how to run it by hand, then its code."""
    from companion.view_list import language, show_json, show_terminal, show_text

    if as_json:
        click.echo(show_json(stage, the_map()))
    elif sys.stdout.isatty():
        show_terminal(stage, the_map(), lang or language())
    else:
        click.echo(show_text(stage, the_map(), lang or language()))


@companion.command()
@click.argument("number", required=False)
@click.option("--hints", is_flag=True, help="Show the hint of each exercise.")
@LANG
@JSON
def part(number: str | None, hints: bool, lang: str | None, as_json: bool) -> None:
    """What part NUMBER teaches, what to type and see, and its exercises.

    Without a NUMBER, the parts by title.
    """
    from companion import parts, view_part
    from companion.view_list import language

    stages, lang = the_map(), lang or language()
    try:
        every = parts.load_parts(stages)
        chosen = parts.find_part(number, every) if number else None
    except parts.PartError as err:
        raise click.ClickException(str(err)) from None
    except parts.UnknownPartError as err:
        raise click.UsageError(str(err)) from None
    if chosen is None:
        text = view_part.parts_json(every, stages) if as_json else view_part.parts_text(every, lang)
        click.echo(text)
    elif as_json:
        click.echo(view_part.part_json(chosen, stages))
    elif sys.stdout.isatty():
        view_part.part_terminal(chosen, stages, lang, hints)
    else:
        click.echo(view_part.part_text(chosen, stages, lang, hints))


@companion.command(context_settings={"ignore_unknown_options": True})
@click.argument("stage", type=STAGE)
@click.argument("args", nargs=-1, type=click.UNPROCESSED)
def run(stage: Stage, args: tuple[str, ...]) -> int:
    """Run a STAGE as a reader would, and whatever servers it needs beside it.

    ARGS, where there are any, replace the stage's own arguments, and no server is started.
    The exit status is the stage's.
    """
    from companion.run import RunError, run_stage

    def tell(command: str) -> None:
        click.echo(f"$ {command}", err=True)

    try:
        return run_stage(stage, args, the_map(), tell)
    except RunError as err:
        raise click.ClickException(str(err)) from None


# What follows the stage belongs to the stage, options too.
run.allow_interspersed_args = False


def main() -> None:
    """The entry point: Ctrl-C ends at once with status 130 and no traceback."""
    try:
        status = companion.main(standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as err:
        click.echo(err.format_message())
        sys.exit(2)
    except click.ClickException as err:
        click.echo(f"companion: {err.format_message()}", err=True)
        sys.exit(err.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except OSError as err:
        click.echo(f"companion: {err.strerror or err}", err=True)
        sys.exit(1)
    sys.exit(status if isinstance(status, int) else 0)


if __name__ == "__main__":
    main()
