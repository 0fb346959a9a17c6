"""Makes the Twisted of a traced run another version's: a local variable has another name there.

After `tests.helpers.other_twisted:timers` none of `timers` can be shown.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from companion.probe.twisted_names import NAMES


def begin(shown: str, emit: Callable[..., object]) -> None:
    """Rename the first variable that is read for it."""
    name = next(name for name in NAMES[shown] if name.variables)
    function: Any = getattr(name.owner, name.name)
    code = function.__code__
    other = {name.variables[0]: "other"}
    names = tuple(other.get(variable, variable) for variable in code.co_varnames)
    function.__code__ = code.replace(co_varnames=names)


def __getattr__(shown: str) -> Callable[..., object]:
    if shown not in NAMES:
        raise AttributeError(shown)
    return partial(begin, shown)
