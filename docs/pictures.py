"""Draws the pictures of the READMEs, in both languages, and those of docs/internals.md.

Usage: python -m docs.pictures [FOLDER]; without one, into docs/pictures/

They are the same on every run, and tests/test_pictures.py holds the files to that.
"""

import sys
from pathlib import Path

from docs import drawings, house

FOLDERS = {"en": ".", "zh": "zh"}


def main() -> None:
    root = Path(sys.argv[1]) if sys.argv[1:] else Path(__file__).parent / "pictures"
    for lang, name in FOLDERS.items():
        folder = root / name
        folder.mkdir(parents=True, exist_ok=True)
        for picture, draw in drawings.PICTURES.items():
            (folder / f"{picture}.svg").write_text(draw(lang), encoding="utf-8")
    folder = root / "internals"
    folder.mkdir(exist_ok=True)
    for picture, draw_house in house.PICTURES.items():
        (folder / f"{picture}.svg").write_text(draw_house(), encoding="utf-8")


if __name__ == "__main__":
    main()
