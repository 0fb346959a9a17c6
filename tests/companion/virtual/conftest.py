"""What the tests of virtual time share."""

import subprocess
import sys
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from companion.peers.scenario import Scenario
from companion.peers.script import Script
from companion.virtual import run as virtual
from companion.virtual.run import Run
from tests.helpers.fixtures import Play, Python


@pytest.fixture
def play(tmp_path: Path) -> Play:
    """Runs a program that is given as its text, in simulated time."""

    def run(text: str, *servers: Script, limit: float = 10.0, **options: Any) -> Run:
        file = tmp_path / "program.py"
        file.write_text(dedent(text))
        scenario = Scenario(**{"args": (), "servers": servers} | options)
        return virtual.play(file, scenario, limit=limit)

    return run


@pytest.fixture
def python(tmp_path: Path) -> Python:
    """Runs a program that is given as its text, by Python itself."""

    def run(text: str, *args: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", dedent(text), *args]
        return subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)

    return run
