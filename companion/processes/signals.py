"""The handlers of signals while a command runs something."""

import signal
from collections.abc import Callable, Iterable, Mapping
from types import FrameType
from typing import Any


def handle(
    numbers: Iterable[signal.Signals], handler: Callable[[int, FrameType | None], None]
) -> dict[signal.Signals, Any]:
    """Install `handler` for every signal in `numbers` that is not ignored, as nohup has it. Return
    the previous handlers."""
    before = {number: signal.getsignal(number) for number in numbers}
    for number, previous in before.items():
        if previous != signal.SIG_IGN:
            signal.signal(number, handler)
    return before


def restore(before: Mapping[signal.Signals, Any]) -> None:
    """Install the handlers that `handle` returned."""
    for number, handler in before.items():
        signal.signal(number, handler)
