"""Signals that a command hears itself while it runs something."""

import signal
from collections.abc import Callable, Iterable, Mapping
from types import FrameType
from typing import Any


def hear(
    numbers: Iterable[signal.Signals], handler: Callable[[int, FrameType | None], None]
) -> dict[signal.Signals, Any]:
    """Have signals heard, but for what is ignored, as nohup has it; gives who heard them before."""
    before = {number: signal.getsignal(number) for number in numbers}
    for number, heard in before.items():
        if heard != signal.SIG_IGN:
            signal.signal(number, handler)
    return before


def restore(before: Mapping[signal.Signals, Any]) -> None:
    for number, heard in before.items():
        signal.signal(number, heard)
