"""Two stages side by side: their lanes on one axis, the first difference in words, the outputs."""

from collections.abc import Sequence

from companion.compare import Act, Comparison
from companion.event import Event
from companion.stages import Stage
from companion.view_trace import NAME, axis_cells, axis_place, end_of, lane_lines, row_text
from companion.view_trace_svg import Picture
from companion.width import clip, visible


def difference_text(comparison: Comparison) -> str:
    """The first moment at which the two differ, in words."""
    if comparison.t is None:
        return "they do the same, from the first moment to the last"
    told = [
        act_text(stage, act) for stage, act in zip(comparison.stages, comparison.first, strict=True)
    ]
    return f"at {comparison.t:.3f} s {told[0]}; {told[1]}"


def act_text(stage: Stage, act: Act | None) -> str:
    """What a stage does at that moment."""
    if act is None:
        return f"{stage.id} has ended"
    event = act.row.event
    inside = f" in {act.inside}" if act.inside else ""
    if event.kind != "enter":
        if event.kind == "print":
            return f"{stage.id} prints{inside} {visible(event['text'])!r}"
        if event.kind == "wait":
            who = "" if act.row.depth else "'s reactor"
            return f"{stage.id}{who} {'' if act.row.depth else 'waits '}{row_text(act.row)}"
        return f"{stage.id}{inside}: {row_text(act.row)}"
    if act.row.runs:
        runs = act.row.runs
        side = f"{runs['side']} {runs['pair']}"
        return f"{stage.id}'s D{runs['deferred']} calls {event['function']}, its {side}"
    if event["by"] == "stage":
        return f"{stage.id} calls {event['function']} itself{inside}"
    who = "reactor" if event["by"] == "reactor" else "library"
    return f"{stage.id}'s {who} calls {event['function']}"


def ends(comparison: Comparison) -> float:
    """The end of the axis, in seconds: that of the longer run."""
    return max(end_of(run.events) for run in comparison.runs)


def compare_text(comparison: Comparison, width: int = 80) -> str:
    """The whole comparison in at most `width` columns."""
    end = ends(comparison)
    lines: list[str] = []
    for stage, run in zip(comparison.stages, comparison.runs, strict=True):
        lines += [f"{stage.id}: {run.seconds:.3f} s, status {run.status} ({run.how})"]
        lines += lane_lines(run.events, width, end)
    if comparison.t is not None and any(run.seconds for run in comparison.runs):
        place = axis_place(comparison.t, end, axis_cells(width))
        lines += [" " * (NAME + place) + "^ here they first differ", ""]
    sentence = difference_text(comparison)
    output = comparison.output or ["the same output and exit status"]
    told = [clip(visible(line), width) for line in (*lines, *output)]
    return "\n".join([*told[: len(lines)], sentence, "", *told[len(lines) :]])


def compare_svg(comparison: Comparison) -> str:
    """The lanes of both on one axis, and the first moment at which they differ."""
    first: Sequence[Event] = comparison.runs[0].events
    picture = Picture(first, ends(comparison))
    for run in comparison.runs:
        picture.events = run.events
        picture.overview()
        picture.y += 12
    if comparison.t is not None:
        x = picture.x(comparison.t)
        picture.svg.line(x, 16, x, picture.y, "limit")
        picture.text(x + 6 if x < 700 else 600, f"here, at {comparison.t:.3f} s, they first differ")
    return picture.finished()
