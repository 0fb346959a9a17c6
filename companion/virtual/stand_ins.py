"""Scripts in the place of the servers that a stage needs: the same bytes, at the same times."""

import argparse
from dataclasses import replace

from companion.peers import script
from companion.peers.script import Script
from companion.tutorial.stages import ROOT, Need, Stage, StageMap


class VirtualError(Exception):
    """A stage can't be run in virtual time; the message is one line."""


def scripts_of(stage: Stage, stages: StageMap) -> list[Script]:
    """The scripts of the servers that a stage needs on the map. Raises VirtualError."""
    return [script_of(need, stages) for need in stage.needs]


def script_of(need: Need, stages: StageMap) -> Script:
    """The script of a server that a stage needs: what that server sends, at the same times.

    Raises VirtualError where the server has no script; one has to be given then.
    """
    server = stages.by_id[need.stage]
    if "answers" in server.traits:
        return script.transform()
    parser = argparse.ArgumentParser(exit_on_error=False)
    parser.add_argument("--num-bytes", type=int, default=script.NUM_BYTES)
    parser.add_argument("--delay", type=float, default=script.DELAY)
    parser.add_argument("--poem")
    parser.add_argument("file", nargs="?")
    given, _ = parser.parse_known_args(need.args or server.args)
    file = given.poem or given.file
    if server.kind == "proxy" and server.needs:
        return script_of(server.needs[0], stages)
    if file is None:
        raise VirtualError(f"no script does what {need.stage} does; give one")
    path = ROOT / file
    if "slow" in server.traits:
        one = script.slow(path.read_bytes(), given.num_bytes, given.delay)
    else:
        one = script.fast(path.read_bytes())
    return replace(one, poem=path.stem)
