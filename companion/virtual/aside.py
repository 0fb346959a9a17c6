"""Runs in real time, one after the other, for whoever has no reactor that runs.

They are made in one process beside, `python -m companion.virtual.aside`, which reads each through
its standard input and answers through its standard output; it ends with the one that asks.
"""

import os
import pickle
import subprocess
import sys
from dataclasses import replace
from functools import cache
from typing import IO, Any

from companion.peers.scenario import Scenario
from companion.tutorial.stages import ROOT, Stage, load_map
from companion.virtual.forks import ForkError
from companion.virtual.run import Run, sendable, servers_of


@cache
def beside(owner: int) -> "subprocess.Popen[bytes]":
    """The process that makes the runs of the process with this id."""
    command = [sys.executable, "-m", __name__]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, cwd=ROOT)  # as the fork server


def play_aside(stage: Stage, scenario: Scenario, *, limit: float) -> Run:
    """Run a stage in real time, for at most `limit` seconds. Raises VirtualError, and ForkError
    where it could not be run."""
    servers = servers_of(stage, scenario, load_map())
    process = beside(os.getpid())
    assert process.stdin
    assert process.stdout
    question = stage, replace(scenario, servers=tuple(map(sendable, servers))), limit
    found: Run | str | None = None
    try:
        pickle.dump(question, process.stdin)
        process.stdin.flush()
        found = pickle.load(process.stdout)
    except (EOFError, BrokenPipeError):
        raise ForkError("the process that makes runs in real time has ended") from None
    finally:
        if found is None:  # broken off: its answer would be taken for that to the next question
            with process:
                process.kill()
            beside.cache_clear()
    if isinstance(found, Run):
        return found
    raise ForkError(str(found))


async def answer(questions: IO[bytes], answers: IO[bytes]) -> None:
    """Make each run that is asked for, until nobody asks any more."""
    from twisted.internet.threads import deferToThread

    from companion.virtual.real import play

    while question := await deferToThread(read, questions):
        stage, scenario, limit = question
        try:
            found: Run | str = await play(stage, scenario, limit=limit)
        except Exception as err:
            found = f"{type(err).__name__}: {err}"
        pickle.dump(found, answers)
        answers.flush()


def read(questions: IO[bytes]) -> Any:
    """The next; None where there is no more."""
    try:
        return pickle.load(questions)
    except EOFError:
        return None


def main() -> None:
    """Run in real time what is asked for on standard input, and answer on standard output."""

    from twisted.internet.defer import Deferred
    from twisted.internet.task import react

    questions, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    react(lambda reactor: Deferred.fromCoroutine(answer(questions, answers)))


if __name__ == "__main__":
    main()
