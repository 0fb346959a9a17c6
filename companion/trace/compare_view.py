"""Two stages side by side: their lanes on one axis, where they differ in words, the outputs."""

from collections.abc import Iterator, Sequence
from itertools import groupby, zip_longest

from companion.event import Enter, Print, Wait
from companion.render.svg import ROW, fit, fit_mono
from companion.render.terminal import PIPE, Screen, as_json
from companion.render.text import pad, visible, wrap
from companion.trace.compare import Act, Comparison, Hunk
from companion.trace.picture import MARGIN, WIDE, WIDTH, Picture
from companion.trace.text import NAME_WIDTH, Pieces, axis_cells, axis_end, axis_place, lane_lines
from companion.trace.words import (
    how_text,
    left_text,
    row_text,
    say,
    times_text,
    unseen_lines,
    wait_text,
)
from companion.tutorial.stages import Stage

MOST_HUNKS, MOST_LINES = 8, 10  # places of difference that are shown, and acts of each side there
MOST_NAMES = 4  # functions that are named in a sentence
MOST_PRINTS = 3  # lines that are printed in one go


def difference_text(comparison: Comparison, lang: str = "en") -> str:
    """The first moment at which the two differ, in words."""
    if comparison.t is None:
        return same_text(comparison, lang)
    said = [
        act_text(stage, act, lang)
        for stage, act in zip(comparison.stages, comparison.first, strict=True)
    ]
    return say(lang, "differ", comparison.t, *said) + renamed_text(comparison, lang)


def same_text(comparison: Comparison, lang: str) -> str:
    """That they do the same: with what, under which names, and of which functions it says
    nothing."""
    said = say(lang, "same acts")
    if comparison.tried:
        said += say(lang, "tried", say(lang, "and").join(comparison.tried))
    if never := comparison.never:
        more = ["…"] if never[MOST_NAMES:] else []
        said += say(lang, "never called", say(lang, "and").join(never[:MOST_NAMES] + more))
    return said + renamed_text(comparison, lang)


def renamed_text(comparison: Comparison, lang: str) -> str:
    """Which functions of the second stand for which of the first."""
    names = [say(lang, "stands for", *pair) for pair in comparison.renamed.items()]
    more = ["…"] if names[MOST_NAMES:] else []
    return "".join(say(lang, "besides", name) for name in names[:MOST_NAMES] + more)


def act_text(stage: Stage, act: Act | None, lang: str) -> str:
    """What a stage does at that moment."""
    if act is None:
        return say(lang, "has ended", stage.id)
    event = act.row.event
    inside = inside_text(act, lang)
    if isinstance(event, Print):
        return say(lang, "prints", stage.id, repr(visible(event.text)), inside=inside)
    if isinstance(event, Wait):
        text = "waits itself" if act.row.depth else "its reactor waits"
        return say(lang, text, stage.id, wait_text(event, lang))
    if not isinstance(event, Enter):
        return say(lang, "does", stage.id, row_text(act.row, lang), inside=inside)
    if act.row.runs:
        runs = act.row.runs
        side = f"{runs.side} {runs.pair}"
        return say(lang, "its Deferred", stage.id, runs.deferred, event.function, side)
    if event.by in ("thread", "task"):
        return say(lang, "its task", stage.id, left_text(act.row, lang), event.function)
    text = {"stage": "itself", "reactor": "its reactor"}.get(event.by, "its library")
    return say(lang, text, stage.id, event.function, inside=inside)


def inside_text(act: Act, lang: str) -> str:
    """The function that it happens in."""
    return say(lang, "within", act.inside) if act.inside else ""


def ends(comparison: Comparison) -> float:
    """The end of the axis, in seconds: that of the longer run."""
    return max(trace.end for trace in comparison.traces)


def run_text(comparison: Comparison, number: int, lang: str) -> str:
    """How one of the two fared."""
    stage, run = comparison.stages[number], comparison.runs[number]
    seconds = comparison.traces[number].last
    return say(lang, "ran", stage.id, seconds, run.status, how_text(run.how, lang))


# Where they differ, side by side.


