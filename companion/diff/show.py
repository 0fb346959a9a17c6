"""Which view of a diff goes where: terminal, pipe, page or JSON."""

from collections.abc import Sequence
from pathlib import Path

import click

from companion.diff.definitions import SourceError
from companion.diff.steps import Step, StepError, all_steps, find_step
from companion.render.terminal import Screen, say_written
from companion.render.terminal import as_json as json_text
from companion.tutorial.stages import StageMap


class DiffError(RuntimeError):
    """A script can't be read, or a page not written; the message is one line."""


def show_diff(
    stages: StageMap,
    scripts: Sequence[str],
    screen: Screen,
    *,
    unified: bool = False,
    full: bool = False,
    html: Path | None = None,
    as_json: bool = False,
) -> None:
    """Show the step between scripts, or all steps where none is named.

    Raises DiffError, or UnknownStageError where a name is neither a stage nor a file.
    """
    try:
        steps = (find_step(stages, scripts),) if scripts else all_steps(stages)
    except SourceError as err:
        raise DiffError(str(err)) from None
    except StepError as err:
        raise click.UsageError(str(err)) from None
    lang = screen.lang
    if html:
        write_html(steps, lang, html, folder=not scripts, full=full)
        say_written(html, lang)
    elif as_json:
        from companion.diff.plain import step_json

        objects = [step_json(step) for step in steps]
        click.echo(json_text(objects[0] if scripts else objects))
    elif screen.columns:
        from companion.diff.terminal import diff_text

        screen.show(diff_text(steps, screen, unified=unified, full=full))
    else:
        from companion.diff.plain import unified as plain

        click.echo("\n".join(plain(step, lang) for step in steps))


def write_html(steps: Sequence[Step], lang: str, path: Path, *, folder: bool, full: bool) -> None:
    """Write a page of one step, or a folder of pages. Raises DiffError where it can't be
    written."""
    from companion.diff.html import write_page, write_pages

    try:
        if folder:
            write_pages(steps, lang, path, full=full)
        else:
            write_page(steps[0], lang, path, full=full)
    except OSError as err:
        raise DiffError(f"can't write {err.filename or path}: {err.strerror}") from None


def show_steps(stages: StageMap, screen: Screen, noise: bool, as_json: bool) -> None:
    """Show the table of all steps; with noise, each noise line under it."""
    from companion.diff.plain import noise_table, steps_json, steps_table

    steps = all_steps(stages)
    if as_json:
        click.echo(json_text(steps_json(steps)))
        return
    text = steps_table(steps, screen.columns, screen.lang)
    if noise and (lines := noise_table(steps, screen.lang)):
        text += f"\n\n{lines}"
    screen.show(text)
