"""The map and its steps, compared once for all tests of a worker."""

from companion.diff.steps import Step, all_steps
from companion.tutorial.stages import load_map

STAGES = load_map()
STEPS = all_steps(STAGES)


def step_to(name: str) -> Step:
    """The step of the map that leads to this stage."""
    return next(one for one in STEPS if one.stage and one.stage.id == name)
