"""The types of fixtures that are functions."""

from collections.abc import Callable

from companion.virtual.run import VirtualRun

Play = Callable[..., VirtualRun]  # a program as text, the servers' scripts
Typed = Callable[..., tuple[int, str, str]]  # the words after companion; status, output, errors
