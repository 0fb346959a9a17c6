"""What the tests of virtual time share."""

from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from companion.peers.script import Script
from companion.virtual.run import VirtualRun, run_real, run_virtual
from tests.helpers.fixtures import Play


@pytest.fixture
def play(tmp_path: Path) -> Play:
    """Runs a program that is given as its text."""

    def run(
        text: str, *servers: Script, real: bool = False, args: tuple[str, ...] = (), **options: Any
    ) -> VirtualRun:
        file = tmp_path / "program.py"
        file.write_text(dedent(text))
        if real:
            return run_real(file, args)
        return run_virtual(file, args, scripts=servers, **options)

    return run
