"""Where a command prints: the reader's language, the terminal's width, and JSON for a program."""

import json
import os
import shutil
import sys
from collections.abc import Mapping
from typing import Any


def language(environment: Mapping[str, str] = os.environ) -> str:
    """The language of the reader's locale: zh where it is Chinese, en otherwise."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := environment.get(name):
            return "zh" if value.startswith("zh") else "en"
    return "en"


def terminal() -> tuple[int, bool]:
    """The columns of the terminal and whether it shows colours; 0 columns where there is none."""
    if not sys.stdout.isatty():
        return 0, False
    colour = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return shutil.get_terminal_size().columns, colour


def as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)