def hunk_head(hunk: Hunk, count: int, lang: str) -> str:
    """When and where two stages differ, and how often in this way."""
    act = (*hunk.before, *hunk.after)[0]
    inside = inside_text(act, lang)
    if count > 1:
        text = "hunk again once" if count == 2 else "hunk again"
        return say(lang, text, act.t, count - 1, inside=inside)
    return say(lang, "hunk", act.t, inside=inside)


def hunk_lines(hunk: Hunk, lang: str) -> Iterator[tuple[bool, str, str]]:
    """Lines of both sides: whether they are the same, and what each stage does."""
    shallowest = min(act.row.depth for act in (*hunk.ahead, *hunk.before, *hunk.after))
    for act in hunk.ahead:
        line = act_line(act, shallowest, lang)
        yield True, line, line
    both = [side_lines(acts, shallowest, lang) for acts in (hunk.before, hunk.after)]
    for before, after in zip_longest(*both, fillvalue=""):
        yield False, before, after


def side_lines(acts: Sequence[Act], shallowest: int, lang: str) -> list[str]:
    """What one stage does there; of what it prints in one go the first lines alone."""
    if not acts:
        return [say(lang, "nothing")]
    lines: list[str] = []
    for prints, group in groupby(acts, lambda act: isinstance(act.row.event, Print)):
        said = [act_line(act, shallowest, lang) for act in group]
        lines += folded(said, MOST_PRINTS, lang) if prints else said
    return folded(lines, MOST_LINES, lang)


def folded(lines: Sequence[str], most: int, lang: str) -> list[str]:
    """Lines, and how many more there are than so many."""
    left = len(lines) - most
    return [*lines[:most], times_text("lines left", left, lang)] if left > 1 else [*lines]


def act_line(act: Act, shallowest: int, lang: str) -> str:
    """One act: who calls, and what the stage does."""
    left, text = left_text(act.row, lang), row_text(act.row, lang)
    indent = "  " * (act.row.depth - shallowest)
    if left and isinstance(act.row.event, Wait):
        text = f"{say(lang, 'reactor')} {say(lang, 'call waits', text)}"
    elif left:
        text = f"{left} --> {text}"
    return visible(indent + text)


# The whole comparison.


def compare_text(comparison: Comparison, screen: Screen = PIPE) -> str:
    """The whole comparison, as wide as the screen at the most."""
    return "\n".join(screen.line(*pieces) for pieces in compare_lines(comparison, screen))


def compare_lines(comparison: Comparison, screen: Screen) -> Iterator[Pieces]:
    """Both on one axis, where they first differ, then each place, and what they print."""
    lang = screen.lang
    end = max(map(axis_end, comparison.traces))
    for number, trace in enumerate(comparison.traces):
        yield [(run_text(comparison, number, lang), "bold")]
        for line in unseen_lines(trace.events, lang):
            yield [(line, "dim")]
        idle = not number or trace.idle != comparison.traces[0].idle
        yield from lane_lines(trace, screen, end, idle)
    if comparison.t is not None and end:
        place = NAME_WIDTH + axis_place(comparison.t, end, axis_cells(screen))
        yield [(" " * place + "^ " + say(lang, "first"), "bold")]
    for line in wrap(difference_text(comparison, lang), screen.columns or 80):
        yield [(line, "bold")]
    yield []
    yield from hunks_pieces(comparison, screen)
    if not comparison.output:
        yield [(say(lang, "same output"), "")]
    for sign, lines in groupby(output_lines(comparison, lang), lambda line: line[0]):
        style = {"-": "red", "+": "green", "@": "cyan"}.get(sign, "")
        for line in folded([visible(line) for line in lines], MOST_PRINTS, lang):
            yield [(line, style)]


def output_lines(comparison: Comparison, lang: str) -> list[str]:
    """What they print, and their exit status, as a unified diff in a language."""
    ends = {
        f"(exit status {run.status}: {run.how})": say(
            lang, "end of output", run.status, how_text(run.how, lang)
        )
        for run in comparison.runs
    }
    return [line[0] + ends.get(line[1:], line[1:]) for line in comparison.output]


