"""Two stages compared, and shown: as text, or as a page with the diff of their code."""

import sys
from dataclasses import dataclass
from pathlib import Path

from companion.render.terminal import PIPE, Screen, say_written
from companion.trace.compare import compare
from companion.trace.compare_view import (
    compare_json,
    compare_svg,
    compare_text,
    difference_text,
    output_lines,
)
from companion.trace.words import say
from companion.tutorial.doings import next_text
from companion.tutorial.stages import Stage, load_map


@dataclass(frozen=True)
class Form:
    """On which screen, in which files or as JSON; and what to type next."""

    screen: Screen = PIPE
    next: str = ""
    as_json: bool = False
    html: Path | None = None
    svg: Path | None = None


def show_compare(before: Stage, after: Stage, fault: str, form: Form) -> None:
    """Compare and show. Raises TraceError, and OSError."""
    comparison = compare(before, after, fault)
    if form.as_json:
        print(compare_json(comparison), file=sys.stdout)
    elif not (form.html or form.svg):
        last = next_text(form.next, form.screen.lang)
        form.screen.show(f"{compare_text(comparison, form.screen)}\n\n{last}")
    if not (form.html or form.svg):
        return
    lang = form.screen.lang
    picture = compare_svg(comparison, lang)
    if form.svg:
        form.svg.write_text(picture, encoding="utf-8")
        say_written(form.svg, lang)
    if form.html:
        from companion.diff.html import page, template
        from companion.diff.steps import find_step
        from companion.trace.player import Played, player, script_of

        played = [
            Played(trace, script_of(stage), lang)
            for stage, trace in zip(comparison.stages, comparison.traces, strict=True)
        ]
        above = template("compare.html").render(
            sentence=difference_text(comparison, lang),
            player=player(played, lang),
            picture=picture,
            output="\n".join(output_lines(comparison, lang)) or say(lang, "same output"),
        )
        step = find_step(load_map(), (before.id, after.id))
        form.html.write_text(page(step, lang, above=above), encoding="utf-8")
        say_written(form.html, lang)
