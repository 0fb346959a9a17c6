"""The guide is served until Ctrl-C, and opened in the reader's browser."""

import os
import secrets
import signal
import sys
import threading
import webbrowser
from collections.abc import Callable
from types import FrameType

from companion.guide.pages import Guide
from companion.guide.site import Desk, GuideSite, reactor
from companion.processes.signals import handle

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def serve(guide: Guide, lang: str, port: int, begun: Callable[[str], None]) -> int:
    """Serve the guide on 127.0.0.1, at any free port for 0; `begun` is given its address. Returns
    128 and the number of the signal that ends it; raises CannotListenError."""
    ended_by = 0

    def on_signal(number: int, frame: FrameType | None) -> None:
        nonlocal ended_by
        if not ended_by:
            reactor.callFromThread(reactor.stop)
        ended_by = number

    desk = Desk(guide, lang, secrets.token_urlsafe(18))
    listening = reactor.listenTCP(port, GuideSite(desk), interface="127.0.0.1")
    desk.port = listening.getHost().port
    reactor.addSystemEventTrigger("before", "shutdown", desk.races.stop)
    reactor.callWhenRunning(handle, SIGNALS, on_signal)
    reactor.callWhenRunning(begun, f"http://127.0.0.1:{desk.port}/?token={desk.token}")
    reactor.run()
    return 128 + ended_by


def open_browser(address: str) -> None:
    """Open an address in the reader's browser, where there is one with a screen of its own: one
    for the terminal would take it."""
    named = ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY")
    if sys.platform != "linux" or any(map(os.environ.get, named)):
        threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()
