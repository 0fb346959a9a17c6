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


def main() -> None:
    """The entry point: Ctrl-C ends at once with status 130 and no traceback."""
    try:
        status = companion.main(standalone_mode=False)
    except click.ClickException as err:
        click.echo(f"companion: {err.format_message()}", err=True)
        sys.exit(err.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    sys.exit(status if isinstance(status, int) else 0)


if __name__ == "__main__":
    main()
