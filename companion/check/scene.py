"""The run in which a file failed in a check, for whoever wants to see it."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from companion.check.exercise import find_task, stage_task
from companion.check.run import CheckError, judged
from companion.check.subject import Subject
from companion.peers.scenario import Scenario
from companion.tutorial.stages import Stage, load_map


@contextmanager
def run_of(
    file: Path, stage: Stage, name: str, real: bool = False
) -> Iterator[tuple[Stage, Scenario]]:
    """What is run, and in which scenario, where a file in the place of a stage fails in a check, or
    else in the last run of the check; as long as the context lasts.

    Raises CheckError where there is no check of this name.
    """
    number, _, key = name.rpartition(":")
    task = find_task(number, load_map()) if number else stage_task(stage)
    check = next((one for one in task.checks if one.key == key), None)
    if check is None:
        raise CheckError(f"{stage.id} has no check {name}; companion check --json names them")
    with tempfile.TemporaryDirectory() as folder:
        subject = Subject(file, stage, Path(folder))
        subject = subject.in_real_time if real else subject
        judged(check, subject)
        started, args = subject.started(subject.last.args)
        yield replace(started, id=file.name), replace(subject.in_time(subject.last), args=args)