def hunks_pieces(comparison: Comparison, screen: Screen) -> Iterator[Pieces]:
    """Where they differ, in two columns; a bar marks the lines that are not the same."""
    half, lang = ((screen.columns or 80) - 3) // 2, screen.lang
    bar, found = "│" if screen.boxes else "|", comparison.hunks
    for hunk, count in found[:MOST_HUNKS]:
        yield [(hunk_head(hunk, count, lang), "bold")]
        for same, before, after in hunk_lines(hunk, lang):
            left, right = (screen.fit(text, half) for text in (before, after))
            yield [
                (pad(left, half), "dim" if same else "red"),
                (f" {' ' if same else bar} ", ""),
                (right, "dim" if same else "green"),
            ]
        yield []
    if left_out := len(found[MOST_HUNKS:]):
        yield [(times_text("hunks left", left_out, lang), "dim")]
        yield []


def compare_json(comparison: Comparison) -> str:
    """The whole comparison as a JSON object: the runs' events, and what each does elsewhere."""
    runs = [
        {
            "stage": stage.id,
            "seconds": round(run.seconds, 6),
            "status": run.status,
            "how": run.how,
            "events": [event.record for event in run.events],
        }
        for stage, run in zip(comparison.stages, comparison.runs, strict=True)
    ]
    places = [
        {
            "t": round((*hunk.before, *hunk.after)[0].t, 6),
            "times": count,
            "before": [act.row.event.record for act in hunk.before],
            "after": [act.row.event.record for act in hunk.after],
        }
        for hunk, count in comparison.hunks
    ]
    sentence = difference_text(comparison)
    return as_json(
        {"first": sentence, "differences": places, "output": comparison.output, "runs": runs}
    )


def lanes_of(comparison: Comparison, end: float, lang: str) -> Picture:
    """The lanes of both on one axis."""
    picture = Picture(comparison.traces[0], end, lang)
    for trace in comparison.traces:
        picture.trace = trace
        picture.overview()
        picture.y += 12
    return picture


def lanes_svg(comparison: Comparison, lang: str = "en") -> str:
    """The lanes of both on one axis, and nothing else."""
    return lanes_of(comparison, ends(comparison), lang).finished()


def compare_svg(comparison: Comparison, lang: str = "en") -> str:
    """The lanes of both on one axis, the first moment at which they differ, and each place."""
    end = ends(comparison)
    picture = lanes_of(comparison, end, lang)
    if comparison.t is not None:
        if end:
            x = WIDE.axis(end).x(comparison.t)
            picture.svg.line(x, 36, x, picture.y, "limit")
            said = say(lang, "first at", comparison.t)
            picture.text(x + 6 if x < 700 else 600, said)
        for hunk, count in comparison.hunks:
            draw_hunk(picture, hunk, count, [stage.id for stage in comparison.stages])
    return picture.finished()


def draw_hunk(picture: Picture, hunk: Hunk, count: int, names: Sequence[str]) -> None:
    """A place where they differ: one stage left, the other right."""
    lang, half = picture.lang, (WIDTH - 2 * MARGIN - 12) / 2
    picture.y += ROW / 2
    picture.text(MARGIN, hunk_head(hunk, count, lang), "bold")
    xs = MARGIN, MARGIN + half + 12
    top = picture.y
    for x, name in zip(xs, names, strict=True):
        picture.svg.text(x + 8, picture.y + 13, fit(name, half - 16), "dim")
    picture.y += ROW
    for same, *texts in hunk_lines(hunk, lang):
        for x, text in zip(xs, texts, strict=True):
            shown = fit_mono(text.lstrip(), half - 16 - indent_of(text))
            style = "mono dim" if same else "mono"
            picture.svg.text(x + 8 + indent_of(text), picture.y + 13, shown, style)
        picture.y += ROW
    for x in xs:
        picture.svg.ground(x, top, half, picture.y + 6 - top, "call")
    picture.y += 6


def indent_of(text: str) -> float:
    """Pixels that a line is indented by."""
    return 7.0 * (len(text) - len(text.lstrip()))
