"""Two stages compared, and shown: as text, or as a page with the diff of their code."""

import sys
from pathlib import Path

from companion.compare import compare
from companion.stages import Stage, load_map
from companion.view_compare import compare_svg, compare_text, difference_text


def show_compare(before: Stage, after: Stage, fault: str, html: Path | None, width: int) -> None:
    """Compare and show. Raises TraceError, and OSError."""
    comparison = compare(before, after, fault)
    if html is None:
        print(compare_text(comparison, width), file=sys.stdout)
        return
    from companion.steps import find_step
    from companion.view_diff_html import page, template

    above = template("compare.html").render(
        sentence=difference_text(comparison),
        picture=compare_svg(comparison),
        output="\n".join(comparison.output) or "the same output and exit status",
    )
    step = find_step(load_map(), (before.id, after.id))
    html.write_text(page(step, "en", above=above), encoding="utf-8")
