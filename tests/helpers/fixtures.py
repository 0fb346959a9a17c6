"""The types of fixtures that are functions."""

from collections.abc import Callable
from subprocess import CompletedProcess

from companion.virtual.run import Run

Play = Callable[..., Run]  # a program as text, the servers' scripts
Python = Callable[..., CompletedProcess[str]]  # a program as text, its arguments
Typed = Callable[..., tuple[int, str, str]]  # the words after companion; status, output, errors
