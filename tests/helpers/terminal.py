"""A command on a pseudo-terminal, as a reader sees it and types into it."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType


class Terminal:
    """Starts a command in a session of its own, whose terminal this is; ends it at the end."""

    def __init__(
        self,
        command: Sequence[str],
        cwd: Path | None = None,
        columns: int = 80,
        **environment: str,
    ) -> None:
        self.master, end = pty.openpty()
        fcntl.ioctl(end, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        own = ("FORCE_COLOR", "NO_COLOR", "CI", "COLUMNS", "LINES")
        keep = {name: value for name, value in os.environ.items() if name not in own}
        self.process = subprocess.Popen(
            command,
            stdin=end,
            stdout=end,
            stderr=end,
            cwd=cwd,
            env={**keep, "TERM": "xterm-256color", "PAGER": "cat", **environment},
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(end)
        self.seen = ""

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, err: BaseException | None, tb: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.master)

    def type(self, keys: bytes) -> None:
        os.write(self.master, keys)

    def read_until(self, text: str, seconds: float = 15.0) -> str:
        """Everything seen so far, once this text is in it."""
        end = time.monotonic() + seconds
        while text not in self.seen:
            assert time.monotonic() < end, f"no {text!r} in {self.seen!r}"
            assert self.read(), f"ended without {text!r}: {self.seen!r}"
        return self.seen

    def read_all(self) -> str:
        """Everything that is seen until the command has ended."""
        while self.read():
            pass
        return self.seen

    def read(self) -> bool:
        """Read what is there, waiting a moment for it; whether more may come."""
        if select.select([self.master], [], [], 0.1)[0]:
            try:
                data = os.read(self.master, 1 << 16)
            except OSError:  # on Linux the end: nobody has the terminal open any more
                return False
            self.seen += data.decode(errors="replace").replace("\r\n", "\n")
            return bool(data)
        return True

    def status(self, seconds: float = 15.0) -> int:
        """The command's exit status, a signal's number negative."""
        return self.process.wait(seconds)
