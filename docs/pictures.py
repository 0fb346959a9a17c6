"""Draws the pictures of the READMEs, in both languages, and those of docs/internals.md.

Usage: python -m docs.pictures [FOLDER]; without one, into docs/pictures/

Those of simulated time are the same on every run; tests/test_pictures.py holds the files to that.
`make pictures` draws the race as well, which is another one each time.
"""

import sys
from pathlib import Path

from companion.trace.compare import compare
from companion.trace.compare_view import compare_svg
from companion.trace.picture import trace_svg
from companion.trace.show import traced
from companion.trace.trace import Trace
from companion.tutorial.stages import load_map
from docs import house

FOLDERS = {"en": ".", "zh": "zh"}
# A picture's name, and the stage that it is of; or the two stages that are compared.
PICTURES = {
    "broken": ("client-1.0-broken",),
    "deferred": ("client-3.1", "client-4.0"),
    "chain": ("client-5.1",),
    "generator": ("client-7.0",),
    "cancel": ("defer-cancel-12",),
}


def drawn(ids: tuple[str, ...], lang: str) -> str:
    """One picture, from a run of its own."""
    stages = [load_map().by_id[id] for id in ids]
    if len(stages) == 2:
        before, after = stages
        return compare_svg(compare(before, after), lang)
    return trace_svg(Trace(traced(stages[0]).events), lang)


def main() -> None:
    root = Path(sys.argv[1]) if sys.argv[1:] else Path(__file__).parent / "pictures"
    for lang, name in FOLDERS.items():
        folder = root / name
        folder.mkdir(parents=True, exist_ok=True)
        for picture, ids in PICTURES.items():
            (folder / f"{picture}.svg").write_text(drawn(ids, lang), encoding="utf-8")
    folder = root / "internals"
    folder.mkdir(exist_ok=True)
    for picture, draw in house.PICTURES.items():
        (folder / f"{picture}.svg").write_text(draw(), encoding="utf-8")


if __name__ == "__main__":
    main()
